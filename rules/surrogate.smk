# A population like the retina's whose generalized Hopfield model is known: what of it is recovered.
rule draw_surrogate:
    output:
        output=f"<results>/samples/{SURROGATE}/{{point}}.parquet",
    log:
        f"<logs>/samples/{SURROGATE}/{{point}}.log",
    benchmark:
        f"<benchmarks>/samples/{SURROGATE}/{{point}}.tsv"
    conda:
        "../envs/science.yaml"
    params:
        **program("data/surrogate.py", system=SURROGATE, n_samples=config["surrogate"]["n_samples"]),
    message:
        f"Draw words of the {SURROGATE} at {{wildcards.point}} (log: {{log}})"
    shell:
        RUN


rule compare_surrogate:
    input:
        **all_trained(f"{SURROGATE}/{plan.surrogate_point}/{m}" for m in config["surrogate"]["models"]),
        samples=f"<results>/samples/{SURROGATE}/{plan.surrogate_point}.parquet",
    output:
        output=f"<results>/{SURROGATE}.json",
    log:
        f"<logs>/{SURROGATE}.log",
    benchmark:
        f"<benchmarks>/{SURROGATE}.tsv"
    conda:
        "../envs/torch.yaml"
    params:
        **program(
            "compare/surrogate.py",
            system=SURROGATE,
            point=plan.surrogate_point,
            names=list(config["surrogate"]["models"]),
            n_test=N_TEST,
        ),
    message:
        f"Compare models of the {SURROGATE} with its truth (log: {{log}})"
    shell:
        RUN
