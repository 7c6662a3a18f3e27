# The rate of the latent channel against the bipartite mutual information, exact KL divergences, and what
# a model's own draws look like.
rule measure_model:
    input:
        code=code("measure_model.py"),
        samples="<results>/samples/{system}/{point}.parquet",
        information="<results>/information/{system}/{point}.json",
        model="<results>/models/{system}/{point}/{model}.pt",
        record="<results>/models/{system}/{point}/{model}.json",
    output:
        metrics="<results>/capacity/{system}/{point}/{model}.json",
        statistics="<results>/statistics/{system}/{point}/{model}.json",
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
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        library=library("measure_model.py"),
        n_test=config["evaluation"]["n_test"],
        n_generated=config["evaluation"]["n_generated"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {wildcards.system:q} --point {wildcards.point:q}"
        " --name {wildcards.model:q} --samples {input.samples:q} --information {input.information:q}"
        " --model {input.model:q} --n-test {params.n_test:q} --n-generated {params.n_generated:q}"
        " --seed {params.seed:q} --statistics {output.statistics:q} --output {output.metrics:q}"
        " > {log:q} 2>&1"


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
        mem_mb=growing(6000),
        runtime=growing(10),
    params:
        library=library("measure_recording_capacity.py"),
        system=RECORDING,
        n_test=config["evaluation"]["n_test"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {params.system:q} --point {wildcards.point:q}"
        " --name {wildcards.model:q} --samples {input.samples:q} --information {input.information:q}"
        " --model {input.model:q} --n-test {params.n_test:q} --seed {params.seed:q}"
        " --output {output.metrics:q} > {log:q} 2>&1"


rule tabulate_capacity:
    input:
        code=code("tabulate_capacity.py"),
        information=per_point("<results>/information/{system}/{point}.json", *running(SOURCES)),
        capacity=per_model("<results>/capacity/{system}/{path}.json", *running(SOURCES)),
    output:
        table="<results>/capacity.csv",
        markdown="<results>/capacity.md",
    log:
        "<logs>/capacity/table.log",
    benchmark:
        "<benchmarks>/capacity/table.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        library=library("tabulate_capacity.py"),
    shell:
        f"{PYTHON} "
        "{input.code:q} --information {input.information:q} --capacity {input.capacity:q}"
        " --output {output.table:q} --markdown {output.markdown:q} > {log:q} 2>&1"
