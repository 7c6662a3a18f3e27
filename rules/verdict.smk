# The verdict on models of data whose law nobody knows, what they lack, and all data sets beside each other.
rule judge_model:
    input:
        **trained("{system}/{point}/{name}"),
        samples="<results>/samples/{system}/{point}.parquet",
        repeats=of_system(files.scored),
        metrics=of_system(lambda name: files.scored(name, ".json")),
    output:
        output="<results>/verdict/{system}/{point}/{name}.json",
        reasons="<results>/verdict/{system}/{point}/{name}.reasons.csv",
        lacking="<results>/verdict/{system}/{point}/{name}.lacking.csv",
    log:
        "<logs>/verdict/{system}/{point}/{name}.log",
    benchmark:
        "<benchmarks>/verdict/{system}/{point}/{name}.tsv"
    wildcard_constraints:
        system=any_of(plan.datasets),
        name=any_of({model for data in plan.datasets for model in plan.judged_on(data)}),
    conda:
        "../envs/torch.yaml"
    resources:
        mem_mb=growing(6000),
    params:
        **program(
            "measure/verdict.py",
            laws=of_system(plan.laws_on),
            n_rows=of_system(lambda name: plan.datasets[name]["verdict"]["rows"]),
            planted=of_system(lambda name: plan.datasets[name]["verdict"]["planted"]),
        ),
    message:
        "Judge {wildcards.name} on {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule tabulate_atlas:
    input:
        repeats=[path for name in plan.in_atlas() for path in files.scored(name)],
        reasons=files.verdicts(".reasons.csv", *plan.in_atlas()),
        metrics=[
            files.verdicts(".json", *plan.in_atlas()),
            files.of_judged("<results>/capacity/{system}/{point}/{name}.json", *plan.in_atlas()),
        ],
    output:
        output="<results>/atlas.csv",
        markdown="<results>/atlas.md",
    log:
        "<logs>/verdict/atlas.log",
    benchmark:
        "<benchmarks>/verdict/atlas.tsv"
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "tables/atlas.py",
            scored=[f"{name}/{law}" for name in plan.in_atlas() for law in plan.laws_on(name)],
            independent=[f"{name}/{plan.independent_of(name)}" for name in plan.in_atlas()],
            judged=[f"{name}/{model}" for name in plan.in_atlas() for model in plan.judged_on(name)],
            latent_dims=[
                plan.models_on(name)[model]["latent_dim"]
                for name in plan.in_atlas()
                for model in plan.judged_on(name)
            ],
        ),
    message:
        "Tabulate all data sets beside each other (log: {log})"
    shell:
        RUN
