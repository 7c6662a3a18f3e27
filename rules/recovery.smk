# One pattern from few samples, where an exact limit says how well any principal component can do.
rule measure_recovery:
    input:
        code=code("measure_recovery.py"),
    output:
        table="<results>/recovery/N~{N}/beta~{beta}.csv",
        metrics="<results>/recovery/N~{N}/beta~{beta}.json",
    log:
        "<logs>/recovery/N~{N}/beta~{beta}.log",
    benchmark:
        "<benchmarks>/recovery/N~{N}/beta~{beta}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        library=library("measure_recovery.py"),
        n_samples=config["recovery"]["B"],
        replicates=config["recovery"]["replicates"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --n-sites {wildcards.N:q} --beta {wildcards.beta:q}"
        " --n-samples {params.n_samples:q} --replicates {params.replicates:q} --seed {params.seed:q}"
        " --table {output.table:q} --output {output.metrics:q} > {log:q} 2>&1"
