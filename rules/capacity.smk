# The rate of the latent channel against the bipartite mutual information, and exact KL divergences.
rule measure_capacity:
    input:
        code=code("measure_capacity.py"),
        samples="<results>/samples/{system}/{point}.parquet",
        information="<results>/information/{system}/{point}.json",
        model="<results>/models/{system}/{point}/{model}.pt",
        record="<results>/models/{system}/{point}/{model}.json",
    output:
        metrics="<results>/capacity/{system}/{point}/{model}.json",
    log:
        "<logs>/capacity/{system}/{point}/{model}.log",
    benchmark:
        "<benchmarks>/capacity/{system}/{point}/{model}.tsv"
    wildcard_constraints:
        system="|".join(SYSTEMS),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        n_test=config["evaluation"]["n_test"],
        seed=SEED,
    shell:
        "python {input.code[0]} --system {wildcards.system} --point {wildcards.point}"
        " --name {wildcards.model} --samples {input.samples} --information {input.information}"
        " --model {input.model} --n-test {params.n_test} --seed {params.seed}"
        " --output {output.metrics} > {log} 2>&1"


rule measure_recording_capacity:
    input:
        code=code("measure_recording_capacity.py"),
        samples=f"<results>/samples/{RECORDING}/{{point}}.parquet",
        information=f"<results>/information/{RECORDING}/{{point}}.json",
        model=f"<results>/models/{RECORDING}/{{point}}/{{model}}.pt",
        record=f"<results>/models/{RECORDING}/{{point}}/{{model}}.json",
    output:
        metrics=f"<results>/capacity/{RECORDING}/{{point}}/{{model}}.json",
    log:
        f"<logs>/capacity/{RECORDING}/{{point}}/{{model}}.log",
    benchmark:
        f"<benchmarks>/capacity/{RECORDING}/{{point}}/{{model}}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        system=RECORDING,
        n_test=config["evaluation"]["n_test"],
        seed=SEED,
    shell:
        "python {input.code[0]} --system {params.system} --point {wildcards.point}"
        " --name {wildcards.model} --samples {input.samples}"
        " --information {input.information} --model {input.model}"
        " --n-test {params.n_test} --seed {params.seed} --output {output.metrics} > {log} 2>&1"
