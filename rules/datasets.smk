# Data sets in files: a local copy or a download, accepted only with its sha256 where one is known; then read.


rule fetch_file:
    output:
        output="<results>/raw/{system}/{file}",
    log:
        "<logs>/raw/{system}/{file}.log",
    benchmark:
        "<benchmarks>/raw/{system}/{file}.tsv"
    wildcard_constraints:
        system=any_of(DATASETS),
        file="[^/]+",
    localrule: True
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "data/fetch.py",
            file=lambda wildcards: place_of(wildcards).local,
            urls=lambda wildcards: place_of(wildcards).urls,
            sha256=lambda wildcards: place_of(wildcards).sha256,
        ),
    message:
        "Obtain the file of {wildcards.system} (log: {log})"
    shell:
        RUN


rule read_file:
    input:
        files=lambda wildcards: files_of(wildcards.system),
    output:
        output="<results>/samples/{system}/{point}.parquet",
    log:
        "<logs>/samples/{system}/{point}.log",
    benchmark:
        "<benchmarks>/samples/{system}/{point}.tsv"
    wildcard_constraints:
        system=any_of(DATASETS),
    conda:
        "../envs/science.yaml"
    resources:
        mem_mb=growing(4000),
    params:
        **program("data/prepare.py", settings=lambda wildcards: reading_of(wildcards.system)),
    message:
        "Read {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule read_draws:
    input:
        file=lambda wildcards: path_of(
            wildcards.system, PLACES_OF_DRAWS[wildcards.system][wildcards.name]
        ),
        samples="<results>/samples/{system}/{point}.parquet",
    output:
        output="<results>/words/{system}/{point}/{name}.parquet",
    log:
        "<logs>/draws/{system}/{point}/{name}.log",
    benchmark:
        "<benchmarks>/draws/{system}/{point}/{name}.tsv"
    wildcard_constraints:
        system=any_of(DATASETS),
        name=any_of(law for laws in PLACES_OF_DRAWS.values() for law in laws),
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "data/draws.py",
            reading=lambda wildcards: json.dumps(
                said_in(DATASETS[wildcards.system]["draws"][wildcards.name].get("reader"))
            ),
        ),
    message:
        "Read {wildcards.name} of {wildcards.system} (log: {log})"
    shell:
        RUN
