# What every kind of figure is drawn from, of one system and of all systems together.

FINE_LATENT_DIM = 2  # beyond, a lattice finer than steep decoders has too many nodes
SHOWN_BETA = 1.5  # of ledgers in training: deep enough in the ordered phase for a gap


def law_tables(system):
    """Laws at the first value of every parameter and the lowest, middle and highest β."""
    grid = GRIDS[system]
    betas = sorted(grid["beta"])
    shown = {betas[0], min(betas, key=lambda beta: abs(beta - 1)), betas[-1]}
    first = {name: [values[0]] for name, values in grid.items()}
    points = [spell(point) for point in grid_points({**first, "beta": sorted(shown)})]
    first_of = {}
    for path in models_of(system):
        point, _, model = path.rpartition("/")
        first_of.setdefault(point, model)
    return [
        f"<results>/statistics/{system}/{point}/{first_of[point]}.law.csv"
        for point in points
        if point in first_of
    ]


def information_and_capacity(*systems):
    information = per_point("<results>/information/{system}/{point}.json", *systems)
    return information + per_model("<results>/capacity/{system}/{path}.json", *systems)


def exact_curves(*systems):
    return [f"<results>/statistics/{system}/curves.csv" for system in systems]


def observables(system):
    facts = per_point("<results>/samples/{system}/{point}.json", system)
    drawn = per_model("<results>/statistics/{system}/{path}.json", system)
    return [*facts, *drawn, *exact_curves(system)]


def settings_of(system, path):
    """Of the model at POINT/MODEL."""
    *_, model = path.rpartition("/")
    return SYSTEMS[system]["models"][model]


def with_ledger(system):
    """POINT/MODEL of the models whose trainings recorded a ledger."""
    return [path for path in models_of(system) if settings_of(system, path).get("checkpoints", 0)]


def free_energies(system):
    """Ledgers on fine lattices: of those that recorded one, where lattices can be fine enough."""
    return [
        f"<results>/free_energy/{system}/{path}.json"
        for path in with_ledger(system)
        if settings_of(system, path)["latent_dim"] <= FINE_LATENT_DIM
    ]


def shown_ledgers(system):
    """POINT/MODEL of those at one point: of the points with the most ledgers the β closest to 1.5."""
    paths = with_ledger(system)
    counts = Counter(path.rpartition("/")[0] for path in paths)
    most = [parse_point(point) for point in counts if counts[point] == max(counts.values())]
    shown = spell(min(most, key=lambda point: (abs(point["beta"] - SHOWN_BETA), -point["N"])))
    return [path for path in paths if path.rpartition("/")[0] == shown]


def scaling_tables():
    return [
        f"<results>/information/{system}/{point}.json" for system in SCALING for point in SCALING[system]
    ]


def recovery_files(suffix):
    recovery = config["recovery"]
    if not running(["recovery"]):
        return []
    points = grid_points({"N": [recovery["N"]], "beta": recovery["beta"]})
    return [f"<results>/recovery/{spell(point)}.{suffix}" for point in points]


def degeneracy_files(suffix):
    if not running(["degeneracy"]):
        return []
    return [f"<results>/degeneracy/{CLUSTERS}/{point}.{suffix}" for point in CLUSTER_POINTS]


def first_model(pattern):
    return lambda system: per_model(pattern, system)[:1]


def shown_populations(_):
    return population_tables(FIRST, ["data", *config["recording"]["population"]["shown"]])


POPULATION_FIGURES = {  # kind → what it shows of the statistics
    "count_law": "count_probability",
    "pair_correlations": "correlation",
    "triplets": "triplet_covariance",
    "zipf": "word_frequency",
    "covariance_spectrum": "covariance_eigenvalue",
}


def theory_tables(name):
    return lambda system: [f"<results>/theory/{system}/{FIRST}/{name}"]


CROSSING = [name for name in SYSTEMS if name in FIGURES_ACROSS["crossing"].systems]

