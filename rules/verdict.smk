# The verdict on models of data whose law nobody knows, what they lack, and all data sets beside each other.
rule judge_model:
    input:
        **trained("{system}/{point}/{name}"),
        samples="<results>/samples/{system}/{point}.parquet",
        repeats=lambda wildcards: scored_at_first(wildcards.system),
        metrics=lambda wildcards: scored_at_first(wildcards.system, ".json"),
    output:
        output="<results>/verdict/{system}/{point}/{name}.json",
        reasons="<results>/verdict/{system}/{point}/{name}.reasons.csv",
        lacking="<results>/verdict/{system}/{point}/{name}.lacking.csv",
    log:
        "<logs>/verdict/{system}/{point}/{name}.log",
    benchmark:
        "<benchmarks>/verdict/{system}/{point}/{name}.tsv"
    wildcard_constraints:
        system=any_of(DATASETS),
        name=any_of({model for data in DATASETS for model in judged_on(data)}),
    conda:
        "../envs/torch.yaml"
    resources:
        mem_mb=growing(6000),
    params:
        **program(
            "measure/verdict.py",
            laws=lambda wildcards: laws_on(wildcards.system),
            n_rows=lambda wildcards: DATASETS[wildcards.system]["verdict"]["rows"],
            planted=lambda wildcards: DATASETS[wildcards.system]["verdict"]["planted"],
        ),
    message:
        "Judge {wildcards.name} on {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule tabulate_atlas:
    input:
        repeats=[path for name in in_atlas() for path in scored_at_first(name)],
        reasons=verdicts(".reasons.csv", *in_atlas()),
        metrics=[
            *verdicts(".json", *in_atlas()),
            *(
                f"<results>/capacity/{name}/{FIRST[name]}/{model}.json"
                for name in in_atlas()
                for model in judged_on(name)
            ),
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
            scored=[f"{name}/{law}" for name in in_atlas() for law in laws_on(name)],
            independent=[f"{name}/{independent_of(name)}" for name in in_atlas()],
            judged=[f"{name}/{model}" for name in in_atlas() for model in judged_on(name)],
            latent_dims=[
                models_on(name)[model]["latent_dim"] for name in in_atlas() for model in judged_on(name)
            ],
        ),
    message:
        "Tabulate all data sets beside each other (log: {log})"
    shell:
        RUN
