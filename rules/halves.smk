# Halves of the recording's repeats (cut by cut_group), in each of which models are trained: are their
# patterns the same?
IN_HALVES = [(point, model) for point in HALF_POINTS for model in config["halves"]["models"]]


rule compare_halves:
    input:
        **all_trained(f"{HALVES}/{point}/{model}" for point, model in IN_HALVES),
    output:
        table="<results>/halves.csv",
        output="<results>/halves.json",
    log:
        "<logs>/halves.log",
    benchmark:
        "<benchmarks>/halves.tsv"
    conda:
        "../envs/torch.yaml"
    params:
        **program(
            "compare/halves.py",
            system=HALVES,
            points=[point for point, _ in IN_HALVES],
            names=[model for _, model in IN_HALVES],
        ),
    message:
        f"Compare patterns between {HALVES} (log: {{log}})"
    shell:
        RUN
