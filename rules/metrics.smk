# Every quotable number in one file, and its comparison with what is expected of this preset.
EXPECTED = ROOT / "config" / "expected" / f"{config['preset']}.json"


rule collect_metrics:
    input:
        code=code("collect_metrics.py"),
        metrics=[
            *per_point("<results>/samples/{system}/{point}.json", *SYSTEMS),
            *per_point("<results>/information/{system}/{point}.json", *SOURCES),
            *(path for path in scaling_tables() if path not in information_and_capacity(*SYSTEMS)),
            *per_model("<results>/capacity/{system}/{path}.json", *SOURCES),
            *(f"<results>/decoded/{system}/comparison.json" for system in MEAN_FIELD),
            *per_model("<results>/decoded/{system}/{path}.metrics.json", RECORDING),
            *per_model("<results>/statistics/{system}/{path}.json", *SOURCES),
            *per_model("<results>/statistics/{system}/{path}.law.json", *COUNTED),
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
        mem_mb=500,
        runtime=10,
    params:
        library=library("collect_metrics.py"),
    shell:
        "python {input.code} --inputs {input.metrics} --output {output.metrics} > {log} 2>&1"


rule tabulate_reproduction:
    input:
        code=code("compare_metrics.py"),
        metrics="<results>/metrics.json",
        expected=EXPECTED,
    output:
        table="<results>/reproduce.md",
    log:
        "<logs>/metrics/reproduce.log",
    benchmark:
        "<benchmarks>/metrics/reproduce.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        library=library("compare_metrics.py"),
    shell:
        "python {input.code} --metrics {input.metrics} --expected {input.expected}"
        " --output {output.table} > {log} 2>&1"


rule reproduce:
    input:
        table="<results>/reproduce.md",
    log:
        "<logs>/metrics/verdict.log",
    benchmark:
        "<benchmarks>/metrics/verdict.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=100,
        runtime=10,
    shell:
        "cat {input.table} | tee {log}; ! grep -qE '\\| (OUTSIDE|MISSING|NEW) ' {input.table}"
