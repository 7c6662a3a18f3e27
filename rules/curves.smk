# Curves for figures: what theory says between the points of the grid, and how training went.
rule exact_curves:
    output:
        output="<results>/statistics/{system}/curves.csv",
    log:
        "<logs>/statistics/{system}/curves.log",
    benchmark:
        "<benchmarks>/statistics/{system}/curves.tsv"
    wildcard_constraints:
        system="|".join(SYSTEMS),
    conda:
        "../envs/science.yaml"
    params:
        **program("tables/exact_curves.py", grid=grid_of),
    message:
        "Compute exact curves of {wildcards.system} (log: {log})"
    shell:
        RUN


rule training_curves:
    input:
        records=per_path("<results>/models/{system}/{path}.json", most_trained),
        capacity=per_path("<results>/capacity/{system}/{path}.json", most_trained),
    output:
        output="<results>/statistics/{system}/training.csv",
    log:
        "<logs>/statistics/{system}/training.log",
    benchmark:
        "<benchmarks>/statistics/{system}/training.tsv"
    wildcard_constraints:
        system="|".join(SYSTEMS),
    conda:
        "../envs/science.yaml"
    params:
        **program("tables/training_curves.py", models=per_path("{path}", most_trained)),
    message:
        "Tabulate how trainings on {wildcards.system} went (log: {log})"
    shell:
        RUN
