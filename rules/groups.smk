# Random groups of a data set's sites, in which trained models meet the pairwise one.
rule cut_group:
    input:
        samples=lambda wildcards: per_point(
            "<results>/samples/{system}/{point}.parquet", {**GROUPS, **HALVES}[wildcards.system]
        )[0],
    output:
        output="<results>/samples/{system}/{point}.parquet",
    log:
        "<logs>/samples/{system}/{point}.log",
    benchmark:
        "<benchmarks>/samples/{system}/{point}.tsv"
    wildcard_constraints:
        system=any_of(CUT),
    conda:
        "../envs/science.yaml"
    params:
        **program("data/subset.py"),
    message:
        "Cut {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule compare_group:
    input:
        unpack(trained_in(lambda wildcards: [wildcards.point])),
        samples="<results>/samples/{system}/{point}.parquet",
        pairwise="<results>/baselines/{system}/{point}/pairwise.json",
        repeats="<results>/baselines/{system}/{point}/pairwise.repeats.csv",
    output:
        table="<results>/groups/{system}/{point}.csv",
        output="<results>/groups/{system}/{point}.json",
    log:
        "<logs>/groups/{system}/{point}.log",
    benchmark:
        "<benchmarks>/groups/{system}/{point}.tsv"
    wildcard_constraints:
        system=any_of(GROUPS),
    conda:
        "../envs/torch.yaml"
    resources:
        mem_mb=growing(6000),
    params:
        **program(
            "compare/group.py",
            names=lambda wildcards: list(CUT[wildcards.system]["models"]),
            streams=lambda wildcards: [
                stream_in(model) or name for name, model in CUT[wildcards.system]["models"].items()
            ],
        ),
    message:
        "Compare models of {wildcards.system} at {wildcards.point} with the pairwise one (log: {log})"
    shell:
        RUN


rule tabulate_groups:
    input:
        groups=lambda wildcards: [
            f"<results>/groups/{wildcards.system}/{point}.csv"
            for point in group_points(wildcards.system)
        ],
    output:
        table="<results>/groups/{system}.csv",
        output="<results>/groups/{system}.json",
    log:
        "<logs>/groups/{system}.log",
    benchmark:
        "<benchmarks>/groups/{system}.tsv"
    wildcard_constraints:
        system=any_of(GROUPS),
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "tables/groups.py",
            point=lambda wildcards: spell({"neurons": CUT[wildcards.system]["n_neurons"]}),
        ),
    message:
        "Tabulate {wildcards.system} (log: {log})"
    shell:
        RUN
