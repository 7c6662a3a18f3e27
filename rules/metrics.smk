# Every quotable number in one file, and tables of some of them.
rule collect_metrics:
    input:
        inputs=files.metrics_of_all(),
    output:
        output="<results>/metrics.json",
        table="<results>/metrics.csv",
    log:
        "<logs>/metrics/collect.log",
    benchmark:
        "<benchmarks>/metrics/collect.tsv"
    conda:
        "../envs/science.yaml"
    params:
        **program("reproduce/collect.py", models=plan.models_by_dataset()),
    message:
        "Collect all metrics (log: {log})"
    shell:
        RUN


rule tabulate_replicas:
    input:
        metrics=files.metrics_of_models(*plan.repeated()),
    output:
        output="<results>/replicas.csv",
        markdown="<results>/replicas.md",
    log:
        "<logs>/metrics/replicas.log",
    benchmark:
        "<benchmarks>/metrics/replicas.tsv"
    conda:
        "../envs/science.yaml"
    params:
        **program("tables/replicas.py", models=plan.models_by_dataset()),
    message:
        "Tabulate replicas of models (log: {log})"
    shell:
        RUN


rule tabulate_objectives:
    input:
        metrics=[
            files.per_model("<results>/capacity/{system}/{path}.json", *plan.running(plan.mean_field)),
            files.comparisons(*plan.running(plan.mean_field)),
        ],
        costs=files.per_model(
            "<results>/models/{system}/{path}.cost.tsv", *plan.running(plan.mean_field)
        ),
    output:
        output="<results>/objectives.csv",
        markdown="<results>/objectives.md",
    log:
        "<logs>/metrics/objectives.log",
    benchmark:
        "<benchmarks>/metrics/objectives.tsv"
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "tables/objectives.py",
            models=files.per_model("{system}/{path}", *plan.running(plan.mean_field)),
        ),
    message:
        "Tabulate models by their objective (log: {log})"
    shell:
        RUN
