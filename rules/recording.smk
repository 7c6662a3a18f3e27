# The recording: a local copy or a download, accepted only with the right sha256; then cut into words.
rule obtain_recording:
    output:
        output=ensure(f"<results>/recording/{RECORDING}.mat", sha256=config["recording"]["sha256"]),
    log:
        f"<logs>/recording/{RECORDING}.log",
    benchmark:
        f"<benchmarks>/recording/{RECORDING}.tsv"
    localrule: True
    conda:
        "../envs/science.yaml"
    params:
        # functions, in which Snakemake looks for no wildcards
        **program(
            "data/fetch.py",
            file=lambda _: config["recording"]["file"],
            urls=lambda _: config["recording"]["urls"],
            sha256=config["recording"]["sha256"],
        ),
    message:
        f"Obtain the recording {RECORDING} (log: {{log}})"
    shell:
        RUN


rule cut_words:
    input:
        recording=rules.obtain_recording.output.output,
    output:
        output=f"<results>/samples/{RECORDING}/{{point}}.parquet",
    log:
        f"<logs>/samples/{RECORDING}/{{point}}.log",
    benchmark:
        f"<benchmarks>/samples/{RECORDING}/{{point}}.tsv"
    conda:
        "../envs/science.yaml"
    params:
        **program("data/prepare.py", system=RECORDING),
    message:
        f"Cut words of {RECORDING} at {{wildcards.point}} (log: {{log}})"
    shell:
        RUN
