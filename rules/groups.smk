# Random groups of the recording's neurons, in which trained models meet the pairwise one.
rule cut_group:
    input:
        samples=f"<results>/samples/{RECORDING}/{FIRST}.parquet",
    output:
        output="<results>/samples/{system}/{point}.parquet",
    log:
        "<logs>/samples/{system}/{point}.log",
    benchmark:
        "<benchmarks>/samples/{system}/{point}.tsv"
    wildcard_constraints:
        system=f"{GROUPS}|{HALVES}",
    conda:
        "../envs/science.yaml"
    params:
        **program("data/subset.py"),
    message:
        f"Cut {{wildcards.system}} at {{wildcards.point}} from {RECORDING} (log: {{log}})"
    shell:
        RUN


rule compare_group:
    input:
        **all_trained(f"{GROUPS}/{{point}}/{name}" for name in config["groups"]["models"]),
        samples=f"<results>/samples/{GROUPS}/{{point}}.parquet",
        pairwise=f"<results>/baselines/{GROUPS}/{{point}}/pairwise.json",
        repeats=f"<results>/baselines/{GROUPS}/{{point}}/pairwise.repeats.csv",
    output:
        table="<results>/groups/{point}.csv",
        output="<results>/groups/{point}.json",
    log:
        "<logs>/groups/{point}.log",
    benchmark:
        "<benchmarks>/groups/{point}.tsv"
    conda:
        "../envs/torch.yaml"
    resources:
        mem_mb=growing(6000),
    params:
        **program(
            "compare/group.py",
            system=GROUPS,
            names=list(config["groups"]["models"]),
            streams=[stream_in(model) or name for name, model in config["groups"]["models"].items()],
        ),
    message:
        f"Compare models of {GROUPS} at {{wildcards.point}} with the pairwise one (log: {{log}})"
    shell:
        RUN


rule tabulate_groups:
    input:
        groups=[f"<results>/groups/{point}.csv" for point in GROUP_POINTS],
    output:
        table="<results>/groups.csv",
        output="<results>/groups.json",
    log:
        "<logs>/groups/all.log",
    benchmark:
        "<benchmarks>/groups/all.tsv"
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "tables/groups.py",
            system=GROUPS,
            point=spell({"neurons": config["groups"]["n_neurons"]}),
        ),
    message:
        f"Tabulate {GROUPS} (log: {{log}})"
    shell:
        RUN
