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
from mfvae.workflow.settings.points import WHOLE, grid_points, spell
from mfvae.workflow.settings.points import parse as parse_point
from mfvae.workflow.files.places import places_of, places_of_draws
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

LEFT_OUT = sorted(
    {*config["skip"]} - {*GIVEN.get("skip", [])}
)  # optional data sets that are not to be had
if LEFT_OUT:
    print(
        f"left out, since their files are neither here nor to be fetched: {', '.join(LEFT_OUT)}",
        file=sys.stderr,
    )

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
DATASETS = config["datasets"]
SOURCES = {**SYSTEMS, **DATASETS}
GRIDS = {name: data.get("grid") or {} for name, data in DATASETS.items()} | {
    name: {key: SYSTEMS[name]["grid"][key] for key in parameters_of(name)} for name in SYSTEMS
}
MEAN_FIELD = systems_that_are("mean field", SYSTEMS)
COUNTED = systems_that_are("order parameter law", SYSTEMS)
DECODED = [*MEAN_FIELD, *DATASETS]
POINTS = {name: [spell(point) for point in grid_points(GRIDS[name])] for name in SOURCES}
FIRST = {name: points[0] for name, points in POINTS.items()}  # where a data set's models are shown

# What is cut from a data set is a data set of its own, DATASET_groups or DATASET_halves.
GROUPS = {f"{name}_groups": name for name in DATASETS if "groups" in DATASETS[name]["studies"]}
HALVES = {f"{name}_halves": name for name in DATASETS if "halves" in DATASETS[name]["studies"]}
CUT = {name: DATASETS[whole]["studies"]["groups"] for name, whole in GROUPS.items()} | {
    name: DATASETS[whole]["studies"]["halves"] for name, whole in HALVES.items()
}
HALF_POINTS = [spell({"half": number}) for number in (1, 2)]
SURROGATE, CLUSTERS = "surrogate", "clusters"
SURROGATE_POINT = spell({"N": config["surrogate"]["N"]})
WITH_THEORY = [name for name, data in DATASETS.items() if data.get("theory")]
HEADLINES = [Selection.of(f"headlines[{n}]", entry) for n, entry in enumerate(config["headlines"])]
OTHER_DATA = {name: data["site"] for name, data in DATASETS.items()}
OTHER_DATA |= {**dict.fromkeys([*CUT, SURROGATE], "spin"), CLUSTERS: "gaussian"}
FAMILIES = {name: system_class(name).site_family.name for name in SYSTEMS} | OTHER_DATA
CLUSTER_POINTS = [spell({"k": number}) for number in config["degeneracy"]["clusters"]]

SCALING = {
    name: [spell(point) for point in grid_points({key: grid[key] for key in parameters_of(name)})]
    for name, grid in config["scaling"].items()
}


def any_of(names):
    """A constraint of wildcards: one of these names, or nothing at all where there are none."""
    return "|".join(sorted(names)) or "(?!)"


wildcard_constraints:
    system=any_of({*SOURCES, *CUT, SURROGATE}),
    point=rf"{WHOLE}|[A-Za-z]\w*~[-+.e0-9]+(?:/[A-Za-z]\w*~[-+.e0-9]+)*",
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
    return stream_in(
        {**models_on(wildcards.system), **baselines_of(wildcards.system)}.get(wildcards.name, {})
    )


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
    return {**SOURCES, **CUT, SURROGATE: config["surrogate"]}[source]["models"] | replicas_of(source)


def running(names):
    """Those of the names that run."""
    return [name for name in names if name in config["run"]]


def per_point(pattern, *sources):
    """Paths of a pattern with {system} and {point} for every point of the sources."""
    return [pattern.format(system=source, point=point) for source in sources for point in POINTS[source]]


def per_model(pattern, *sources):
    """Paths of a pattern with {system} and {path} for everything trained on the sources."""
    return [pattern.format(system=source, path=path) for source in sources for path in models_of(source)]


def running_parts(part, cut):
    """Of data that are cut from others those that run."""
    return list(cut) if running([part]) else []


def files_used():
    """Data sets in files of which anything is made."""
    parts = {**{name: "groups" for name in GROUPS}, **{name: "halves" for name in HALVES}}
    cut = {whole for name, whole in {**GROUPS, **HALVES}.items() if running([parts[name]])}
    return [name for name in DATASETS if running([name]) or name in cut]


def trained_at(source, point):
    """Models of a source at a point."""
    trained = (path.rpartition("/") for path in models_of(source))
    return [model for where, _, model in trained if where == point]


def first_models(source):
    """Those at the first point, where models are shown."""
    return trained_at(source, FIRST[source])


