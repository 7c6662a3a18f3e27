"""One run of the workflow: how it takes its folder, how it ends, and what it says at its end.

Snakemake, which the library does without, is imported where a run needs it.
"""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mfvae.errors import InputError
from mfvae.workflow.files.atomic import abandoned_parts
from mfvae.workflow.files.lock import hold_lock
from mfvae.workflow.files.provenance import recorded_beside
from mfvae.workflow.interruption import Interruption
from mfvae.workflow.last_words import last_word
from mfvae.workflow.metrics import read_metrics
from mfvae.workflow.reproduce.against_expected import headline_table
from mfvae.workflow.selection import Selection

LITTLE = 2**16  # bytes that do not hold the logs of a run


class Run:
    """What Snakemake's hooks call.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        Of the run, as the Snakefile sees it.
    configuration : str
        Digest of the configuration that was given.
    headlines : sequence of Selection
        Metrics that are shown after a successful run.
    """

    def __init__(self, workflow: Any, configuration: str, headlines: Sequence[Selection]) -> None:
        from snakemake.logging import logger

        self.workflow, self.configuration, self.headlines = workflow, configuration, headlines
        self.started = time.time()
        # Snakemake shows where Ctrl-C struck it, in up to a hundred lines.
        self.interruption = Interruption(
            logger,
            [
                "Interrupted: the jobs that were running are stopped, and none of their files is left"
                " half written.",
                f"Everything that was finished is kept in {self._folder('results')}.",
                "To go on from there, give the same command again.",
            ],
            self._stop_jobs,
        )
        if workflow.is_main_process:
            self.interruption.watch()

    def begin(self) -> None:
        """Refuse what cannot go on, and hold the results; only the run that people start gets here.

        Jobs in queue entries run without hooks, as do dry runs.
        """
        self._find_queue()
        self._lift_rate_limit()
        self._take_results()

    def succeed(self) -> None:
        """Record what the run cost, and show the headline numbers beside their exact values."""
        self._record_cost()
        metrics = Path(self._folder("results")) / "metrics.json"
        if not metrics.exists():
            return
        if self._made(metrics):
            print(f"\n{headline_table(read_metrics([metrics]), self.headlines)}")
        else:
            print(f"\n{metrics} is of another configuration: its headline numbers are not shown.")

    def fail(self) -> None:
        """Record what the run cost, and show what each failed job said last.

        An interrupted run says another thing.
        """
        self._record_cost()
        if self.interruption.happened:
            return
        for job in self.workflow.scheduler.failed:
            for member in job.jobs if job.is_group() else [job]:
                for log in map(Path, member.log):
                    if log.exists() and log.stat().st_mtime >= self.started and not _is_made(member):
                        print(f"\n{log}:\n  {last_word(log.read_text(errors='replace'))}")
        results = Path(self._folder("results"))
        if results.exists() and shutil.disk_usage(results).free < LITTLE:
            print(f"\nThe disk of {results} is full, so that logs may be cut short.")
        print("\nEverything that does not need what failed was made; a second run goes on from here.")

    def _folder(self, name: str) -> str:
        return str(self.workflow.pathvars.apply(f"<{name}>"))

    def _find_queue(self) -> None:
        """Refuse to wait for a queue that is not there, as the plugin of Snakemake would for ever."""
        from snakemake.exceptions import WorkflowError

        if self.workflow.executor_plugin.name == "slurm" and shutil.which("sbatch") is None:
            raise WorkflowError(
                "executor = 'slurm': sbatch is needed on the path (log in where jobs are submitted, or"
                " run without profiles/slurm)"
            )

    def _lift_rate_limit(self) -> None:
        """No limit is needed where jobs start on this machine.

        Snakemake 9.27 starts a timer at every selection of jobs, to look again when its limit of job
        starts per second may allow more; each of those looks starts another timer, so that they pile up
        with every job that ends, until the scheduler takes a core by itself.
        """
        if self.workflow.local_exec:
            self.workflow.scheduler.job_rate_limiter = None

    def _take_results(self) -> None:
        """Hold the results' folder against other runs, and sweep what killed jobs of it were writing."""
        from snakemake.exceptions import WorkflowError

        results = Path(self._folder("results"))
        try:
            hold_lock(results)
        except InputError as error:
            raise WorkflowError(f"Bad configuration: {error}") from None
        except BlockingIOError as error:
            raise WorkflowError(str(error)) from None
        for part in abandoned_parts(results):
            part.unlink(missing_ok=True)

    def _stop_jobs(self) -> None:
        """End the processes of jobs on this machine; those in a queue are cancelled by Snakemake.

        In a terminal Ctrl-C reaches them, too; a signal to this process alone does not.
        """
        import psutil

        if self.workflow.local_exec:
            for process in psutil.Process().children(recursive=True):
                try:
                    process.terminate()
                except psutil.NoSuchProcess:  # it has ended meanwhile
                    continue

    def _made(self, metrics: Path) -> bool:
        """Whether a file of metrics is what this configuration gives.

        It is where it says so itself, or where Snakemake has looked at all that it is made from.
        """
        from snakemake.settings.types import RerunTrigger

        if recorded_beside(metrics).get("configuration") == self.configuration:
            return True
        workflow = self.workflow
        everything = workflow.rerun_triggers >= RerunTrigger.all() and not workflow.touch
        return everything and any(str(metrics) in job.output for job in workflow.dag.jobs)

    def _record_cost(self) -> None:
        """CPU seconds of this run: Snakemake's own, and those of all jobs (benchmarks only sample)."""
        if not self.workflow.local_exec:
            return
        jobs = resource.getrusage(resource.RUSAGE_CHILDREN)
        table = Path(self._folder("benchmarks")) / "runs.tsv"
        table.parent.mkdir(parents=True, exist_ok=True)
        with open(table, "a") as handle:
            if not handle.tell():
                handle.write("s\tsnakemake_cpu_s\tjobs_cpu_s\n")
            seconds = time.time() - self.started, time.process_time(), jobs.ru_utime + jobs.ru_stime
            handle.write("\t".join(f"{value:.2f}" for value in seconds) + "\n")


def _is_made(job: Any) -> bool:
    """Whether a job left all that it was to make: of a group, some may have."""
    return len(job.output) > 0 and all(Path(path).exists() for path in job.output)
