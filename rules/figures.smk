# Every figure is a table (CSV) and its drawing (PDF, PNG), DATASET/KIND, with "all" for what joins data sets.
# The configuration lists the kinds; a new one is a module in mfvae/figures/ and an entry in its index.
rule figures:
    input:
        files.figures_of_all(),
    localrule: True


rule draw_figure:
    input:
        inputs=of_job(figure_inputs.of),
    output:
        table="<results>/figures/{system}/{kind}.csv",
        pdf="<results>/figures/{system}/{kind}.pdf",
        png=report(
            "<results>/figures/{system}/{kind}.png",
            caption="../report/figure.rst",
            category=of_system(plan.title_of),
            labels=lambda wildcards: {"figure": wildcards.kind.replace("_", " ")},
        ),
    log:
        "<logs>/figures/{system}/{kind}.log",
    benchmark:
        "<benchmarks>/figures/{system}/{kind}.tsv"
    wildcard_constraints:
        system=any_of([*plan.sources, "all"]),
        kind=any_of(FIGURES),
    conda:
        "../envs/plotting.yaml"
    params:
        **program(
            "figures/draw.py",
            quantities=of_job(figure_inputs.quantities),
            models=of_system(plan.models_by_dataset),
            units=of_system(lambda name: json.dumps(plan.units_of(name))),
            prefix=lambda _, output: output.pdf.removesuffix(".pdf"),
        ),
        caption=lambda wildcards: FIGURES[wildcards.kind].caption_in(
            SiteWords(**plan.units_of(wildcards.system))
        ),
    message:
        "Draw the figure {wildcards.kind} of {wildcards.system} (log: {log})"
    shell:
        RUN
