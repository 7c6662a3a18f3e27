# One VAE per source, point and named model. Training is fixed at one thread: bits depend on it.
rule train_vae:
    input:
        samples="<results>/samples/{system}/{point}.parquet",
    output:
        output="<results>/models/{system}/{point}/{name}.pt",
        record="<results>/models/{system}/{point}/{name}.json",
        cost="<results>/models/{system}/{point}/{name}.cost.tsv",
    log:
        "<logs>/models/{system}/{point}/{name}.log",
    benchmark:
        "<benchmarks>/models/{system}/{point}/{name}.tsv"
    conda:
        "../envs/torch.yaml"
    resources:
        mem_mb=growing(4000),
    params:
        **program("train/vae.py", settings=of_job(plan.training_of)),
    message:
        "Train {wildcards.name} on {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN
