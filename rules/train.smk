# One VAE per source, point and named model. Training is fixed at one thread: bits depend on it.
rule train_vae:
    input:
        code=code("train_vae.py"),
        samples="<results>/samples/{system}/{point}.parquet",
    output:
        model="<results>/models/{system}/{point}/{model}.pt",
        record="<results>/models/{system}/{point}/{model}.json",
        cost="<results>/models/{system}/{point}/{model}.cost.tsv",
    log:
        "<logs>/models/{system}/{point}/{model}.log",
    benchmark:
        "<benchmarks>/models/{system}/{point}/{model}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(20),
    params:
        library=library("train_vae.py"),
        settings=lambda wildcards: flags(models_on(wildcards.system)[wildcards.model]),
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --samples {input.samples:q} --system {wildcards.system:q}"
        " --name {wildcards.model:q} --seed {params.seed:q} {params.settings:q}"
        " --output {output.model:q} --cost {output.cost:q} > {log:q} 2>&1"
