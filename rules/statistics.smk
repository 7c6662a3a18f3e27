# The law of an order parameter in a model's own draws beside the data and the exact one.
rule order_parameter_law:
    input:
        code=code("order_parameter_law.py"),
        samples="<results>/samples/{system}/{point}.parquet",
        model="<results>/models/{system}/{point}/{model}.pt",
        record="<results>/models/{system}/{point}/{model}.json",
    output:
        law="<results>/statistics/{system}/{point}/{model}.law.csv",
    log:
        "<logs>/statistics/{system}/{point}/{model}.law.log",
    benchmark:
        "<benchmarks>/statistics/{system}/{point}/{model}.law.tsv"
    wildcard_constraints:
        system="|".join(COUNTED),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        library=library("order_parameter_law.py"),
        n_generated=config["evaluation"]["n_generated"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {wildcards.system:q} --point {wildcards.point:q}"
        " --name {wildcards.model:q} --samples {input.samples:q} --model {input.model:q}"
        " --n-generated {params.n_generated:q} --seed {params.seed:q} --output {output.law:q}"
        " > {log:q} 2>&1"
