# Data sets in files: a local copy or a download, accepted only with its sha256 where one is known; then read.


rule fetch_file:
    output:
        output="<results>/raw/{system}/{file}",
    log:
        "<logs>/raw/{system}/{file}.log",
    benchmark:
        "<benchmarks>/raw/{system}/{file}.tsv"
    wildcard_constraints:
        system=any_of(plan.datasets),
        file="[^/]+",
    localrule: True
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "data/fetch.py",
            file=lambda wildcards: readings.place_of(**wildcards).local,
            urls=lambda wildcards: readings.place_of(**wildcards).urls,
            sha256=lambda wildcards: readings.place_of(**wildcards).sha256,
        ),
    message:
        "Obtain the file of {wildcards.system} (log: {log})"
    shell:
        RUN


rule read_file:
    input:
        files=of_system(readings.files_of),
    output:
        output="<results>/samples/{system}/{point}.parquet",
    log:
        "<logs>/samples/{system}/{point}.log",
    benchmark:
        "<benchmarks>/samples/{system}/{point}.tsv"
    wildcard_constraints:
        system=any_of(plan.datasets),
    conda:
        "../envs/science.yaml"
    resources:
        mem_mb=growing(4000),
    params:
        **program("data/prepare.py", settings=of_system(readings.reading_of)),
    message:
        "Read {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule read_draws:
    input:
        file=of_job(readings.file_of_draws),
        samples="<results>/samples/{system}/{point}.parquet",
    output:
        output="<results>/words/{system}/{point}/{name}.parquet",
    log:
        "<logs>/draws/{system}/{point}/{name}.log",
    benchmark:
        "<benchmarks>/draws/{system}/{point}/{name}.tsv"
    wildcard_constraints:
        system=any_of(plan.datasets),
        name=any_of(readings.draws),
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "data/draws.py",
            reading=of_job(readings.reading_of_draws),
        ),
    message:
        "Read {wildcards.name} of {wildcards.system} (log: {log})"
    shell:
        RUN
