# What every kind of figure is drawn from.


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
