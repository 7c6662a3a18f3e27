# The free-energy ledger: of trained models on fine lattices, along trainings, and of exact latents.
rule measure_free_energy:
    input:
        code=code("measure_free_energy.py"),
        samples="<results>/samples/{system}/{point}.parquet",
        model="<results>/models/{system}/{point}/{model}.pt",
        record="<results>/models/{system}/{point}/{model}.json",
    output:
        metrics="<results>/free_energy/{system}/{point}/{model}.json",
    log:
        "<logs>/free_energy/{system}/{point}/{model}.log",
    benchmark:
        "<benchmarks>/free_energy/{system}/{point}/{model}.tsv"
    wildcard_constraints:
        system="|".join(MEAN_FIELD),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(6000),
        runtime=growing(10),
    params:
        library=library("measure_free_energy.py"),
        n_test=config["evaluation"]["n_test"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {wildcards.system:q} --point {wildcards.point:q}"
        " --name {wildcards.model:q} --samples {input.samples:q} --model {input.model:q}"
        " --n-test {params.n_test:q} --seed {params.seed:q} --output {output.metrics:q} > {log:q} 2>&1"


rule exact_free_energy:
    input:
        code=code("exact_free_energy.py"),
    output:
        curves="<results>/free_energy/{system}/exact.csv",
    log:
        "<logs>/free_energy/{system}/exact.log",
    benchmark:
        "<benchmarks>/free_energy/{system}/exact.tsv"
    wildcard_constraints:
        system="|".join(MEAN_FIELD),
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        library=library("exact_free_energy.py"),
        grid=lambda wildcards: [
            f"{name}={','.join(map(str, values))}" for name, values in GRIDS[wildcards.system].items()
        ],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {wildcards.system:q} --grid {params.grid:q} --seed {params.seed:q}"
        " --output {output.curves:q} > {log:q} 2>&1"


rule ledger_curves:
    input:
        code=code("ledger_curves.py"),
        records=lambda wildcards: [
            f"<results>/models/{wildcards.system}/{path}.json"
            for path in shown_ledgers(wildcards.system)
        ],
        samples=lambda wildcards: [
            f"<results>/samples/{wildcards.system}/{path.rpartition('/')[0]}.parquet"
            for path in shown_ledgers(wildcards.system)
        ],
    output:
        curves="<results>/free_energy/{system}/training.csv",
    log:
        "<logs>/free_energy/{system}/training.log",
    benchmark:
        "<benchmarks>/free_energy/{system}/training.tsv"
    wildcard_constraints:
        system="|".join(MEAN_FIELD),
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        library=library("ledger_curves.py"),
        models=lambda wildcards: shown_ledgers(wildcards.system),
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {wildcards.system:q} --models {params.models:q}"
        " --records {input.records:q} --samples {input.samples:q} --seed {params.seed:q}"
        " --output {output.curves:q} > {log:q} 2>&1"
