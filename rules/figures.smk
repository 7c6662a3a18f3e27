# Every figure is a table (CSV) and its drawing (PDF, PNG), named SYSTEM_KIND. The configuration lists the
# kinds drawn of each system; a new kind is one entry in figure_inputs.smk and one
# file in mfvae/plotting/.
rule figures:
    input:
        [
            f"<results>/figures/{source}_{kind}.pdf"
            for source in SOURCES
            for kind in SOURCES[source]["figures"]
        ],


rule draw_figure:
    input:
        code=code("draw_figure.py"),
        tables=lambda wildcards: FIGURE_INPUTS[wildcards.kind](wildcards.system),
    output:
        table="<results>/figures/{system}_{kind}.csv",
        pdf="<results>/figures/{system}_{kind}.pdf",
        png="<results>/figures/{system}_{kind}.png",
    log:
        "<logs>/figures/{system}_{kind}.log",
    benchmark:
        "<benchmarks>/figures/{system}_{kind}.tsv"
    wildcard_constraints:
        kind="|".join(FIGURE_INPUTS),
    conda:
        "../envs/plotting.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        quantities=lambda wildcards: FIGURE_QUANTITIES.get(wildcards.kind, []),
        prefix=subpath(output.pdf, strip_suffix=".pdf"),
    shell:
        "python {input.code[0]} --kind {wildcards.kind} --inputs {input.tables}"
        " --quantities {params.quantities} --prefix {params.prefix} > {log} 2>&1"
