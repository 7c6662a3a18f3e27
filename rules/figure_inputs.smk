# What figures are drawn from, of one data set and of several together.

FINE_LATENT_DIM = 2  # beyond, a lattice finer than steep decoders has too many nodes


def law_tables(system):
    """Laws at the first value of every parameter and the lowest, transition's and highest temperature."""
    grid, at = GRIDS[system], system_class(system).temperature_name()
    values = sorted(grid[at])
    near = [known.value for known in system_class(system).transitions.values() if known.parameter == at]
    middle = near[0] if near else values[len(values) // 2]
    shown = {values[0], min(values, key=lambda value: abs(value - middle)), values[-1]}
    first = {name: [values[0]] for name, values in grid.items()}
    points = [spell(point) for point in grid_points({**first, at: sorted(shown)})]
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
    """POINT/MODEL of those at one point: of the points with the most ledgers the last but one."""
    paths = with_ledger(system)
    counts = Counter(path.rpartition("/")[0] for path in paths)
    most = [point for point in counts if counts[point] == max(counts.values())]
    shown = most[max(0, len(most) - 2)]
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


def of_theory(name):
    return lambda dataset: [f"<results>/theory/{dataset}/{FIRST[dataset]}/{name}"]


def of_first_model(pattern):
    return lambda dataset: per_model(pattern, dataset)[:1]


def one_file(pattern):
    return lambda dataset: [pattern.format(system=dataset)]


def joined_by(kind):
    """The systems that a figure joins: the first of every sort that it needs, or all."""
    sorts = FIGURES[kind].joins
    return [systems_that_are(sort, running(SYSTEMS))[0] for sort in sorts] if sorts else running(SYSTEMS)


# What a figure may need, by name: its paths for one data set.
NEEDS = {
    "laws": law_tables,
    "facts": lambda s: per_point("<results>/samples/{system}/{point}.json", s),
    "statistics": lambda s: per_model("<results>/statistics/{system}/{path}.json", s),
    "curves": one_file("<results>/statistics/{system}/curves.csv"),
    "training": one_file("<results>/statistics/{system}/training.csv"),
    "information": lambda s: per_point("<results>/information/{system}/{point}.json", s),
    "capacity": lambda s: per_model("<results>/capacity/{system}/{path}.json", s),
    "comparison": one_file("<results>/decoded/{system}/comparison.json"),
    "spectra": one_file("<results>/decoded/{system}/spectra.csv"),
    "patterns": one_file("<results>/decoded/{system}/patterns.csv"),
    "overlaps": one_file("<results>/decoded/{system}/overlaps.csv"),
    "ledgers": one_file("<results>/free_energy/{system}/training.csv"),
    "free_energies": free_energies,
    "exact_free_energy": one_file("<results>/free_energy/{system}/exact.csv"),
    "population": lambda s: population_tables(
        s, FIRST[s], ["data", *DATASETS[s]["population"]["shown"]]
    ),
    "models": one_file("<results>/statistics/{system}/comparison.csv"),
    "dimension": one_file("<results>/statistics/{system}/dimension.csv"),
    "price": one_file("<results>/statistics/{system}/price.csv"),
    "surface": of_theory("surface.csv"),
    "heat_capacity": of_theory("heat_capacity.csv"),
    "latent_plane": of_first_model("<results>/latents/{system}/{path}.plane.csv"),
    "latent_raster": of_first_model("<results>/latents/{system}/{path}.raster.csv"),
    "stored_patterns": of_first_model("<results>/decoded/{system}/{path}.patterns.csv"),
    "lacking": lambda s: [f"<results>/verdict/{s}/{FIRST[s]}/{largest_judged(s)}.lacking.csv"],
    "groups": one_file("<results>/groups/{system}_groups.csv"),
}
# The same of what joins data sets.
JOINED_NEEDS = {
    "atlas": lambda: ["<results>/atlas.csv"],
    "scaling": scaling_tables,
    "recovery": lambda: recovery_files("csv"),
    "degeneracy": lambda: degeneracy_files("csv"),
    "box_spectra": lambda: degeneracy_files("spectra.csv"),
    "well_spectra": lambda: degeneracy_files("well_spectra.csv"),
    "replicas": lambda: [f"<results>/degeneracy/{path}.csv" for path in replicated_at()],
}


def figure_inputs(dataset, kind):
    """Everything that a figure is drawn from."""
    paths = []
    for need in FIGURES[kind].needs:
        if dataset != "all":
            paths += NEEDS[need](dataset)
        elif need in JOINED_NEEDS:
            paths += JOINED_NEEDS[need]()
        else:
            paths += [path for system in joined_by(kind) for path in NEEDS[need](system)]
    return paths


def figure_quantities(dataset, kind):
    """Of the metrics and curves that are input, those that are shown; none: all."""
    figure, systems = FIGURES[kind], running(SYSTEMS) if dataset == "all" else [dataset]
    shown = list(figure.quantities)
    if kind == "observables":
        shown += SYSTEMS[dataset]["observables"]
    if figure.transitions:
        shown += [name for system in systems for name in system_class(system).transitions]
    return list(dict.fromkeys(shown))
