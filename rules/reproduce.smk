# Whether a run is what it should be: raw data by their sums, tables done once more, metrics as expected.
EXPECTED = ROOT / "config" / "expected" / f"{config['preset']}.json"


rule tabulate_reproduction:
    input:
        code=code("compare_metrics.py"),
        metrics="<results>/metrics.json",
        expected=EXPECTED,
        published=ROOT / "config" / "published.json",
        recording=[
            f"<results>/recording/{RECORDING}.mat" for _ in running([RECORDING, "groups", "halves"])[:1]
        ],
    output:
        table="<results>/reproduce.md",
        page=report(
            "<results>/reproduce.html",
            caption="../report/reproduction.rst",
            category="Tables",
            labels={"table": "reproduction"},
        ),
    log:
        "<logs>/metrics/reproduce.log",
    benchmark:
        "<benchmarks>/metrics/reproduce.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        library=library("compare_metrics.py"),
        sha256=config["recording"]["sha256"],
        part=["--part"] if GIVEN.get("run") else [],
    shell:
        f"{PYTHON} "
        "{input.code:q} --metrics {input.metrics:q} --expected {input.expected:q}"
        " --published {input.published:q} --recording {input.recording:q} --sha256 {params.sha256:q}"
        " {params.part:q} --html {output.page:q} --output {output.table:q} > {log:q} 2>&1"


# One job of every script once more, in an empty folder and alone: seeded tables are equal to the bit.
rule repeat_jobs:
    input:
        code=code("repeat_jobs.py"),
        everything=rules.all.input,
    output:
        table="<results>/repeated.md",
        page=report(
            "<results>/repeated.html",
            caption="../report/repetition.rst",
            category="Tables",
            labels={"table": "repetition"},
        ),
    log:
        "<logs>/metrics/repeat.log",
    benchmark:
        "<benchmarks>/metrics/repeat.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(6000),
        runtime=growing(60),
    params:
        library=library("repeat_jobs.py"),
        tables=lambda _, input: [
            f"{path.removesuffix('.pdf')}.csv" if path.endswith(".pdf") else path
            for path in input.everything
        ],
    shell:
        f"{PYTHON} "
        "{input.code:q} --tables {params.tables:q} --html {output.page:q} --output {output.table:q}"
        " > {log:q} 2>&1"


rule reproduce:
    input:
        repeated="<results>/repeated.md",
        table="<results>/reproduce.md",
    log:
        "<logs>/metrics/verdict.log",
    benchmark:
        "<benchmarks>/metrics/verdict.tsv"
    localrule: True
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(100),
        runtime=growing(5),
    shell:
        "cat {input.table:q} {input.repeated:q} | tee {log:q};"
        " ! grep -qE '\\| (OUTSIDE|MISSING|NEW|DIFFERS) ' {input.table:q} {input.repeated:q}"
