# Other laws of words that the VAEs of a recording are compared with, on the same split.
rule fit_baseline:
    input:
        code=code("fit_baseline.py"),
        samples=f"<results>/samples/{RECORDING}/{{point}}.parquet",
    output:
        words=f"<results>/words/{RECORDING}/{{point}}/{{baseline}}.parquet",
        repeats=f"<results>/baselines/{RECORDING}/{{point}}/{{baseline}}.repeats.csv",
        metrics=f"<results>/baselines/{RECORDING}/{{point}}/{{baseline}}.json",
        cost=f"<results>/baselines/{RECORDING}/{{point}}/{{baseline}}.cost.tsv",
    log:
        f"<logs>/baselines/{RECORDING}/{{point}}/{{baseline}}.log",
    benchmark:
        f"<benchmarks>/baselines/{RECORDING}/{{point}}/{{baseline}}.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        library=library("fit_baseline.py"),
        system=RECORDING,
        settings=lambda wildcards: flags(BASELINES[wildcards.baseline]),
        n_words=config["evaluation"]["n_generated"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --samples {input.samples:q} --system {params.system:q}"
        " --point {wildcards.point:q} --name {wildcards.baseline:q} {params.settings:q}"
        " --n-words {params.n_words:q} --seed {params.seed:q} --words {output.words:q}"
        " --repeats {output.repeats:q} --cost {output.cost:q} --output {output.metrics:q}"
        " > {log:q} 2>&1"


rule tabulate_models:
    input:
        code=code("tabulate_models.py"),
        records=[f"<results>/models/{RECORDING}/{FIRST}/{model}.json" for model in VAES],
        costs=[
            *(f"<results>/models/{RECORDING}/{FIRST}/{model}.cost.tsv" for model in VAES),
            *(f"<results>/baselines/{RECORDING}/{FIRST}/{name}.cost.tsv" for name in BASELINES),
        ],
        metrics=[
            *(f"<results>/capacity/{RECORDING}/{FIRST}/{model}.json" for model in VAES),
            *(f"<results>/baselines/{RECORDING}/{FIRST}/{name}.json" for name in BASELINES),
            f"<results>/population/{RECORDING}/{FIRST}.json",
        ],
        population=f"<results>/population/{RECORDING}/{FIRST}/data.csv",
    output:
        table="<results>/models_of_recording.csv",
        markdown="<results>/models_of_recording.md",
        comparison=f"<results>/statistics/{RECORDING}/comparison.csv",
        dimension=f"<results>/statistics/{RECORDING}/dimension.csv",
        price=f"<results>/statistics/{RECORDING}/price.csv",
        supported="<results>/models_of_recording.json",
    log:
        "<logs>/metrics/models_of_recording.log",
    benchmark:
        "<benchmarks>/metrics/models_of_recording.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        library=library("tabulate_models.py"),
        system=RECORDING,
        point=FIRST,
        models=[*VAES, *BASELINES],
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {params.system:q} --point {params.point:q} --models {params.models:q}"
        " --costs {input.costs:q} --records {input.records:q} --metrics {input.metrics:q}"
        " --population {input.population:q} --comparison {output.comparison:q}"
        " --dimension {output.dimension:q} --price {output.price:q} --supported {output.supported:q}"
        " --output {output.table:q} --markdown {output.markdown:q} > {log:q} 2>&1"
