# What every stage shares: the checked configuration, what is made of it, and how scripts are called.
import json
import shlex
import sys

from snakemake.common.configfile import load_configfile
from snakemake.settings.types import DeploymentMethod
from snakemake.utils import update_config

sys.path.insert(0, str(FOLDER))

from mfvae.data.holdout import train_size
from mfvae.errors import InputError
from mfvae.figures import FIGURES
from mfvae.figures.vocabulary import SiteWords
from mfvae.registry import EXTENSIONS_VARIABLE
from mfvae.workflow.files.provenance import (
    COMMIT_VARIABLE,
    CONFIGURATION_VARIABLE,
    commit_of,
    configuration_digest,
)
from mfvae.workflow.plan import (
    CLUSTERS,
    SURROGATE,
    FigureInputs,
    Files,
    Plan,
    Programs,
    Readings,
    all_trained,
    any_of,
    growing,
    of_job,
    of_system,
    trained,
)
from mfvae.workflow.run import Run
from mfvae.workflow.selection import Selection
from mfvae.workflow.settings.folders import check_name
from mfvae.workflow.settings.points import WHOLE, spell
from mfvae.workflow.settings.settle import settle
from mfvae.workflow.settings.strict_yaml import check_yaml


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

plan = Plan(config)
files = Files(plan)
readings = Readings(plan)
figure_inputs = FigureInputs(plan, files)
program = Programs(FOLDER, ROOT, plan)
this_run = Run(
    workflow,
    CONFIGURATION,
    [Selection.of(f"headlines[{n}]", entry) for n, entry in enumerate(config["headlines"])],
)

N_TEST, N_GENERATED = config["evaluation"]["n_test"], config["evaluation"]["n_generated"]
RUN = f"{PYTHON} {{params.command:q}} > {{log:q}} 2>&1"  # the shell command of every rule with a script


wildcard_constraints:
    system=any_of({*plan.sources, *plan.cut, SURROGATE}),
    point=rf"{WHOLE}|[A-Za-z]\w*~[-+.e0-9]+(?:/[A-Za-z]\w*~[-+.e0-9]+)*",
    name="[a-z][a-z0-9_]*",
