# The bipartite mutual information, known before anything is trained: what a latent channel must carry.
rule measure_information:
    input:
        code=code("measure_information.py"),
    output:
        metrics="<results>/information/{system}/{point}.json",
    log:
        "<logs>/information/{system}/{point}.log",
    benchmark:
        "<benchmarks>/information/{system}/{point}.tsv"
    wildcard_constraints:
        system="|".join(SYSTEMS),
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        library=library("measure_information.py"),
        n_samples=config["evaluation"]["n_information"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {wildcards.system:q} --point {wildcards.point:q}"
        " --n-samples {params.n_samples:q} --seed {params.seed:q} --output {output.metrics:q}"
        " > {log:q} 2>&1"


rule measure_recording_information:
    input:
        code=code("measure_recording_information.py"),
        samples=f"<results>/samples/{RECORDING}/{{point}}.parquet",
    output:
        metrics=f"<results>/information/{RECORDING}/{{point}}.json",
    log:
        f"<logs>/information/{RECORDING}/{{point}}.log",
    benchmark:
        f"<benchmarks>/information/{RECORDING}/{{point}}.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        library=library("measure_recording_information.py"),
        system=RECORDING,
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {params.system:q} --point {wildcards.point:q}"
        " --samples {input.samples:q} --seed {params.seed:q} --output {output.metrics:q} > {log:q} 2>&1"
