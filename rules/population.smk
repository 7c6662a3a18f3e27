# Statistics of rows of binary sites (words): of the data, of their models and of the baselines.
rule draw_words:
    input:
        **trained("{system}/{point}/{name}"),
    output:
        output="<results>/words/{system}/{point}/{name}.parquet",
    log:
        "<logs>/words/{system}/{point}/{name}.log",
    benchmark:
        "<benchmarks>/words/{system}/{point}/{name}.tsv"
    wildcard_constraints:
        system=any_of(plan.datasets),
        name=any_of({name for data in plan.datasets.values() for name in data["models"]}),
    conda:
        "../envs/torch.yaml"
    params:
        **program("measure/words.py", n_words=N_GENERATED),
    message:
        "Draw words of {wildcards.name} on {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule measure_population:
    input:
        words=of_job(files.words_of),
    output:
        output="<results>/population/{system}/{point}/{name}.csv",
    log:
        "<logs>/population/{system}/{point}/{name}.log",
    benchmark:
        "<benchmarks>/population/{system}/{point}/{name}.tsv"
    wildcard_constraints:
        system=any_of(plan.datasets),
    conda:
        "../envs/science.yaml"
    resources:
        mem_mb=growing(4000),
    params:
        **program(
            "measure/population.py",
            triplets=of_system(lambda name: plan.datasets[name]["population"].get("triplets", 10_000)),
        ),
    message:
        "Measure words of {wildcards.name} on {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule compare_population:
    input:
        data="<results>/population/{system}/{point}/data.csv",
        models=of_job(files.population_of_fitted),
    output:
        output="<results>/population/{system}/{point}.json",
    log:
        "<logs>/population/{system}/{point}.log",
    benchmark:
        "<benchmarks>/population/{system}/{point}.tsv"
    wildcard_constraints:
        system=any_of(plan.datasets),
    conda:
        "../envs/science.yaml"
    params:
        **program("compare/population.py"),
    message:
        "Compare words of models with those of {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule infer_latents:
    input:
        **trained("{system}/{point}/{name}"),
        samples="<results>/samples/{system}/{point}.parquet",
    output:
        plane="<results>/latents/{system}/{point}/{name}.plane.csv",
        output="<results>/latents/{system}/{point}/{name}.raster.csv",
    log:
        "<logs>/latents/{system}/{point}/{name}.log",
    benchmark:
        "<benchmarks>/latents/{system}/{point}/{name}.tsv"
    wildcard_constraints:
        system=any_of(plan.datasets),
    conda:
        "../envs/torch.yaml"
    params:
        **program("measure/latents.py"),
    message:
        "Infer latents of {wildcards.name} on {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN
