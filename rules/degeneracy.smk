# How far replicas of a model agree: on clusters of points, of a solvable system, of a data set.
rule draw_clusters:
    output:
        output=f"<results>/samples/{CLUSTERS}/{{point}}.parquet",
    log:
        f"<logs>/samples/{CLUSTERS}/{{point}}.log",
    benchmark:
        f"<benchmarks>/samples/{CLUSTERS}/{{point}}.tsv"
    conda:
        "../envs/torch.yaml"
    params:
        **program(
            "studies/clusters.py",
            system=CLUSTERS,
            n_samples=config["degeneracy"]["n_samples"],
            settings=config["degeneracy"]["features"],
        ),
    message:
        f"Draw {CLUSTERS} at {{wildcards.point}} (log: {{log}})"
    shell:
        RUN


rule train_replicas:
    input:
        samples=f"<results>/samples/{CLUSTERS}/{{point}}.parquet",
    output:
        output=f"<results>/models/{CLUSTERS}/{{point}}.npz",
    log:
        f"<logs>/models/{CLUSTERS}/{{point}}.log",
    benchmark:
        f"<benchmarks>/models/{CLUSTERS}/{{point}}.tsv"
    conda:
        "../envs/torch.yaml"
    params:
        **program(
            "studies/replicas.py",
            system=CLUSTERS,
            latent_dims=config["degeneracy"]["latent_dim"],
            widths=config["degeneracy"]["widths"],
            replicas=config["degeneracy"]["number"],
            settings=config["degeneracy"]["training"],
        ),
    message:
        f"Train replicas on {CLUSTERS} at {{wildcards.point}} (log: {{log}})"
    shell:
        RUN


rule measure_degeneracy:
    input:
        replicas=f"<results>/models/{CLUSTERS}/{{point}}.npz",
    output:
        table=f"<results>/degeneracy/{CLUSTERS}/{{point}}.csv",
        spectra=f"<results>/degeneracy/{CLUSTERS}/{{point}}.spectra.csv",
        output=f"<results>/degeneracy/{CLUSTERS}/{{point}}.json",
    log:
        f"<logs>/degeneracy/{CLUSTERS}/{{point}}.log",
    benchmark:
        f"<benchmarks>/degeneracy/{CLUSTERS}/{{point}}.tsv"
    conda:
        "../envs/torch.yaml"
    params:
        **program(
            "studies/box_energies.py",
            system=CLUSTERS,
            latent_dims=config["degeneracy"]["latent_dim"],
            settings=config["degeneracy"]["box"],
        ),
    message:
        f"Measure how replicas agree on {CLUSTERS} at {{wildcards.point}} (log: {{log}})"
    shell:
        RUN


rule measure_wells:
    input:
        replicas=f"<results>/models/{CLUSTERS}/{{point}}.npz",
    output:
        table=f"<results>/degeneracy/{CLUSTERS}/{{point}}.wells.csv",
        spectra=f"<results>/degeneracy/{CLUSTERS}/{{point}}.well_spectra.csv",
        output=f"<results>/degeneracy/{CLUSTERS}/{{point}}.wells.json",
    log:
        f"<logs>/degeneracy/{CLUSTERS}/{{point}}.wells.log",
    benchmark:
        f"<benchmarks>/degeneracy/{CLUSTERS}/{{point}}.wells.tsv"
    conda:
        "../envs/torch.yaml"
    params:
        **program(
            "studies/wells.py",
            system=CLUSTERS,
            latent_dims=config["degeneracy"]["latent_dim"],
        ),
    message:
        f"Count wells of latent spaces on {CLUSTERS} at {{wildcards.point}} (log: {{log}})"
    shell:
        RUN


rule compare_replicas:
    input:
        unpack(of_job(files.replicas)),
        samples="<results>/samples/{system}/{point}.parquet",
    output:
        table="<results>/degeneracy/{system}/{point}.csv",
        output="<results>/degeneracy/{system}/{point}.json",
    log:
        "<logs>/degeneracy/{system}/{point}.log",
    benchmark:
        "<benchmarks>/degeneracy/{system}/{point}.tsv"
    wildcard_constraints:
        system=any_of(plan.decoded),
    conda:
        "../envs/torch.yaml"
    resources:
        mem_mb=growing(4000),
    params:
        **program(
            "compare/replicas.py",
            names=of_system(lambda name: list(plan.replicas_of(name))),
            patterns=of_system(plan.patterns_of),
            n_test=N_TEST,
        ),
    message:
        "Compare replicas on {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN
