# The bipartite mutual information, known before anything is trained: what a latent channel must carry.
rule measure_information:
    input:
        samples=lambda wildcards: (
            "<results>/samples/{system}/{point}.parquet" if wildcards.system in plan.datasets else []
        ),
    output:
        output="<results>/information/{system}/{point}.json",
    log:
        "<logs>/information/{system}/{point}.log",
    benchmark:
        "<benchmarks>/information/{system}/{point}.tsv"
    wildcard_constraints:
        system=any_of(plan.sources),
    conda:
        "../envs/science.yaml"
    resources:
        mem_mb=growing(4000),
    params:
        **program(
            "measure/information.py",
            n_samples=lambda wildcards: (
                None if wildcards.system in plan.datasets else config["evaluation"]["n_information"]
            ),
        ),
    message:
        "Measure the information in {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN
