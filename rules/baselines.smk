# Other laws of rows that the VAEs of a data set, or of groups of its sites, are compared with.
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
        system=any_of([*DATASETS, *GROUPS]),
        name=any_of({law for name in [*DATASETS, *GROUPS] for law in baselines_of(name)}),
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "train/baseline.py",
            settings=lambda wildcards: options_in(baselines_of(wildcards.system)[wildcards.name]),
            n_words=lambda wildcards: (
                CUT[wildcards.system]["n_words"] if wildcards.system in GROUPS else N_GENERATED
            ),
        ),
    message:
        "Fit {wildcards.name} to {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule tabulate_models:
    input:
        records=of_first_point("<results>/models/{system}/{point}/{name}.json", "models"),
        costs_of_models=of_first_point("<results>/models/{system}/{point}/{name}.cost.tsv", "models"),
        costs_of_baselines=of_first_point(
            "<results>/baselines/{system}/{point}/{name}.cost.tsv", "baselines"
        ),
        repeats_of_models=of_first_point(
            "<results>/capacity/{system}/{point}/{name}.repeats.csv", "models"
        ),
        repeats_of_baselines=of_first_point(
            "<results>/baselines/{system}/{point}/{name}.repeats.csv", "baselines"
        ),
        metrics_of_models=of_first_point("<results>/capacity/{system}/{point}/{name}.json", "models"),
        metrics_of_baselines=of_first_point(
            "<results>/baselines/{system}/{point}/{name}.json", "baselines"
        ),
        metrics_of_words=lambda wildcards: per_point(
            "<results>/population/{system}/{point}.json", *with_population([wildcards.system])
        )[:1],
        population=lambda wildcards: [
            table
            for name in with_population([wildcards.system])
            for table in population_tables(name, FIRST[name], ["data"])
        ],
    output:
        output="<results>/comparison/{system}.csv",
        markdown="<results>/comparison/{system}.md",
        comparison="<results>/statistics/{system}/comparison.csv",
        dimension="<results>/statistics/{system}/dimension.csv",
        price="<results>/statistics/{system}/price.csv",
        supported="<results>/comparison/{system}.json",
        differences="<results>/statistics/{system}/differences.csv",
    log:
        "<logs>/comparison/{system}.log",
    benchmark:
        "<benchmarks>/comparison/{system}.tsv"
    wildcard_constraints:
        system=any_of(DATASETS),
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "tables/models.py",
            point=lambda wildcards: FIRST[wildcards.system],
            models=of_first_point("{name}", "models", "baselines"),
            independent=lambda wildcards: independent_of(wildcards.system),
            costs=lambda _, input: [*input.costs_of_models, *input.costs_of_baselines],
            repeats=lambda _, input: [*input.repeats_of_models, *input.repeats_of_baselines],
            metrics=lambda _, input: [
                *input.metrics_of_models,
                *input.metrics_of_baselines,
                *input.metrics_of_words,
            ],
        ),
    message:
        "Tabulate all models of {wildcards.system} (log: {log})"
    shell:
        RUN
