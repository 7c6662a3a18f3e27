# How jobs get to where they run.
import shutil

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


def find_queue():
    """Refuse to wait for a queue that is not there, as the plugin of Snakemake would for ever."""
    if workflow.executor_plugin.name == "slurm" and shutil.which("sbatch") is None:
        raise WorkflowError(
            "executor = 'slurm': sbatch is needed on the path (log in where jobs are submitted, or run"
            " without profiles/slurm)"
        )
