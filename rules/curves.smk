# Curves for figures: what theory says between the points of the grid, and how training went.
rule exact_curves:
    input:
        code=code("exact_curves.py"),
    output:
        curves="<results>/statistics/{system}/curves.csv",
    log:
        "<logs>/statistics/{system}/curves.log",
    benchmark:
        "<benchmarks>/statistics/{system}/curves.tsv"
    wildcard_constraints:
        system="|".join(SYSTEMS),
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        library=library("exact_curves.py"),
        grid=lambda wildcards: [
            f"{name}={','.join(map(str, values))}" for name, values in GRIDS[wildcards.system].items()
        ],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {wildcards.system:q} --grid {params.grid:q} --seed {params.seed:q}"
        " --output {output.curves:q} > {log:q} 2>&1"


rule training_curves:
    input:
        code=code("training_curves.py"),
        records=lambda wildcards: [
            f"<results>/models/{wildcards.system}/{path}.json"
            for path in most_trained(wildcards.system)
        ],
        capacity=lambda wildcards: [
            f"<results>/capacity/{wildcards.system}/{path}.json"
            for path in most_trained(wildcards.system)
        ],
    output:
        curves="<results>/statistics/{system}/training.csv",
    log:
        "<logs>/statistics/{system}/training.log",
    benchmark:
        "<benchmarks>/statistics/{system}/training.tsv"
    wildcard_constraints:
        system="|".join(SYSTEMS),
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        library=library("training_curves.py"),
        models=lambda wildcards: most_trained(wildcards.system),
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {wildcards.system:q} --models {params.models:q}"
        " --records {input.records:q} --capacity {input.capacity:q} --seed {params.seed:q}"
        " --output {output.curves:q} > {log:q} 2>&1"
