# How jobs get to where they run.
import shutil

import psutil
from snakemake.logging import logger

from mfvae.workflow.files.atomic import abandoned_parts
from mfvae.workflow.files.lock import hold_lock
from mfvae.workflow.interruption import Interruption

# Snakemake 9.27 starts a timer at every selection of jobs, to look again when its limit of job starts per
# second may allow more; each of those looks starts another timer, so that they pile up with every job that
# ends, until the scheduler takes a core by itself. No limit is needed where jobs start on this machine.


def lift_rate_limit():
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


def run_jobs_in_place():
    """In a queue entry: jobs of a group would otherwise each start another Snakemake."""
    if workflow.remote_exec:
        workflow.localrules(*(rule.name for rule in workflow.rules))


def stop_jobs():
    """End the processes of jobs on this machine; those in a queue are cancelled by Snakemake.

    In a terminal Ctrl-C reaches them, too; a signal to this process alone does not.
    """
    if workflow.local_exec:
        for process in psutil.Process().children(recursive=True):
            try:
                process.terminate()
            except psutil.NoSuchProcess:  # it has ended meanwhile
                continue


# Snakemake shows where Ctrl-C struck it, in up to a hundred lines.
INTERRUPTION = Interruption(
    logger,
    [
        "Interrupted: the jobs that were running are stopped, and none of their files is left half written.",
        f"Everything that was finished is kept in {workflow.pathvars.apply('<results>')}.",
        "To go on from there, give the same command again.",
    ],
    stop_jobs,
)
if workflow.is_main_process:
    INTERRUPTION.watch()


def find_queue():
    """Refuse to wait for a queue that is not there, as the plugin of Snakemake would for ever."""
    if workflow.executor_plugin.name == "slurm" and shutil.which("sbatch") is None:
        raise WorkflowError(
            "executor = 'slurm': sbatch is needed on the path (log in where jobs are submitted, or run"
            " without profiles/slurm)"
        )


def take_results():
    """Hold the results' folder against other runs, and sweep what killed jobs of this machine were writing.

    Only the run that people start gets here: jobs in queue entries run without hooks, as do dry runs.
    """
    results = Path(workflow.pathvars.apply("<results>"))
    try:
        hold_lock(results)
    except InputError as error:
        raise WorkflowError(f"Bad configuration: {error}") from None
    except BlockingIOError as error:
        raise WorkflowError(str(error)) from None
    for part in abandoned_parts(results):
        part.unlink(missing_ok=True)
