# What a trained model's own draws look like beside the data.
rule order_parameter_statistics:
    input:
        code=code("order_parameter_statistics.py"),
        samples="<results>/samples/{system}/{point}.parquet",
        model="<results>/models/{system}/{point}/{model}.pt",
        record="<results>/models/{system}/{point}/{model}.json",
    output:
        law="<results>/statistics/{system}/{point}/{model}.law.csv",
        metrics="<results>/statistics/{system}/{point}/{model}.json",
    log:
        "<logs>/statistics/{system}/{point}/{model}.log",
    benchmark:
        "<benchmarks>/statistics/{system}/{point}/{model}.tsv"
    wildcard_constraints:
        system="|".join(SYSTEMS),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        n_generated=config["evaluation"]["n_generated"],
        seed=SEED,
    shell:
        "python {input.code[0]} --system {wildcards.system} --point {wildcards.point}"
        " --name {wildcards.model} --samples {input.samples} --model {input.model}"
        " --n-generated {params.n_generated} --seed {params.seed}"
        " --law {output.law} --output {output.metrics} > {log} 2>&1"


rule population_statistics:
    input:
        code=code("population_statistics.py"),
        samples=f"<results>/samples/{RECORDING}/{{point}}.parquet",
        model=f"<results>/models/{RECORDING}/{{point}}/{{model}}.pt",
        record=f"<results>/models/{RECORDING}/{{point}}/{{model}}.json",
    output:
        counts=f"<results>/statistics/{RECORDING}/{{point}}/{{model}}.counts.csv",
        correlations=f"<results>/statistics/{RECORDING}/{{point}}/{{model}}.correlations.csv",
        plane=f"<results>/statistics/{RECORDING}/{{point}}/{{model}}.plane.csv",
        metrics=f"<results>/statistics/{RECORDING}/{{point}}/{{model}}.json",
    log:
        f"<logs>/statistics/{RECORDING}/{{point}}/{{model}}.log",
    benchmark:
        f"<benchmarks>/statistics/{RECORDING}/{{point}}/{{model}}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        system=RECORDING,
        n_generated=config["evaluation"]["n_generated"],
        seed=SEED,
    shell:
        "python {input.code[0]} --system {params.system} --point {wildcards.point}"
        " --name {wildcards.model} --samples {input.samples} --model {input.model}"
        " --n-generated {params.n_generated} --seed {params.seed} --counts {output.counts}"
        " --correlations {output.correlations} --plane {output.plane}"
        " --output {output.metrics} > {log} 2>&1"