FIGURE_INPUTS = {
    "order_parameter_law": law_tables,
    "observables": observables,
    "training_curve": lambda system: [f"<results>/statistics/{system}/training.csv"],
    "coupling": lambda system: [f"<results>/decoded/{system}/comparison.json"],
    "field": lambda system: [f"<results>/decoded/{system}/comparison.json"],
    "gap": lambda system: [
        *per_model("<results>/capacity/{system}/{path}.json", system),
        f"<results>/decoded/{system}/comparison.json",
    ],
    "ledger": lambda system: [f"<results>/free_energy/{system}/training.csv"],
    "thermodynamics": lambda system: [
        *free_energies(system),
        f"<results>/free_energy/{system}/exact.csv",
    ],
    "capacity": information_and_capacity,
    "capacity_by_dimension": lambda system: information_and_capacity(system) + exact_curves(system),
    "singular_spectrum": lambda system: [f"<results>/decoded/{system}/spectra.csv"],
    "patterns": lambda system: [f"<results>/decoded/{system}/patterns.csv"],
    "overlaps": lambda system: [f"<results>/decoded/{system}/overlaps.csv"],
    **dict.fromkeys(POPULATION_FIGURES, shown_populations),
    "model_comparison": lambda system: [f"<results>/statistics/{system}/comparison.csv"],
    "latent_dimension": lambda system: [f"<results>/statistics/{system}/dimension.csv"],
    "price_of_theory": lambda system: [f"<results>/statistics/{system}/price.csv"],
    "potential_surface": theory_tables("surface.csv"),
    "group_comparison": lambda _: ["<results>/groups.csv"],
    "heat_capacity": theory_tables("heat_capacity.csv"),
    "latent_plane": first_model("<results>/latents/{system}/{path}.plane.csv"),
    "latent_raster": first_model("<results>/latents/{system}/{path}.raster.csv"),
    "stored_patterns": first_model("<results>/decoded/{system}/{path}.patterns.csv"),
    "bound": lambda _: information_and_capacity(*running(SYSTEMS)),
    "crossing": lambda _: information_and_capacity(*CROSSING) + exact_curves(*CROSSING),
    "scaling": lambda _: scaling_tables(),
    "recovery": lambda _: recovery_files("csv"),
    "degeneracy": lambda _: degeneracy_files("csv"),
    "box_spectrum": lambda _: degeneracy_files("spectra.csv"),
    "replicas": lambda _: [f"<results>/degeneracy/{path}.csv" for path in replicated_at()],
}
INFORMATION = ["bipartite_mi_half", "bipartite_mi_checkerboard", "exact_channel_rate"]
TRANSITIONS = ["critical_temperature", "transition_beta"]
COUPLINGS = ["coupling_from_mean", "coupling_from_spread", "coupling_from_potential"]
THERMODYNAMICS = [
    "ledger_helmholtz",
    "ledger_energy",
    "ledger_entropy",
    "posterior_energy",
    "posterior_entropy",
]
FIGURE_QUANTITIES = {  # of the metrics and curves that are input, those that are shown
    "observables": lambda system: [*SYSTEMS[system]["observables"], *TRANSITIONS],
    "coupling": lambda _: COUPLINGS,
    "field": lambda _: ["field_from_mean"],
    "gap": lambda _: ["variational_gap", "kl", *COUPLINGS[:2]],
    "thermodynamics": lambda _: THERMODYNAMICS,
    "capacity": lambda _: ["kl_per_site", "rate", *INFORMATION],
    "capacity_by_dimension": lambda _: ["kl_per_site", "rate", *INFORMATION, *TRANSITIONS],
    "bound": lambda _: ["elbo_gap", "capacity_deficit"],
    "crossing": lambda _: ["rate", *INFORMATION, *TRANSITIONS],
    "scaling": lambda _: [*INFORMATION, "information_growth"],
    **{kind: lambda _, shown=shown: [shown] for kind, shown in POPULATION_FIGURES.items()},
}
