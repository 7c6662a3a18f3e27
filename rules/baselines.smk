# Other laws of words that the VAEs of a recording, or of groups of its neurons, are compared with.
rule fit_baseline:
    input:
        samples="<results>/samples/{system}/{point}.parquet",
    output:
        words="<results>/words/{system}/{point}/{name}.parquet",
        repeats="<results>/baselines/{system}/{point}/{name}.repeats.csv",
        output="<results>/baselines/{system}/{point}/{name}.json",
        cost="<results>/baselines/{system}/{point}/{name}.cost.tsv",
    log:
        "<logs>/baselines/{system}/{point}/{name}.log",
    benchmark:
        "<benchmarks>/baselines/{system}/{point}/{name}.tsv"
    wildcard_constraints:
        system=f"{RECORDING}|{GROUPS}",
        name="|".join({**BASELINES, **BASELINES_OF_GROUPS}),
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "train/baseline.py",
            settings=lambda wildcards: options_in(baselines_of(wildcards.system)[wildcards.name]),
            n_words=lambda wildcards: (
                N_GENERATED if wildcards.system == RECORDING else config["groups"]["n_words"]
            ),
        ),
    message:
        "Fit {wildcards.name} to {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule tabulate_models:
    input:
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
        output="<results>/models_of_recording.csv",
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
    params:
        **program("tables/models.py", system=RECORDING, point=FIRST, models=[*VAES, *BASELINES]),
    message:
        f"Tabulate all models of {RECORDING} (log: {{log}})"
    shell:
        RUN
