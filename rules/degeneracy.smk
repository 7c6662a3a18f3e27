# How far replicas of a model agree: on clusters of points, of a solvable system, of the recording.
rule draw_clusters:
    input:
        code=code("draw_clusters.py"),
    output:
        samples=f"<results>/samples/{CLUSTERS}/{{point}}.parquet",
    log:
        f"<logs>/samples/{CLUSTERS}/{{point}}.log",
    benchmark:
        f"<benchmarks>/samples/{CLUSTERS}/{{point}}.tsv"
    wildcard_constraints:
        point="|".join(CLUSTER_POINTS),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        library=library("draw_clusters.py"),
        system=CLUSTERS,
        n_samples=config["degeneracy"]["n_samples"],
        features=flags(config["degeneracy"]["features"]),
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {params.system:q} --point {wildcards.point:q}"
        " --n-samples {params.n_samples:q} {params.features:q} --seed {params.seed:q}"
        " --output {output.samples:q} > {log:q} 2>&1"


rule train_replicas:
    input:
        code=code("train_replicas.py"),
        samples=f"<results>/samples/{CLUSTERS}/{{point}}.parquet",
    output:
        replicas=f"<results>/models/{CLUSTERS}/{{point}}.npz",
    log:
        f"<logs>/models/{CLUSTERS}/{{point}}.log",
    benchmark:
        f"<benchmarks>/models/{CLUSTERS}/{{point}}.tsv"
    wildcard_constraints:
        point="|".join(CLUSTER_POINTS),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        library=library("train_replicas.py"),
        system=CLUSTERS,
        latent_dims=config["degeneracy"]["latent_dim"],
        widths=config["degeneracy"]["widths"],
        number=config["degeneracy"]["number"],
        training=flags(config["degeneracy"]["training"]),
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --samples {input.samples:q} --system {params.system:q}"
        " --latent-dims {params.latent_dims:q} --widths {params.widths:q}"
        " --replicas {params.number:q} {params.training:q} --seed {params.seed:q}"
        " --output {output.replicas:q} > {log:q} 2>&1"


rule measure_degeneracy:
    input:
        code=code("measure_degeneracy.py"),
        replicas=f"<results>/models/{CLUSTERS}/{{point}}.npz",
    output:
        table=f"<results>/degeneracy/{CLUSTERS}/{{point}}.csv",
        spectra=f"<results>/degeneracy/{CLUSTERS}/{{point}}.spectra.csv",
        metrics=f"<results>/degeneracy/{CLUSTERS}/{{point}}.json",
    log:
        f"<logs>/degeneracy/{CLUSTERS}/{{point}}.log",
    benchmark:
        f"<benchmarks>/degeneracy/{CLUSTERS}/{{point}}.tsv"
    wildcard_constraints:
        point="|".join(CLUSTER_POINTS),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        library=library("measure_degeneracy.py"),
        system=CLUSTERS,
        latent_dims=config["degeneracy"]["latent_dim"],
        box=flags(config["degeneracy"]["box"]),
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --replicas {input.replicas:q} --system {params.system:q}"
        " --point {wildcards.point:q} --latent-dims {params.latent_dims:q} {params.box:q}"
        " --seed {params.seed:q} --table {output.table:q} --spectra {output.spectra:q}"
        " --output {output.metrics:q} > {log:q} 2>&1"


rule compare_replicas:
    input:
        code=code("compare_replicas.py"),
        samples="<results>/samples/{system}/{point}.parquet",
        models=lambda wildcards: [
            f"<results>/models/{wildcards.system}/{wildcards.point}/{model}.pt"
            for model in replicas_of(wildcards.system)
        ],
        records=lambda wildcards: [
            f"<results>/models/{wildcards.system}/{wildcards.point}/{model}.json"
            for model in replicas_of(wildcards.system)
        ],
    output:
        table="<results>/degeneracy/{system}/{point}.csv",
        metrics="<results>/degeneracy/{system}/{point}.json",
    log:
        "<logs>/degeneracy/{system}/{point}.log",
    benchmark:
        "<benchmarks>/degeneracy/{system}/{point}.tsv"
    wildcard_constraints:
        system="|".join(DECODED),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        library=library("compare_replicas.py"),
        names=lambda wildcards: list(replicas_of(wildcards.system)),
        kind=lambda wildcards: SOURCES[wildcards.system]["patterns"],
        n_test=config["evaluation"]["n_test"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {wildcards.system:q} --point {wildcards.point:q}"
        " --names {params.names:q} --models {input.models:q} --samples {input.samples:q}"
        " --patterns {params.kind:q} --n-test {params.n_test:q} --seed {params.seed:q}"
        " --table {output.table:q} --output {output.metrics:q} > {log:q} 2>&1"
