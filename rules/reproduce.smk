# Whether a run is what it should be: raw data by their sums, tables done once more, metrics as expected.
EXPECTED = ROOT / "config" / "expected" / f"{config['preset']}.csv"


rule tabulate_reproduction:
    input:
        metrics="<results>/metrics.json",
        expected=EXPECTED,
        published=ROOT / "config" / "published.json",
        files=[f"<results>/raw/{name}/{place.name}" for name, place in readings.with_sums()],
    output:
        output="<results>/reproduce.md",
        html=report(
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
    params:
        **program(
            "reproduce/compare.py",
            sha256=[place.sha256 for _, place in readings.with_sums()],
            part=bool(GIVEN.get("run")),
            left_out=config["skip"],
        ),
    message:
        "Compare all metrics with what is expected (log: {log})"
    shell:
        RUN


# One job of every script once more, in an empty folder and alone: seeded tables are equal to the bit.
rule repeat_jobs:
    input:
        everything=rules.all.input,
    output:
        output="<results>/repeated.md",
        html=report(
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
    resources:
        mem_mb=growing(6000),
        runtime=growing(60),
    params:
        **program(
            "reproduce/rerun.py",
            tables=lambda _, input: [
                f"{path.removesuffix('.pdf')}.csv" if path.endswith(".pdf") else path
                for path in input.everything
            ],
        ),
    message:
        "Do one job of every script once more (log: {log})"
    shell:
        RUN


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
    message:
        "Give the verdict on this run (log: {log})"
    shell:
        "cat {input.table:q} {input.repeated:q} | tee {log:q};"
        " ! grep -qE '\\| (OUTSIDE|MISSING|NEW|DIFFERS) ' {input.table:q} {input.repeated:q}"
