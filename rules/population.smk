# Statistics of the population's words: of the recording, of its models and of the baselines.
rule draw_words:
    input:
        **trained(f"{RECORDING}/{{point}}/{{name}}"),
    output:
        output=f"<results>/words/{RECORDING}/{{point}}/{{name}}.parquet",
    log:
        f"<logs>/words/{RECORDING}/{{point}}/{{name}}.log",
    benchmark:
        f"<benchmarks>/words/{RECORDING}/{{point}}/{{name}}.tsv"
    wildcard_constraints:
        name="|".join(config["recording"]["models"]),
    conda:
        "../envs/torch.yaml"
    params:
        **program("measure/words.py", system=RECORDING, n_words=N_GENERATED),
    message:
        f"Draw words of {{wildcards.name}} on {RECORDING} at {{wildcards.point}} (log: {{log}})"
    shell:
        RUN


rule measure_population:
    input:
        words=lambda wildcards: words_of(wildcards.name),
    output:
        output=f"<results>/population/{RECORDING}/{{point}}/{{name}}.csv",
    log:
        f"<logs>/population/{RECORDING}/{{point}}/{{name}}.log",
    benchmark:
        f"<benchmarks>/population/{RECORDING}/{{point}}/{{name}}.tsv"
    conda:
        "../envs/science.yaml"
    resources:
        mem_mb=growing(4000),
    params:
        **program(
            "measure/population.py",
            system=RECORDING,
            triplets=config["recording"]["population"]["triplets"],
        ),
    message:
        f"Measure words of {{wildcards.name}} on {RECORDING} at {{wildcards.point}} (log: {{log}})"
    shell:
        RUN


rule compare_population:
    input:
        data=f"<results>/population/{RECORDING}/{{point}}/data.csv",
        models=lambda wildcards: population_tables(wildcards.point, generators(wildcards.point)),
    output:
        output=f"<results>/population/{RECORDING}/{{point}}.json",
    log:
        f"<logs>/population/{RECORDING}/{{point}}.log",
    benchmark:
        f"<benchmarks>/population/{RECORDING}/{{point}}.tsv"
    conda:
        "../envs/science.yaml"
    params:
        **program("compare/population.py", system=RECORDING),
    message:
        f"Compare words of models with those of {RECORDING} at {{wildcards.point}} (log: {{log}})"
    shell:
        RUN


rule infer_latents:
    input:
        **trained(f"{RECORDING}/{{point}}/{{name}}"),
        samples=f"<results>/samples/{RECORDING}/{{point}}.parquet",
    output:
        plane=f"<results>/latents/{RECORDING}/{{point}}/{{name}}.plane.csv",
        output=f"<results>/latents/{RECORDING}/{{point}}/{{name}}.raster.csv",
    log:
        f"<logs>/latents/{RECORDING}/{{point}}/{{name}}.log",
    benchmark:
        f"<benchmarks>/latents/{RECORDING}/{{point}}/{{name}}.tsv"
    conda:
        "../envs/torch.yaml"
    params:
        **program("measure/latents.py", system=RECORDING),
    message:
        f"Infer latents of {{wildcards.name}} on {RECORDING} at {{wildcards.point}} (log: {{log}})"
    shell:
        RUN
