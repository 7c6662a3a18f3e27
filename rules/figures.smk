# Every figure is a table (CSV) and its drawing (PDF, PNG), DATASET/KIND, with "all" for what joins data sets.
# The configuration lists the kinds; a new one is a module in mfvae/figures/ and an entry in its index.
from mfvae.figures.vocabulary import SiteWords

TITLES = {name: title_of(name) for name in SOURCES} | {"all": "All systems"}


rule figures:
    input:
        [
            f"<results>/figures/{source}/{kind}.pdf"
            for source in SOURCES
            for kind in SOURCES[source]["figures"]
        ],
        [f"<results>/figures/all/{kind}.pdf" for kind in config["figures"]],
    localrule: True


rule draw_figure:
    input:
        inputs=lambda wildcards: figure_inputs(wildcards.system, wildcards.kind),
    output:
        table="<results>/figures/{system}/{kind}.csv",
        pdf="<results>/figures/{system}/{kind}.pdf",
        png=report(
            "<results>/figures/{system}/{kind}.png",
            caption="../report/figure.rst",
            category=lambda wildcards: TITLES[wildcards.system],
            labels=lambda wildcards: {"figure": wildcards.kind.replace("_", " ")},
        ),
    log:
        "<logs>/figures/{system}/{kind}.log",
    benchmark:
        "<benchmarks>/figures/{system}/{kind}.tsv"
    wildcard_constraints:
        system="|".join([*SOURCES, "all"]),
        kind="|".join(FIGURES),
    conda:
        "../envs/plotting.yaml"
    params:
        **program(
            "figures/draw.py",
            quantities=lambda wildcards: figure_quantities(wildcards.system, wildcards.kind),
            models=lambda wildcards: models_by_dataset(
                *([] if wildcards.system == "all" else [wildcards.system])
            ),
            units=lambda wildcards: json.dumps(units_of(wildcards.system)),
            prefix=lambda _, output: output.pdf.removesuffix(".pdf"),
        ),
        caption=lambda wildcards: FIGURES[wildcards.kind].caption_in(
            SiteWords(**units_of(wildcards.system))
        ),
    message:
        "Draw the figure {wildcards.kind} of {wildcards.system} (log: {log})"
    shell:
        RUN
