# Halves of a data set's repeats (cut by cut_group), in each of which models are trained: are their patterns
# the same?


rule compare_halves:
    input:
        unpack(of_system(files.in_halves)),
    output:
        table="<results>/halves/{system}.csv",
        output="<results>/halves/{system}.json",
    log:
        "<logs>/halves/{system}.log",
    benchmark:
        "<benchmarks>/halves/{system}.tsv"
    wildcard_constraints:
        system=any_of(plan.halves),
    conda:
        "../envs/torch.yaml"
    params:
        **program(
            "compare/halves.py",
            points=of_system(lambda name: [point for point, _ in files.half_models(name)]),
            names=of_system(lambda name: [model for _, model in files.half_models(name)]),
        ),
    message:
        "Compare patterns between {wildcards.system} (log: {log})"
    shell:
        RUN
