# Data sets in files: a local copy or a download, accepted only with its sha256 where one is known; then read.
def given_file(name):
    """The file of a data set on this machine, if any."""
    return os.environ.get(file_variable(name)) or DATASETS[name]["file"]


def is_copied(name):
    """Whether a file is brought to the results: it has to have a sum, or comes from elsewhere."""
    return bool(DATASETS[name]["source"].get("sha256")) or not given_file(name)


def file_of(name):
    """What a data set is read from."""
    return f"<results>/raw/{name}/{basename_of(name)}" if is_copied(name) else given_file(name)


def basename_of(name):
    """The name of a data set's file, of which the suffix says how it is read."""
    urls = DATASETS[name]["source"].get("urls") or []
    return os.path.basename(urls[0] if urls else given_file(name))


READING = ("site", "values", "threshold", "bin_s", "clip", "missing", "constant_sites", "holdout")


def reading_of(name):
    """Options of how a file is read: what the configuration says, and nothing else."""
    said = {key: DATASETS[name][key] for key in READING if DATASETS[name].get(key) is not None}
    return {**(DATASETS[name].get("reader") or {}), **said}


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
            file=lambda wildcards: given_file(wildcards.system),
            urls=lambda wildcards: DATASETS[wildcards.system]["source"].get("urls", []),
            sha256=lambda wildcards: DATASETS[wildcards.system]["source"].get("sha256"),
        ),
    message:
        "Obtain the file of {wildcards.system} (log: {log})"
    shell:
        RUN


rule read_file:
    input:
        file=lambda wildcards: file_of(wildcards.system),
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
