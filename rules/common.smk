# What every stage shares: the checked configuration, points of all grids, what a script's code is.
import json
import shlex
import sys
from collections import Counter

from snakemake.common.configfile import load_configfile
from snakemake.settings.types import DeploymentMethod
from snakemake.utils import update_config

sys.path.insert(0, str(FOLDER))

from mfvae.workflow.command_line import command_line, options_of
from mfvae.workflow.files.source_digest import INDEX, digest_of, modules_of
from mfvae.workflow.settings.figures import systems_that_are
from mfvae.errors import InputError
from mfvae.workflow.settings.folders import check_name
from mfvae.workflow.metrics import read_metrics
from mfvae.workflow.settings.points import grid_points, spell
from mfvae.workflow.settings.points import parse as parse_point
from mfvae.workflow.files.provenance import (
    COMMIT_VARIABLE,
    CONFIGURATION_VARIABLE,
    commit_of,
    configuration_digest,
    recorded_beside,
)
from mfvae.workflow.settings.replica_names import REPLICATED, replicated
from mfvae.workflow.reproduce.against_expected import headline_table
from mfvae.workflow.selection import Selection
from mfvae.data.holdout import train_size
from mfvae.workflow.settings.settle import settle
from mfvae.workflow.settings.strict_yaml import check_yaml
from mfvae.workflow.settings.systems import parameters_of
from mfvae.figures import FIGURES
from mfvae.registry import EXTENSIONS_VARIABLE
from mfvae.sites import SITE_FAMILIES
from mfvae.systems import SYSTEMS as KNOWN_SYSTEMS
from mfvae.systems import system_class


def in_shell(*words):
    """Words of a command in which Snakemake finds no fields."""
    return " ".join(words).replace("{", "{{").replace("}", "}}")


if IS_MODULE:  # whose caller's configuration, like a file on the command line, lies over the default one
    default = load_configfile(ROOT / "config" / "config.yaml")
    update_config(default, config)
    config = default
    workflow.register_pathvars(**config["pathvars"])

# Systems, site families and figures of the user's own, which all jobs find as this process does.
if config.get("extensions"):
    given = os.environ.get(EXTENSIONS_VARIABLE, "").split(os.pathsep)
    files = [os.path.abspath(str(name)) for name in config["extensions"]]
    os.environ[EXTENSIONS_VARIABLE] = os.pathsep.join(dict.fromkeys([*filter(None, given), *files]))

# From here on ``config`` is what the rules use; outputs record the digest of what was given.
GIVEN = config
try:
    if not IS_MODULE:
        for file in workflow.configfiles:
            check_yaml(Path(file))
    check_name("folder of the workflow", str(ROOT))
    if os.pathsep in str(FOLDER):
        allowed = f"a folder without {os.pathsep!r} is needed, which separates those where Python looks"
        raise InputError("folder of the workflow", str(FOLDER), allowed)
    config = settle(GIVEN, lambda name: workflow.pathvars.apply(f"<{name}>"))
except InputError as error:
    raise WorkflowError(f"Bad configuration: {error}") from None

# What every output says of itself; on a cluster the jobs inherit the commit from the run that sent them.
CONFIGURATION = configuration_digest(GIVEN)
os.environ.setdefault(COMMIT_VARIABLE, commit_of(ROOT))

# Scripts find the library wherever the workflow lies; without conda they run on Snakemake's own Python. A
# module leaves the caller's jobs alone: its own commands carry what the prefix says for all of a workflow.
ENVIRONMENT = {CONFIGURATION_VARIABLE: CONFIGURATION, "PYTHONPATH": str(FOLDER)}
if EXTENSIONS_VARIABLE in os.environ:
    ENVIRONMENT[EXTENSIONS_VARIABLE] = os.environ[EXTENSIONS_VARIABLE]
IN_CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
PYTHON = "python"
if IS_MODULE:
    words = [*(f"{name}={shlex.quote(value)}" for name, value in ENVIRONMENT.items())]
    PYTHON = in_shell(*words, "python" if IN_CONDA else shlex.quote(sys.executable))
