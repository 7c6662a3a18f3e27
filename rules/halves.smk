# Halves of the recording's repeats, in each of which models are trained: are their patterns the same?
IN_HALVES = [(point, model) for point in HALF_POINTS for model in config["halves"]["models"]]


rule cut_half:
    input:
        code=code("cut_half.py"),
        samples=f"<results>/samples/{RECORDING}/{FIRST}.parquet",
    output:
        samples=f"<results>/samples/{HALVES}/{{point}}.parquet",
    log:
        f"<logs>/samples/{HALVES}/{{point}}.log",
    benchmark:
        f"<benchmarks>/samples/{HALVES}/{{point}}.tsv"
    wildcard_constraints:
        point="|".join(HALF_POINTS),
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        library=library("cut_half.py"),
        system=HALVES,
    shell:
        f"{PYTHON} "
        "{input.code:q} --samples {input.samples:q} --system {params.system:q}"
        " --point {wildcards.point:q} --output {output.samples:q} > {log:q} 2>&1"


rule compare_halves:
    input:
        code=code("compare_halves.py"),
        models=[f"<results>/models/{HALVES}/{point}/{model}.pt" for point, model in IN_HALVES],
        records=[f"<results>/models/{HALVES}/{point}/{model}.json" for point, model in IN_HALVES],
    output:
        table="<results>/halves.csv",
        metrics="<results>/halves.json",
    log:
        "<logs>/halves.log",
    benchmark:
        "<benchmarks>/halves.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        library=library("compare_halves.py"),
        system=HALVES,
        points=[point for point, _ in IN_HALVES],
        names=[model for _, model in IN_HALVES],
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {params.system:q} --points {params.points:q} --names {params.names:q}"
        " --models {input.models:q} --table {output.table:q} --output {output.metrics:q} > {log:q} 2>&1"
