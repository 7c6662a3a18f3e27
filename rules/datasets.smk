# Data sets in files: a local copy or a download, accepted only with its sha256 where one is known; then read.
PLACES = {name: places_of(name, block) for name, block in DATASETS.items()}


def files_of(name):
    """What a data set is read from."""
    return [
        f"<results>/raw/{name}/{place.name}" if place.is_copied else place.local for place in PLACES[name]
    ]


def place_of(wildcards):
    """The file that is brought."""
    return next(place for place in PLACES[wildcards.system] if place.name == wildcards.file)


READING = ("site", "values", "threshold", "bin_s", "clip", "missing", "constant_sites", "holdout")


def reading_of(name):
    """Options of how a file is read: what the configuration says, and nothing else."""
    said = {key: DATASETS[name][key] for key in READING if DATASETS[name].get(key) is not None}
    parts = [place.part for place in PLACES[name] if place.part]
    return {**(DATASETS[name].get("reader") or {}), **said, **({"parts": parts} if parts else {})}


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
