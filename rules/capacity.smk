# The rate of the latent channel against the bipartite mutual information, exact KL divergences, and what
# a model's own draws look like.
rule measure_model:
    input:
        **trained("{system}/{point}/{name}"),
        samples="<results>/samples/{system}/{point}.parquet",
        information="<results>/information/{system}/{point}.json",
    output:
        output="<results>/capacity/{system}/{point}/{name}.json",
        statistics="<results>/statistics/{system}/{point}/{name}.json",
    log:
        "<logs>/capacity/{system}/{point}/{name}.log",
    benchmark:
        "<benchmarks>/capacity/{system}/{point}/{name}.tsv"
    wildcard_constraints:
        system=any_of(plan.systems),
    conda:
        "../envs/torch.yaml"
    resources:
        mem_mb=growing(6000),
    params:
        **program("measure/capacity.py", n_test=N_TEST, n_generated=N_GENERATED),
    message:
        "Measure {wildcards.name} on {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


use rule measure_model as measure_dataset_capacity with:
    output:
        output="<results>/capacity/{system}/{point}/{name}.json",
        repeats="<results>/capacity/{system}/{point}/{name}.repeats.csv",
    wildcard_constraints:
        system=any_of(plan.datasets),
    params:
        **program("measure/capacity.py", n_test=N_TEST),


rule tabulate_capacity:
    input:
        information=files.per_point(
            "<results>/information/{system}/{point}.json", *plan.running(plan.sources)
        ),
        capacity=files.per_model("<results>/capacity/{system}/{path}.json", *plan.running(plan.sources)),
    output:
        output="<results>/capacity.csv",
        markdown="<results>/capacity.md",
    log:
        "<logs>/capacity/table.log",
    benchmark:
        "<benchmarks>/capacity/table.tsv"
    conda:
        "../envs/science.yaml"
    params:
        **program("tables/capacity.py"),
    message:
        "Tabulate the channels of all models (log: {log})"
    shell:
        RUN
