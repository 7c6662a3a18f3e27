# The verdict on models of data whose law nobody knows, what they lack, and all data sets beside each other.
rule judge_model:
    input:
        **trained("{system}/{point}/{name}"),
        samples="<results>/samples/{system}/{point}.parquet",
        repeats=lambda wildcards: scored_on(wildcards, ".repeats.csv"),
        metrics=lambda wildcards: scored_on(wildcards, ".json"),
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
