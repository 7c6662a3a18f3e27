# One pattern from few samples, where an exact limit says how well any principal component can do.
rule measure_recovery:
    output:
        table="<results>/recovery/N~{n_sites}/beta~{beta}.csv",
        output="<results>/recovery/N~{n_sites}/beta~{beta}.json",
    log:
        "<logs>/recovery/N~{n_sites}/beta~{beta}.log",
    benchmark:
        "<benchmarks>/recovery/N~{n_sites}/beta~{beta}.tsv"
    conda:
        "../envs/torch.yaml"
    params:
        **program(
            "studies/recovery.py",
            n_samples=config["recovery"]["B"],
            replicates=config["recovery"]["replicates"],
        ),
    message:
        "Recover patterns at N~{wildcards.n_sites}/beta~{wildcards.beta} (log: {log})"
    shell:
        RUN
