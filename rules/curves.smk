# Curves for figures: what theory says between the points of the grid, and how training went.
rule exact_curves:
    output:
        output="<results>/statistics/{system}/curves.csv",
    log:
        "<logs>/statistics/{system}/curves.log",
    benchmark:
        "<benchmarks>/statistics/{system}/curves.tsv"
    wildcard_constraints:
        system=any_of(plan.systems),
    conda:
        "../envs/science.yaml"
    params:
        **program("tables/exact_curves.py", grid=of_system(plan.grid_options)),
    message:
        "Compute exact curves of {wildcards.system} (log: {log})"
    shell:
        RUN


rule training_curves:
    input:
        records=of_system(files.of_most_trained, "<results>/models/{system}/{path}.json"),
        capacity=of_system(files.of_most_trained, "<results>/capacity/{system}/{path}.json"),
    output:
        output="<results>/statistics/{system}/training.csv",
    log:
        "<logs>/statistics/{system}/training.log",
    benchmark:
        "<benchmarks>/statistics/{system}/training.tsv"
    wildcard_constraints:
        system=any_of(plan.systems),
    conda:
        "../envs/science.yaml"
    params:
        **program("tables/training_curves.py", models=of_system(plan.most_trained)),
    message:
        "Tabulate how trainings on {wildcards.system} went (log: {log})"
    shell:
        RUN
