# Exact samples of every solvable system at every point, and what is exactly known there.
rule draw_samples:
    output:
        output="<results>/samples/{system}/{point}.parquet",
        facts="<results>/samples/{system}/{point}.json",
    log:
        "<logs>/samples/{system}/{point}.log",
    benchmark:
        "<benchmarks>/samples/{system}/{point}.tsv"
    wildcard_constraints:
        system=any_of(plan.systems),
    conda:
        "../envs/science.yaml"
    params:
        **program("data/draw.py", n_samples=of_system(lambda name: plan.systems[name]["n_samples"])),
    message:
        "Draw samples of {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN
