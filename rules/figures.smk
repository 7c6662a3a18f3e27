# Every figure is a table (CSV) and its drawing (PDF, PNG), named SYSTEM_KIND. The configuration lists the
# kinds drawn of each system; a new kind is one entry here and one file in mfvae/plotting/.


def law_tables(system):
    """Laws at the first value of every parameter and the lowest, middle and highest β."""
    grid = GRIDS[system]
    betas = sorted(grid["beta"])
    shown = {betas[0], min(betas, key=lambda beta: abs(beta - 1)), betas[-1]}
    first = {name: [values[0]] for name, values in grid.items()}
    points = [spell(point) for point in grid_points({**first, "beta": sorted(shown)})]
    model = next(iter(SYSTEMS[system]["models"]))
    return [f"<results>/statistics/{system}/{point}/{model}.law.csv" for point in points]


def capacity_metrics(system):
    facts = [f"<results>/samples/{system}/{point}.json" for point in POINTS[system]]
    return facts + per_model("<results>/capacity/{system}/{path}.json", system)


def first_model(pattern):
    return lambda system: per_model(pattern, system)[:1]


FIGURE_INPUTS = {
    "order_parameter_law": law_tables,
    "coupling": lambda system: [f"<results>/decoded/{system}/comparison.json"],
    "capacity": capacity_metrics,
    "singular_spectrum": lambda system: [f"<results>/decoded/{system}/spectra.csv"],
    "patterns": lambda system: [f"<results>/decoded/{system}/patterns.csv"],
    "overlaps": lambda system: [f"<results>/decoded/{system}/overlaps.csv"],
    "count_distribution": first_model("<results>/statistics/{system}/{path}.counts.csv"),
    "correlations": first_model("<results>/statistics/{system}/{path}.correlations.csv"),
    "latent_plane": first_model("<results>/statistics/{system}/{path}.plane.csv"),
    "stored_patterns": first_model("<results>/decoded/{system}/{path}.patterns.csv"),
}
FIGURE_QUANTITIES = {  # of the metrics that are input, those that are shown
    "coupling": ["coupling_from_mean", "coupling_from_spread"],
    "capacity": ["kl_per_site", "rate", "bipartite_mi", "exact_channel_rate"],
}


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
    params:
        quantities=lambda wildcards: FIGURE_QUANTITIES.get(wildcards.kind, []),
        prefix=subpath(output.pdf, strip_suffix=".pdf"),
    wildcard_constraints:
        kind="|".join(FIGURE_INPUTS),
    log:
        "<logs>/figures/{system}_{kind}.log",
    benchmark:
        "<benchmarks>/figures/{system}_{kind}.tsv"
    conda:
        "../envs/plotting.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "python {input.code[0]} --kind {wildcards.kind} --inputs {input.tables}"
        " --quantities {params.quantities} --prefix {params.prefix} > {log} 2>&1"
