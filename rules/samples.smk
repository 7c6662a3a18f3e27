# Exact samples of every solvable system at every point, and what is exactly known there.
rule draw_samples:
    input:
        code=code("draw_samples.py"),
    output:
        samples="<results>/samples/{system}/{point}.parquet",
        facts="<results>/samples/{system}/{point}.json",
    log:
        "<logs>/samples/{system}/{point}.log",
    benchmark:
        "<benchmarks>/samples/{system}/{point}.tsv"
    wildcard_constraints:
        system="|".join(SYSTEMS),
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        library=library("draw_samples.py"),
        n_samples=lambda wildcards: SYSTEMS[wildcards.system]["n_samples"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {wildcards.system:q} --point {wildcards.point:q}"
        " --n-samples {params.n_samples:q} --seed {params.seed:q} --output {output.samples:q}"
        " --facts {output.facts:q} > {log:q} 2>&1"