def generators(source, point):
    """Everything fitted to a data set at a point, of which rows are compared with its own."""
    of_theory = ["hamiltonian"] if source in WITH_THEORY else []
    return [*baselines_of(source), *DATASETS[source]["draws"], *trained_at(source, point), *of_theory]


def baselines_of(source):
    """Settings by name of the other laws fitted to a data set or to groups of its sites."""
    if source in GROUPS:
        return {"pairwise": {"kind": "pairwise", "steps": CUT[source]["pairwise_steps"]}}
    return DATASETS[source]["baselines"] if source in DATASETS else {}


def group_points(source):
    """Points of the groups that are cut from a data set."""
    study = CUT[source]
    numbers = range(1, study["number"] + 1)
    return [spell({"neurons": study["n_neurons"], "group": number}) for number in numbers]


def kind_of_patterns(wildcards):
    """What is sought in the decoded fields of a system."""
    return SOURCES[wildcards.system]["patterns"]


def grid_of(wildcards):
    """A system's grid as options spell it."""
    grid = GRIDS[wildcards.system].items()
    return [f"{name}={','.join(map(str, values))}" for name, values in grid]


def words_of(wildcards):
    """Rows of the data themselves or of what is fitted to them."""
    if wildcards.name == "data":
        return "<results>/samples/{system}/{point}.parquet".format(**wildcards)
    return "<results>/words/{system}/{point}/{name}.parquet".format(**wildcards)


def population_tables(source, point, names):
    """Statistics of a data set or of generators of that name."""
    return [f"<results>/population/{source}/{point}/{name}.csv" for name in names]


def metrics_of_models(*sources):
    """JSON metrics of everything trained on the sources."""
    systems = [source for source in sources if source in SYSTEMS]
    in_files = [source for source in sources if source in DATASETS]
    return [
        *per_model("<results>/capacity/{system}/{path}.json", *sources),
        *(f"<results>/decoded/{s}/comparison.json" for s in systems if s in MEAN_FIELD),
        *per_model("<results>/decoded/{system}/{path}.metrics.json", *in_files),
        *per_model("<results>/statistics/{system}/{path}.json", *systems),
        *per_point("<results>/population/{system}/{point}.json", *with_population(in_files)),
    ]


def with_population(names):
    """Data sets of whose words statistics are made."""
    return [name for name in names if DATASETS[name]["population"]]


def metrics_of_datasets():
    """JSON metrics of what else is fitted to data sets, and of how many latents they support."""
    made = []
    for name in running(DATASETS):
        of_theory = ("words", "heat_capacity", "attractors") if name in WITH_THEORY else ()
        made += [
            *(
                f"<results>/theory/{name}/{point}/{table}.json"
                for point in POINTS[name]
                for table in of_theory
            ),
            *(
                f"<results>/baselines/{name}/{point}/{law}.json"
                for point in POINTS[name]
                for law in baselines_of(name)
            ),
            f"<results>/comparison/{name}.json",
            *verdicts(".json", name),
        ]
    return made


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
        "replicas": sources_of_replicas(),
        "atlas": in_atlas(),
    }
    joined = [f"<results>/{table}.csv" for table, row in rows.items() if row]
    return joined + [f"<results>/comparison/{name}.csv" for name in running(DATASETS)]


def most_trained(system):
    """POINT/MODEL at the points where most models are trained: where they are compared."""
    counts = Counter(path.rpartition("/")[0] for path in models_of(system))
    most = max(counts.values())
    return [path for path in models_of(system) if counts[path.rpartition("/")[0]] == most]


SHOWN_OF_MODELS = {"objective", "latent_dim", "field_rank", "replica", "replica_of", "variant"}


def models_by_dataset(*names):
    """JSON for figures and tables: data set → model → what it is; names of models tell nothing."""
    found = {}
    for name in names or [*SOURCES, *CUT, SURROGATE]:
        found[name] = {
            model: {key: value for key, value in settings.items() if key in SHOWN_OF_MODELS}
            for model, settings in models_on(name).items()
        }
        if name in DATASETS:
            found[name] |= {kind: {"model_kind": kind} for kind in ("data", "hamiltonian")}
            found[name] |= {
                law: {"model_kind": "draws", "variant": law} for law in DATASETS[name]["draws"]
            }
        for law, settings in baselines_of(name).items() if name in DATASETS else ():
            sizes = [settings[key] for key in ("components", "hidden", "patterns") if key in settings]
            found[name][law] = {"model_kind": settings["kind"], "size": sizes[0] if sizes else None}
    return json.dumps(found)
