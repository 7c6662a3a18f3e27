# Every figure is a table (CSV) and its drawing (PDF, PNG), DATASET/KIND, with "all" for what joins data sets.
# The configuration lists the kinds; a new one is a module in mfvae/figures/ and an entry in its index.
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
        code=code("draw_figure.py"),
        tables=lambda wildcards: figure_inputs(wildcards.system, wildcards.kind),
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
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        library=library("draw_figure.py"),
        quantities=lambda wildcards: figure_quantities(wildcards.system, wildcards.kind),
        caption=lambda wildcards: FIGURES[wildcards.kind].caption,
        prefix=subpath(output.pdf, strip_suffix=".pdf"),
        models=lambda wildcards: models_by_dataset(
            *([] if wildcards.system == "all" else [wildcards.system])
        ),
    shell:
        f"{PYTHON} "
        "{input.code:q} --kind {wildcards.kind:q} --inputs {input.tables:q}"
        " --dataset {wildcards.system:q} --models {params.models:q}"
        " --quantities {params.quantities:q} --prefix {params.prefix:q} > {log:q} 2>&1"
