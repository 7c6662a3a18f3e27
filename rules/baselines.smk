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
        system=any_of([*plan.datasets, *plan.groups]),
        name=any_of({law for name in [*plan.datasets, *plan.groups] for law in plan.baselines_of(name)}),
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "train/baseline.py",
            settings=of_job(plan.fitting_of),
            n_words=of_system(
                lambda name: plan.cut[name]["n_words"] if name in plan.groups else N_GENERATED
            ),
        ),
    message:
        "Fit {wildcards.name} to {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule tabulate_models:
    input:
        records=of_system(files.of_models, "<results>/models/{system}/{point}/{name}.json"),
        costs_of_models=of_system(files.of_models, "<results>/models/{system}/{point}/{name}.cost.tsv"),
        costs_of_baselines=of_system(
            files.of_baselines, "<results>/baselines/{system}/{point}/{name}.cost.tsv"
        ),
        repeats_of_models=of_system(
            files.of_models, "<results>/capacity/{system}/{point}/{name}.repeats.csv"
        ),
        repeats_of_baselines=of_system(
            files.of_baselines, "<results>/baselines/{system}/{point}/{name}.repeats.csv"
        ),
        metrics_of_models=of_system(files.of_models, "<results>/capacity/{system}/{point}/{name}.json"),
        metrics_of_baselines=of_system(
            files.of_baselines, "<results>/baselines/{system}/{point}/{name}.json"
        ),
        metrics_of_words=of_system(files.of_words, "<results>/population/{system}/{point}.json"),
        population=of_system(files.of_words, "<results>/population/{system}/{point}/data.csv"),
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
        system=any_of(plan.datasets),
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "tables/models.py",
            point=of_system(plan.first.get),
            models=of_system(plan.laws_on),
            independent=of_system(plan.independent_of),
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
