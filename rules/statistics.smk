# The law of an order parameter in a model's own draws beside the data and the exact one.
rule order_parameter_law:
    input:
        **trained("{system}/{point}/{name}"),
        samples="<results>/samples/{system}/{point}.parquet",
    output:
        output="<results>/statistics/{system}/{point}/{name}.law.csv",
    log:
        "<logs>/statistics/{system}/{point}/{name}.law.log",
    benchmark:
        "<benchmarks>/statistics/{system}/{point}/{name}.law.tsv"
    wildcard_constraints:
        system=any_of(plan.counted),
    conda:
        "../envs/torch.yaml"
    params:
        **program("measure/law.py", n_generated=N_GENERATED),
    message:
        "Count the order parameter in draws of {wildcards.name}, {wildcards.system} at {wildcards.point}"
        " (log: {log})"
    shell:
        RUN
