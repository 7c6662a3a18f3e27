# A population like the retina's whose generalized Hopfield model is known: what of it is recovered.
rule draw_surrogate:
    input:
        code=code("draw_surrogate.py"),
    output:
        samples=f"<results>/samples/{SURROGATE}/{{point}}.parquet",
    log:
        f"<logs>/samples/{SURROGATE}/{{point}}.log",
    benchmark:
        f"<benchmarks>/samples/{SURROGATE}/{{point}}.tsv"
    wildcard_constraints:
        point=SURROGATE_POINT,
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        library=library("draw_surrogate.py"),
        system=SURROGATE,
        n_samples=config["surrogate"]["n_samples"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {params.system:q} --point {wildcards.point:q}"
        " --n-samples {params.n_samples:q} --seed {params.seed:q} --output {output.samples:q}"
        " > {log:q} 2>&1"


rule compare_surrogate:
    input:
        code=code("compare_surrogate.py"),
        samples=f"<results>/samples/{SURROGATE}/{SURROGATE_POINT}.parquet",
        models=[
            f"<results>/models/{SURROGATE}/{SURROGATE_POINT}/{m}.pt"
            for m in config["surrogate"]["models"]
        ],
        records=[
            f"<results>/models/{SURROGATE}/{SURROGATE_POINT}/{m}.json"
            for m in config["surrogate"]["models"]
        ],
    output:
        metrics=f"<results>/{SURROGATE}.json",
    log:
        f"<logs>/{SURROGATE}.log",
    benchmark:
        f"<benchmarks>/{SURROGATE}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        library=library("compare_surrogate.py"),
        system=SURROGATE,
        point=SURROGATE_POINT,
        names=list(config["surrogate"]["models"]),
        n_test=config["evaluation"]["n_test"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {params.system:q} --point {params.point:q} --samples {input.samples:q}"
        " --names {params.names:q} --models {input.models:q} --n-test {params.n_test:q}"
        " --seed {params.seed:q} --output {output.metrics:q} > {log:q} 2>&1"
