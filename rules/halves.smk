# Halves of a data set's repeats (cut by cut_group), in each of which models are trained: are their patterns
# the same?


rule compare_halves:
    input:
        unpack(trained_in(lambda _: HALF_POINTS)),
    output:
        table="<results>/halves/{system}.csv",
        output="<results>/halves/{system}.json",
    log:
        "<logs>/halves/{system}.log",
    benchmark:
        "<benchmarks>/halves/{system}.tsv"
    wildcard_constraints:
        system=any_of(HALVES),
    conda:
        "../envs/torch.yaml"
    params:
        **program(
            "compare/halves.py",
            points=lambda wildcards: [point for point, _ in in_halves(wildcards)],
            names=lambda wildcards: [model for _, model in in_halves(wildcards)],
        ),
    message:
        "Compare patterns between {wildcards.system} (log: {log})"
    shell:
        RUN
