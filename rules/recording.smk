# The recording: a local copy or a download, accepted only with the right sha256; then cut into words.
rule obtain_recording:
    input:
        code=code("obtain_recording.py"),
    output:
        recording=ensure(f"<results>/recording/{RECORDING}.mat", sha256=config["recording"]["sha256"]),
    log:
        f"<logs>/recording/{RECORDING}.log",
    benchmark:
        f"<benchmarks>/recording/{RECORDING}.tsv"
    localrule: True
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        library=library("obtain_recording.py"),
        # functions, in which Snakemake looks for no wildcards
        file=lambda _: [f"--file={path}"] if (path := config["recording"]["file"]) else [],
        urls=lambda _: config["recording"]["urls"],
        sha256=config["recording"]["sha256"],
    shell:
        f"{PYTHON} "
        "{input.code:q} {params.file:q} --urls {params.urls:q} --sha256 {params.sha256:q}"
        " --output {output.recording:q} > {log:q} 2>&1"


rule cut_words:
    input:
        code=code("cut_words.py"),
        recording=f"<results>/recording/{RECORDING}.mat",
    output:
        samples=f"<results>/samples/{RECORDING}/{{point}}.parquet",
    log:
        f"<logs>/samples/{RECORDING}/{{point}}.log",
    benchmark:
        f"<benchmarks>/samples/{RECORDING}/{{point}}.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        library=library("cut_words.py"),
        system=RECORDING,
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --recording {input.recording:q} --system {params.system:q}"
        " --point {wildcards.point:q} --seed {params.seed:q} --output {output.samples:q} > {log:q} 2>&1"
