# What every kind of figure is drawn from, of one system and of all systems together.


def law_tables(system):
    """Laws at the first value of every parameter and the lowest, middle and highest β."""
    grid = GRIDS[system]
    betas = sorted(grid["beta"])
    shown = {betas[0], min(betas, key=lambda beta: abs(beta - 1)), betas[-1]}
    first = {name: [values[0]] for name, values in grid.items()}
    points = [spell(point) for point in grid_points({**first, "beta": sorted(shown)})]
    model = next(iter(SYSTEMS[system]["models"]))
    return [f"<results>/statistics/{system}/{point}/{model}.law.csv" for point in points]


def information_and_capacity(*systems):
    information = per_point("<results>/information/{system}/{point}.json", *systems)
    return information + per_model("<results>/capacity/{system}/{path}.json", *systems)


def exact_curves(*systems):
    return [f"<results>/statistics/{system}/curves.csv" for system in systems]


def observables(system):
    facts = per_point("<results>/samples/{system}/{point}.json", system)
    drawn = per_model("<results>/statistics/{system}/{path}.json", system)
    return [*facts, *drawn, *exact_curves(system)]


def scaling_tables():
    return [
        f"<results>/information/{system}/{point}.json" for system in SCALING for point in SCALING[system]
    ]


def first_model(pattern):
    return lambda system: per_model(pattern, system)[:1]


CROSSING = [name for name in SYSTEMS if name in FIGURES_ACROSS["crossing"]]

FIGURE_INPUTS = {
    "order_parameter_law": law_tables,
    "observables": observables,
    "training_curve": lambda system: [f"<results>/statistics/{system}/training.csv"],
    "coupling": lambda system: [f"<results>/decoded/{system}/comparison.json"],
    "capacity": information_and_capacity,
    "capacity_by_dimension": lambda system: information_and_capacity(system) + exact_curves(system),
    "singular_spectrum": lambda system: [f"<results>/decoded/{system}/spectra.csv"],
    "patterns": lambda system: [f"<results>/decoded/{system}/patterns.csv"],
    "overlaps": lambda system: [f"<results>/decoded/{system}/overlaps.csv"],
    "count_distribution": first_model("<results>/statistics/{system}/{path}.counts.csv"),
    "correlations": first_model("<results>/statistics/{system}/{path}.correlations.csv"),
    "latent_plane": first_model("<results>/statistics/{system}/{path}.plane.csv"),
    "stored_patterns": first_model("<results>/decoded/{system}/{path}.patterns.csv"),
    "bound": lambda _: information_and_capacity(*SYSTEMS),
    "crossing": lambda _: information_and_capacity(*CROSSING) + exact_curves(*CROSSING),
    "scaling": lambda _: scaling_tables(),
}
INFORMATION = ["bipartite_mi_half", "bipartite_mi_checkerboard", "exact_channel_rate"]
TRANSITIONS = ["critical_temperature", "transition_beta"]
FIGURE_QUANTITIES = {  # of the metrics and curves that are input, those that are shown
    "observables": lambda system: [*SYSTEMS[system]["observables"], *TRANSITIONS],
    "coupling": lambda _: ["coupling_from_mean", "coupling_from_spread"],
    "capacity": lambda _: ["kl_per_site", "rate", *INFORMATION],
    "capacity_by_dimension": lambda _: ["kl_per_site", "rate", *INFORMATION, *TRANSITIONS],
    "bound": lambda _: ["elbo_gap", "capacity_deficit"],
    "crossing": lambda _: ["rate", *INFORMATION, *TRANSITIONS],
    "scaling": lambda _: [*INFORMATION, "information_growth"],
}
