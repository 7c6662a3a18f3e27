# Statistics of the population's words: of the recording, of its models and of the baselines.
rule draw_words:
    input:
        code=code("draw_words.py"),
        model=f"<results>/models/{RECORDING}/{{point}}/{{model}}.pt",
        record=f"<results>/models/{RECORDING}/{{point}}/{{model}}.json",
    output:
        words=f"<results>/words/{RECORDING}/{{point}}/{{model}}.parquet",
    log:
        f"<logs>/words/{RECORDING}/{{point}}/{{model}}.log",
    benchmark:
        f"<benchmarks>/words/{RECORDING}/{{point}}/{{model}}.tsv"
    wildcard_constraints:
        model="|".join(config["recording"]["models"]),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        library=library("draw_words.py"),
        system=RECORDING,
        n_words=config["evaluation"]["n_generated"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {params.system:q} --point {wildcards.point:q}"
        " --name {wildcards.model:q} --model {input.model:q} --n-words {params.n_words:q}"
        " --seed {params.seed:q} --output {output.words:q} > {log:q} 2>&1"


rule measure_population:
    input:
        code=code("measure_population.py"),
        words=lambda wildcards: words_of(wildcards.generator),
    output:
        table=f"<results>/population/{RECORDING}/{{point}}/{{generator}}.csv",
    log:
        f"<logs>/population/{RECORDING}/{{point}}/{{generator}}.log",
    benchmark:
        f"<benchmarks>/population/{RECORDING}/{{point}}/{{generator}}.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        library=library("measure_population.py"),
        system=RECORDING,
        triplets=config["recording"]["population"]["triplets"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --words {input.words:q} --system {params.system:q} --point {wildcards.point:q}"
        " --name {wildcards.generator:q} --triplets {params.triplets:q} --seed {params.seed:q}"
        " --output {output.table:q} > {log:q} 2>&1"


rule compare_population:
    input:
        code=code("compare_population.py"),
        data=f"<results>/population/{RECORDING}/{{point}}/data.csv",
        models=lambda wildcards: population_tables(wildcards.point, generators(wildcards.point)),
    output:
        metrics=f"<results>/population/{RECORDING}/{{point}}.json",
    log:
        f"<logs>/population/{RECORDING}/{{point}}.log",
    benchmark:
        f"<benchmarks>/population/{RECORDING}/{{point}}.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        library=library("compare_population.py"),
        system=RECORDING,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {params.system:q} --point {wildcards.point:q} --data {input.data:q}"
        " --models {input.models:q} --output {output.metrics:q} > {log:q} 2>&1"


rule infer_latents:
    input:
        code=code("infer_latents.py"),
        samples=f"<results>/samples/{RECORDING}/{{point}}.parquet",
        model=f"<results>/models/{RECORDING}/{{point}}/{{model}}.pt",
        record=f"<results>/models/{RECORDING}/{{point}}/{{model}}.json",
    output:
        plane=f"<results>/latents/{RECORDING}/{{point}}/{{model}}.plane.csv",
        raster=f"<results>/latents/{RECORDING}/{{point}}/{{model}}.raster.csv",
    log:
        f"<logs>/latents/{RECORDING}/{{point}}/{{model}}.log",
    benchmark:
        f"<benchmarks>/latents/{RECORDING}/{{point}}/{{model}}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        library=library("infer_latents.py"),
        system=RECORDING,
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {params.system:q} --point {wildcards.point:q}"
        " --name {wildcards.model:q} --samples {input.samples:q} --model {input.model:q}"
        " --seed {params.seed:q} --plane {output.plane:q} --output {output.raster:q} > {log:q} 2>&1"
