# Every quotable number in one file, and tables of some of them.
rule collect_metrics:
    input:
        code=code("collect_metrics.py"),
        metrics=[
            *per_point("<results>/samples/{system}/{point}.json", *running(SYSTEMS)),
            *per_point("<results>/information/{system}/{point}.json", *running(SOURCES)),
            *(
                path
                for path in scaling_tables()
                if path not in information_and_capacity(*running(SYSTEMS))
            ),
            *metrics_of_models(*running(SOURCES)),
            *(metrics_of_recording() if running([RECORDING]) else []),
            *(path for system in running(MEAN_FIELD) for path in free_energies(system)),
            *recovery_files("json"),
            *degeneracy_files("json"),
            *(f"<results>/degeneracy/{path}.json" for path in replicated_at()),
            *(f"<results>/groups/{point}.json" for point in GROUP_POINTS if running(["groups"])),
            *(f"<results>/{part}.json" for part in running(["groups", "halves"])),
            *("<results>/models_of_recording.json" for _ in running([RECORDING])),
            *(f"<results>/{part}.json" for part in running([SURROGATE])),
        ],
    output:
        metrics="<results>/metrics.json",
    log:
        "<logs>/metrics/collect.log",
    benchmark:
        "<benchmarks>/metrics/collect.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        library=library("collect_metrics.py"),
    shell:
        f"{PYTHON} "
        "{input.code:q} --inputs {input.metrics:q} --output {output.metrics:q} > {log:q} 2>&1"


rule tabulate_replicas:
    input:
        code=code("tabulate_replicas.py"),
        metrics=metrics_of_models(*sources_of_replicas()),
    output:
        table="<results>/replicas.csv",
        markdown="<results>/replicas.md",
    log:
        "<logs>/metrics/replicas.log",
    benchmark:
        "<benchmarks>/metrics/replicas.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        library=library("tabulate_replicas.py"),
    shell:
        f"{PYTHON} "
        "{input.code:q} --metrics {input.metrics:q} --output {output.table:q}"
        " --markdown {output.markdown:q} > {log:q} 2>&1"


rule tabulate_objectives:
    input:
        code=code("tabulate_objectives.py"),
        metrics=[
            *per_model("<results>/capacity/{system}/{path}.json", *running(MEAN_FIELD)),
            *(f"<results>/decoded/{system}/comparison.json" for system in running(MEAN_FIELD)),
        ],
        costs=per_model("<results>/models/{system}/{path}.cost.tsv", *running(MEAN_FIELD)),
    output:
        table="<results>/objectives.csv",
        markdown="<results>/objectives.md",
    log:
        "<logs>/metrics/objectives.log",
    benchmark:
        "<benchmarks>/metrics/objectives.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        library=library("tabulate_objectives.py"),
        models=per_model("{system}/{path}", *running(MEAN_FIELD)),
    shell:
        f"{PYTHON} "
        "{input.code:q} --models {params.models:q} --metrics {input.metrics:q} --costs {input.costs:q}"
        " --output {output.table:q} --markdown {output.markdown:q} > {log:q} 2>&1"
