# From raw data to figures: "is there a latent mean-field theory in these data, and what is it?"
#   snakemake                                   everything, results/ (profiles/default is picked up)
#   snakemake --configfile config/smoke.yaml    the same, small
#   snakemake --workflow-profile profiles/slurm the same on a Slurm cluster
#   snakemake reproduce                         do jobs again, compare metrics with config/expected/
#   snakemake report --report-after-run --report results/report.html
import os
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.27")

# Where the workflow lies: below the working folder or not, of a workflow of its own or a module of another.
IS_MODULE = not workflow.modifier.is_main_snakefile()
IS_DEFAULT = not IS_MODULE or workflow.default_target is None  # what is made unless a target is named
FOLDER = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))
ROOT = Path(os.path.relpath(FOLDER))
if IS_MODULE or str(ROOT).startswith("-"):
    ROOT = (
        FOLDER  # a path that no prefix of a module applies to, and that no command takes for an option
    )
if not ROOT.is_dir():
    raise WorkflowError(
        f"snakefile = '{FOLDER}/Snakefile': a copy on this machine is needed, for its scripts"
    )


configfile: ROOT / "config" / "config.yaml"


include: "rules/common.smk"
include: "rules/datasets.smk"
include: "rules/samples.smk"
include: "rules/information.smk"
include: "rules/train.smk"
include: "rules/capacity.smk"
include: "rules/decode.smk"
include: "rules/statistics.smk"
include: "rules/baselines.smk"
include: "rules/population.smk"
include: "rules/verdict.smk"
include: "rules/theory.smk"
include: "rules/groups.smk"
include: "rules/halves.smk"
include: "rules/surrogate.smk"
include: "rules/curves.smk"
include: "rules/free_energy.smk"
include: "rules/recovery.smk"
include: "rules/degeneracy.smk"
include: "rules/figures.smk"
include: "rules/metrics.smk"


if (
    workflow.remote_exec and not IS_MODULE
):  # in a queue entry; jobs of a group would each start Snakemake
    workflow.localrules(*(rule.name for rule in workflow.rules))


rule all:
    default_target: IS_DEFAULT
    input:
        rules.figures.input,
        "<results>/metrics.json",
        files.tables_of_all(),
    localrule: True


include: "rules/reproduce.smk"
include: "rules/report.smk"


onstart:
    this_run.begin()


onsuccess:
    this_run.succeed()


onerror:
    this_run.fail()
