# Every quotable number in one file, and tables of some of them.
rule collect_metrics:
    input:
        inputs=[
            *per_point("<results>/samples/{system}/{point}.json", *running(SYSTEMS)),
            *per_point("<results>/information/{system}/{point}.json", *running(SOURCES)),
            *(
                path
                for path in scaling_tables()
                if path not in information_and_capacity(*running(SYSTEMS))
            ),
            *metrics_of_models(*running(SOURCES)),
            *metrics_of_datasets(),
            *(path for system in running(MEAN_FIELD) for path in free_energies(system)),
            *recovery_files("json"),
            *degeneracy_files("json"),
            *degeneracy_files("wells.json"),
            *(f"<results>/degeneracy/{path}.json" for path in replicated_at()),
            *(
                f"<results>/groups/{name}/{point}.json"
                for name in running_parts("groups", GROUPS)
                for point in group_points(name)
            ),
            *(f"<results>/groups/{name}.json" for name in running_parts("groups", GROUPS)),
            *(f"<results>/halves/{name}.json" for name in running_parts("halves", HALVES)),
            *(f"<results>/{part}.json" for part in running([SURROGATE])),
        ],
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
        **program("reproduce/collect.py", models=models_by_dataset()),
    message:
        "Collect all metrics (log: {log})"
    shell:
        RUN


rule tabulate_replicas:
    input:
        metrics=metrics_of_models(*sources_of_replicas()),
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
        **program("tables/replicas.py", models=models_by_dataset()),
    message:
        "Tabulate replicas of models (log: {log})"
    shell:
        RUN


rule tabulate_objectives:
    input:
        metrics=[
            *per_model("<results>/capacity/{system}/{path}.json", *running(MEAN_FIELD)),
            *(f"<results>/decoded/{system}/comparison.json" for system in running(MEAN_FIELD)),
        ],
        costs=per_model("<results>/models/{system}/{path}.cost.tsv", *running(MEAN_FIELD)),
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
        **program("tables/objectives.py", models=per_model("{system}/{path}", *running(MEAN_FIELD))),
    message:
        "Tabulate models by their objective (log: {log})"
    shell:
        RUN
