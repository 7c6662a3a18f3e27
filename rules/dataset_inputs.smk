# What the rules of data sets in files need: where files are and how they are read, and which models and
# tables belong to a data set, to its theory and to what is cut from it.
PLACES = {name: places_of(name, block) for name, block in DATASETS.items()}


READING = ("site", "values", "threshold", "bin_s", "clip", "missing")


PLACES_OF_DRAWS = {name: places_of_draws(name, block) for name, block in DATASETS.items()}


def path_of(name, place):
    """Where a file of a data set is read."""
    return f"<results>/raw/{name}/{place.name}" if place.is_copied else place.local


def files_of(name):
    """What a data set is read from."""
    return [path_of(name, place) for place in PLACES[name]]


def place_of(wildcards):
    """The file that is brought."""
    of_data, of_draws = PLACES[wildcards.system], PLACES_OF_DRAWS[wildcards.system]
    return next(place for place in (*of_data, *of_draws.values()) if place.name == wildcards.file)


def said_in(block):
    """What is said in a block of settings, and nothing else."""
    return {key: value for key, value in (block or {}).items() if value is not None}


def reading_of(name):
    """Options of how a file is read: what the configuration says, and nothing else."""
    block = DATASETS[name]
    said = {key: block[key] for key in READING if block.get(key) is not None}
    said |= said_in(block.get("reader"))
    options = {key: block[key] for key in ("constant_sites", "holdout", "validation") if block.get(key)}
    return {
        **options,
        "parts": [place.part for place in PLACES[name] if place.part],
        "reading": json.dumps(said, ensure_ascii=False),
    }


def of_first_point(pattern, *kinds):
    """A function of wildcards: paths of a pattern with {system}, {point} and {name} at the first point.

    For every VAE, every baseline, or both, in this order.
    """
    names = {"models": first_models, "baselines": baselines_of}

    def filled(wildcards):
        data = wildcards.system
        return [
            pattern.format(system=data, point=FIRST[data], name=name)
            for kind in kinds
            for name in names[kind](data)
        ]

    return filled


def independent_of(name):
    """Which baseline of a data set has independent sites; None where none has."""
    laws = baselines_of(name)
    return next((law for law in laws if laws[law]["kind"] == "independent"), None)


def theory_of(wildcards):
    """Settings of a data set's theory."""
    return DATASETS[wildcards.system]["theory"]


def model_of_theory(wildcards):
    """The model that it is read from."""
    return trained("{system}/{point}/{name}".format(**wildcards, name=theory_of(wildcards)["model"]))


def in_theory(name, part=None):
    """A setting of a theory, or of a part of it, as a function of a job's wildcards."""

    def setting(wildcards):
        theory = theory_of(wildcards)
        return (theory[part] if part else theory)[name]

    return setting


def trained_in(points):
    """A function of wildcards: what all models of a study are that are trained at these points."""

    def found(wildcards):
        at, models = points(wildcards), CUT[wildcards.system]["models"]
        return all_trained(f"{wildcards.system}/{point}/{name}" for point in at for name in models)

    return found


def in_halves(wildcards):
    """POINT, MODEL of every model that is trained in a half."""
    return [(point, model) for point in HALF_POINTS for model in CUT[wildcards.system]["models"]]


def units_of(dataset):
    """What a data set calls its sites and rows, where it says so."""
    return SOURCES.get(dataset, {}).get("units") or {}


def laws_on(name):
    """VAEs and baselines of a data set at the first point, by name: each is scored on the same rows."""
    return [*first_models(name), *baselines_of(name)]


def scored_at_first(name, suffix=".repeats.csv"):
    """What was measured of each of them."""
    at = f"{name}/{FIRST[name]}"
    return [f"<results>/capacity/{at}/{model}{suffix}" for model in first_models(name)] + [
        f"<results>/baselines/{at}/{law}{suffix}" for law in baselines_of(name)
    ]


def in_atlas():
    """Data sets that run, on whose models there is a verdict, with a law of independent sites."""
    return [name for name in running(DATASETS) if judged_on(name) and independent_of(name)]


def judged_on(name):
    """Models of a data set on which there is a verdict: those named, or all of free fields that were
    trained exactly; the first where there is none. Of replicas the first is judged."""
    block = DATASETS[name].get("verdict")
    if block is None:
        return []
    own = {model: models_on(name)[model] for model in first_models(name)}
    own = {model: settings for model, settings in own.items() if settings.get("replica", 1) == 1}
    if block.get("models"):
        return [model for model in block["models"] if model in own]
    free = [
        model
        for model, settings in own.items()
        if settings.get("objective") == "exact" and not settings.get("field_rank")
    ]
    return free or list(own)[:1]


def verdicts(suffix, *names):
    """Files of all verdicts on models of these data sets."""
    return [
        f"<results>/verdict/{name}/{FIRST[name]}/{model}{suffix}"
        for name in names
        for model in judged_on(name)
    ]


def largest_judged(name):
    """The model with the most latents among them."""
    return max(judged_on(name), key=lambda model: models_on(name)[model]["latent_dim"])
