# Every figure is a table (CSV) and its drawing (PDF, PNG), named SYSTEM_KIND, with "all" for SYSTEM where it
# joins them. The configuration lists the kinds; a new one is an entry in figure_inputs.smk and a file in
# mfvae/figures/.
TITLES = {name: name.replace("_", " ") for name in SOURCES} | TITLES_OF_SYSTEMS | {"all": "All systems"}


rule figures:
    input:
        [
            f"<results>/figures/{source}_{kind}.pdf"
            for source in SOURCES
            for kind in SOURCES[source]["figures"]
        ],
        [f"<results>/figures/all_{kind}.pdf" for kind in config["figures"]],
    localrule: True


rule draw_figure:
    input:
        inputs=lambda wildcards: FIGURE_INPUTS[wildcards.kind](wildcards.system),
    output:
        table="<results>/figures/{system}_{kind}.csv",
        pdf="<results>/figures/{system}_{kind}.pdf",
        png=report(
            "<results>/figures/{system}_{kind}.png",
            caption="../report/figure.rst",
            category=lambda wildcards: TITLES[wildcards.system],
            labels=lambda wildcards: {"figure": wildcards.kind.replace("_", " ")},
        ),
    log:
        "<logs>/figures/{system}_{kind}.log",
    benchmark:
        "<benchmarks>/figures/{system}_{kind}.tsv"
    wildcard_constraints:
        system="|".join([*SOURCES, "all"]),
        kind="|".join(FIGURE_INPUTS),
    conda:
        "../envs/plotting.yaml"
    params:
        **program(
            "figures/draw.py",
            quantities=lambda wildcards: FIGURE_QUANTITIES.get(wildcards.kind, lambda _: [])(
                wildcards.system
            ),
            prefix=lambda _, output: output.pdf.removesuffix(".pdf"),
        ),
    message:
        "Draw the figure {wildcards.kind} of {wildcards.system} (log: {log})"
    shell:
        RUN
