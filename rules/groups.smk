# Random groups of a data set's sites, in which trained models meet the pairwise one.
rule cut_group:
    input:
        samples=of_system(files.whole_of),
    output:
        output="<results>/samples/{system}/{point}.parquet",
    log:
        "<logs>/samples/{system}/{point}.log",
    benchmark:
        "<benchmarks>/samples/{system}/{point}.tsv"
    wildcard_constraints:
        system=any_of(plan.cut),
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
        unpack(of_job(files.in_group)),
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
        system=any_of(plan.groups),
    conda:
        "../envs/torch.yaml"
    resources:
        mem_mb=growing(6000),
    params:
        **program(
            "compare/group.py",
            names=of_system(lambda name: list(plan.cut[name]["models"])),
            streams=of_system(plan.streams_of),
        ),
    message:
        "Compare models of {wildcards.system} at {wildcards.point} with the pairwise one (log: {log})"
    shell:
        RUN


rule tabulate_groups:
    input:
        groups=of_system(lambda name: files.groups_of(name, "csv")),
    output:
        table="<results>/groups/{system}.csv",
        output="<results>/groups/{system}.json",
    log:
        "<logs>/groups/{system}.log",
    benchmark:
        "<benchmarks>/groups/{system}.tsv"
    wildcard_constraints:
        system=any_of(plan.groups),
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "tables/groups.py",
            point=of_system(lambda name: spell({"neurons": plan.cut[name]["n_neurons"]})),
        ),
    message:
        "Tabulate {wildcards.system} (log: {log})"
    shell:
        RUN
