# The free-energy ledger: of trained models on fine lattices, along trainings, and of exact latents.
rule measure_free_energy:
    input:
        **trained("{system}/{point}/{name}"),
        samples="<results>/samples/{system}/{point}.parquet",
    output:
        output="<results>/free_energy/{system}/{point}/{name}.json",
    log:
        "<logs>/free_energy/{system}/{point}/{name}.log",
    benchmark:
        "<benchmarks>/free_energy/{system}/{point}/{name}.tsv"
    wildcard_constraints:
        system=any_of(plan.mean_field),
    conda:
        "../envs/torch.yaml"
    resources:
        mem_mb=growing(6000),
    params:
        **program("measure/ledger.py", n_test=N_TEST),
    message:
        "Measure free energies of {wildcards.name}, {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule exact_free_energy:
    output:
        output="<results>/free_energy/{system}/exact.csv",
    log:
        "<logs>/free_energy/{system}/exact.log",
    benchmark:
        "<benchmarks>/free_energy/{system}/exact.tsv"
    wildcard_constraints:
        system=any_of(plan.mean_field),
    conda:
        "../envs/science.yaml"
    params:
        **program("tables/exact_free_energy.py", grid=of_system(plan.grid_options)),
    message:
        "Compute exact free energies of {wildcards.system} (log: {log})"
    shell:
        RUN


rule ledger_curves:
    input:
        records=of_system(files.of_shown_ledgers, "<results>/models/{system}/{path}.json"),
        samples=of_system(files.of_shown_ledgers, "<results>/samples/{system}/{point}.parquet"),
    output:
        output="<results>/free_energy/{system}/training.csv",
    log:
        "<logs>/free_energy/{system}/training.log",
    benchmark:
        "<benchmarks>/free_energy/{system}/training.tsv"
    wildcard_constraints:
        system=any_of(plan.mean_field),
    conda:
        "../envs/science.yaml"
    params:
        **program("tables/ledger_curves.py", models=of_system(files.shown_ledgers)),
    message:
        "Tabulate ledgers along trainings on {wildcards.system} (log: {log})"
    shell:
        RUN