else:
    words = [f"export {name}={shlex.quote(value)};" for name, value in ENVIRONMENT.items()]
    if not IN_CONDA:
        words.append(f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH;")
    shell.prefix(in_shell("set -euo pipefail;", *words, ""))

SEED = config["seed"]
SYSTEMS = config["systems"]
RECORDING = config["recording"]["name"]
BASELINES = config["recording"]["baselines"]
SOURCES = {**SYSTEMS, RECORDING: config["recording"]}
PARAMETERS = {RECORDING: ("repeats",)} | {name: parameters_of(name) for name in SYSTEMS}
GRIDS = {name: {key: SOURCES[name]["grid"][key] for key in PARAMETERS[name]} for name in SOURCES}
MEAN_FIELD = systems_that_are("mean field", SYSTEMS)
COUNTED = systems_that_are("order parameter law", SYSTEMS)
DECODED = [*MEAN_FIELD, RECORDING]
POINTS = {name: [spell(point) for point in grid_points(GRIDS[name])] for name in SOURCES}

GROUPS, HALVES, SURROGATE = f"{RECORDING}_groups", f"{RECORDING}_halves", "surrogate"
GROUP_POINTS = [
    spell({"neurons": config["groups"]["n_neurons"], "group": number + 1})
    for number in range(config["groups"]["number"])
]
HALF_POINTS = [spell({"half": number}) for number in (1, 2)]
SURROGATE_POINT = spell({"N": config["surrogate"]["N"]})
CLUSTERS = "clusters"
HEADLINES = [Selection.of(f"headlines[{n}]", entry) for n, entry in enumerate(config["headlines"])]
OTHER_DATA = {RECORDING: "spin", GROUPS: "spin", HALVES: "spin", SURROGATE: "spin", CLUSTERS: "gaussian"}
FAMILIES = {name: system_class(name).site_family.name for name in SYSTEMS} | OTHER_DATA
CLUSTER_POINTS = [spell({"k": number}) for number in config["degeneracy"]["clusters"]]

SCALING = {
    name: [spell(point) for point in grid_points({key: grid[key] for key in PARAMETERS[name]})]
    for name, grid in config["scaling"].items()
}


wildcard_constraints:
    system="|".join(sorted({*SOURCES, GROUPS, HALVES, SURROGATE})),
    point=r"[A-Za-z]\w*~[-+.e0-9]+(?:/[A-Za-z]\w*~[-+.e0-9]+)*",
    name="[a-z][a-z0-9_]*",


N_TEST, N_GENERATED = config["evaluation"]["n_test"], config["evaluation"]["n_generated"]
RUN = f"{PYTHON} {{params.command:q}} > {{log:q}} 2>&1"  # the shell command of every rule with a script


def title_of(name):
    """What the report calls a data set."""
    return system_class(name).title if name in SYSTEMS else name.replace("_", " ")


def program(script, **settings):
    """Params of a rule with a script, which are a digest of its code, its settings and its command line.

    The options are the settings, outputs, inputs and wildcards of the rule that the script has by their
    names, and the seed. Of settings and code a change reruns the job.
    """
    if "seed" in options_of(FOLDER / "scripts" / script):
        settings["seed"] = SEED
    if "stream" in options_of(FOLDER / "scripts" / script):
        settings["stream"] = stream_of
    command = command_line(ROOT / "scripts" / script, settings)
    return {
        "code": code_of(FOLDER / "scripts" / script, settings.get("system")),
        **settings,
        "command": command,
    }


def code_of(path, system=None):
    """Digest of a script and of the library's code that a job of it uses.

    A change of it reruns the job, a touch or a comment does not; and Snakemake looks at the size of every
    input of every waiting job each time that it selects jobs, which with thirty modules took longer than
    the jobs. Of systems, site families and figures, which scripts find by name, the job's own count; its
    data set is ``system`` where the rule has but one.
    """
    imported = {str(file.parent.relative_to(FOLDER)) for file in modules_of(path) if file.name == INDEX}
    if not imported:
        return digest_of(path, path)

    def digest(wildcards):
        data = system or getattr(wildcards, "system", "all")
        sources = {}
        if "mfvae/systems" in imported:
            names = [data] if data in SYSTEMS else [] if data in OTHER_DATA else SYSTEMS
            sources |= {name: KNOWN_SYSTEMS.source_of(name) for name in names}
        if "mfvae/sites" in imported:
            names = [FAMILIES[data]] if data in FAMILIES else sorted({*FAMILIES.values()})
            sources |= {name: SITE_FAMILIES.source_of(name) for name in names}
        if "mfvae/figures" in imported:
            sources[wildcards.kind] = FIGURES.source_of(wildcards.kind)
        return digest_of(path, path, *sources.values())

    return digest


def growing(amount):
    """A resource that doubles with every attempt: a job killed for memory or time asks for more.

    What rules do not say grows alike, from the amounts in profiles/.
    """
    return lambda wildcards, attempt: amount * 2 ** (attempt - 1)


def per_path(pattern, paths):
    """A function of wildcards: a pattern with {system}, {point} and {path} for every POINT/MODEL.

    ``paths`` gives those of a system.
    """

    def filled(wildcards):
        about = {path: path.rpartition("/")[0] for path in paths(wildcards.system)}
        return [
            pattern.format(system=wildcards.system, point=point, path=path)
            for path, point in about.items()
        ]

    return filled


def trained(path):
    """The input that a model is, at SYSTEM/POINT/NAME: its weights, and the record beside them."""
    return {"model": f"<results>/models/{path}.pt", "record": f"<results>/models/{path}.json"}


def all_trained(paths):
    """The same of several."""
    return {f"{part}s": [trained(path)[part] for path in paths] for part in ("model", "record")}


def models_of(source):
    """POINT/MODEL of everything trained on a source; a model may be for a part of the grid ``only``."""
    return [
        f"{point}/{model}"
        for point in POINTS[source]
        for model, settings in SOURCES[source]["models"].items()
        if in_part(point, settings)
    ]


def in_part(point, settings):
    """Whether a model of these settings is trained at a point."""
    return all(parse_point(point)[name] in values for name, values in settings.get("only", {}).items())


def replicas_of(source):
    """Settings by name of the replicas that are trained to be compared alone."""
    block = SOURCES.get(source, {}).get("replicated")
    return replicated({REPLICATED: block}) if block else {}


def replicated_at():
    """SOURCE/POINT where there are any."""
    return [
        f"{source}/{point}"
        for source in running(SOURCES)
        for point in POINTS[source]
        if replicas_of(source) and in_part(point, SOURCES[source]["replicated"])
    ]


ABOUT_MODELS = {
    "only",
    "replica",
    "replica_of",
    "stream",
    "variant",
}  # settings that are no options of a training


def stream_of(wildcards):
    """What random draws of a model are named by; None: its name."""
    system = getattr(wildcards, "system", RECORDING)
    return stream_in({**models_on(system), **baselines_of(system)}.get(wildcards.name, {}))


def stream_in(settings):
    """What random draws of a model of these settings are named by; None: its name."""
    stream, number = settings.get("stream"), settings.get("replica", 1)
    return stream if stream is None or number == 1 else f"{stream}_r{number}"


def options_in(settings):
    """Of a model's settings those that are options of its training."""
    return {key: value for key, value in settings.items() if key not in ABOUT_MODELS}


def training_of(system, point, name):
    """Settings of a model's architecture and training."""
    return options_in(models_on(system)[name])


def models_on(source):
    """Settings of everything trained on a source, on parts of the recording or on the surrogate."""
    extra = {GROUPS: config["groups"], HALVES: config["halves"], SURROGATE: config["surrogate"]}
    return {**SOURCES, **extra}[source]["models"] | replicas_of(source)


def running(names):
    """Those of the names that run."""
    return [name for name in names if name in config["run"]]


def per_point(pattern, *sources):
    """Paths of a pattern with {system} and {point} for every point of the sources."""
    return [pattern.format(system=source, point=point) for source in sources for point in POINTS[source]]


def per_model(pattern, *sources):
    """Paths of a pattern with {system} and {path} for everything trained on the sources."""
    return [pattern.format(system=source, path=path) for source in sources for path in models_of(source)]


def trained_at(point):
    """Models of the recording at a point."""
    trained = (path.rpartition("/") for path in models_of(RECORDING))
    return [model for where, _, model in trained if where == point]


FIRST = POINTS[RECORDING][0]  # the recording's models are shown at the first number of repeats
VAES = trained_at(FIRST)


def generators(point):
    """Everything fitted to the recording at a point, of which words are compared with its own."""
    return [*BASELINES, *trained_at(point), "hamiltonian"]


BASELINES_OF_GROUPS = {"pairwise": {"kind": "pairwise", "steps": config["groups"]["pairwise_steps"]}}


def baselines_of(system):
    """Settings by name of the other laws fitted to the recording or to groups of its neurons."""
    return BASELINES if system == RECORDING else BASELINES_OF_GROUPS


def kind_of_patterns(wildcards):
    """What is sought in the decoded fields of a system."""
    return SOURCES[wildcards.system]["patterns"]


def grid_of(wildcards):
    """A system's grid as options spell it."""
    grid = GRIDS[wildcards.system].items()
    return [f"{name}={','.join(map(str, values))}" for name, values in grid]


def words_of(name):
    """Words of the recording itself or of what is fitted to it."""
    if name == "data":
        return f"<results>/samples/{RECORDING}/{{point}}.parquet"
    return f"<results>/words/{RECORDING}/{{point}}/{name}.parquet"


def population_tables(point, names):
    """Statistics of the recording or of generators of that name."""
    return [f"<results>/population/{RECORDING}/{point}/{name}.csv" for name in names]


def metrics_of_models(*sources):
    """JSON metrics of everything trained on the sources."""
    systems = [source for source in sources if source in SYSTEMS]
    recorded = [source for source in sources if source == RECORDING]
    return [
        *per_model("<results>/capacity/{system}/{path}.json", *sources),
        *(f"<results>/decoded/{s}/comparison.json" for s in systems if s in MEAN_FIELD),
        *per_model("<results>/decoded/{system}/{path}.metrics.json", *recorded),
        *per_model("<results>/statistics/{system}/{path}.json", *systems),
        *per_point("<results>/population/{system}/{point}.json", *recorded),
    ]


def metrics_of_recording():
    """JSON metrics of the recording's theory and of its baselines."""
    made = {"theory": ("words", "heat_capacity", "attractors"), "baselines": BASELINES}
    return [
        f"<results>/{stage}/{RECORDING}/{point}/{name}.json"
        for stage, names in made.items()
        for point in POINTS[RECORDING]
        for name in names
    ]


def sources_of_replicas():
    """Sources on which any model is trained more than once."""
    return [
        source
        for source in running(SOURCES)
        if any(settings["replica"] > 1 for settings in SOURCES[source]["models"].values())
    ]


def tables_of_all():
    """Tables that join data sets, of those that run: where there are none, there is no table."""
    rows = {
        "capacity": running(SOURCES),
        "objectives": running(MEAN_FIELD),
        "models_of_recording": running([RECORDING]),
        "replicas": sources_of_replicas(),
    }
    return [f"<results>/{table}.csv" for table, row in rows.items() if row]


def most_trained(system):
    """POINT/MODEL at the points where most models are trained: where they are compared."""
    counts = Counter(path.rpartition("/")[0] for path in models_of(system))
    most = max(counts.values())
    return [path for path in models_of(system) if counts[path.rpartition("/")[0]] == most]


SHOWN_OF_MODELS = {"objective", "latent_dim", "field_rank", "replica", "replica_of", "variant"}


def models_by_dataset(*names):
    """JSON for figures and tables: data set → model → what it is; names of models tell nothing."""
    extra = {GROUPS: config["groups"], HALVES: config["halves"], SURROGATE: config["surrogate"]}
    found = {}
    for name in names or [*SOURCES, *extra]:
        models = {**SOURCES, **extra}[name]["models"] | replicas_of(name)
        found[name] = {
            model: {key: value for key, value in settings.items() if key in SHOWN_OF_MODELS}
            for model, settings in models.items()
        }
    if RECORDING in found:
        found[RECORDING] |= {name: {"model_kind": name} for name in ("data", "hamiltonian")}
        for name, settings in BASELINES.items():
            size = settings.get("components", settings.get("hidden"))
            found[RECORDING][name] = {"model_kind": settings["kind"], "size": size}
    return json.dumps(found)
