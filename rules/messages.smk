# What a run says at its end.
import resource
import shutil
import time

from snakemake.settings.types import RerunTrigger

from mfvae.workflow.last_words import last_word

STARTED = time.time()
LITTLE = 2**16  # bytes that do not hold the logs of a run


def is_of_this_run(metrics):
    """Whether a file of metrics is what this configuration gives.

    It is where it says so itself, or where Snakemake has looked at all that it is made from.
    """
    if recorded_beside(metrics).get("configuration") == CONFIGURATION:
        return True
    everything = workflow.rerun_triggers >= RerunTrigger.all() and not workflow.touch
    return everything and any(str(metrics) in job.output for job in workflow.dag.jobs)


def show_headlines():
    """After a successful run: the headline numbers beside their exact values."""
    metrics = Path(workflow.pathvars.apply("<results>/metrics.json"))
    if not metrics.exists():
        return
    if is_of_this_run(metrics):
        print(f"\n{headline_table(read_metrics([metrics]), HEADLINES)}")
    else:
        print(f"\n{metrics} is of another configuration: its headline numbers are not shown.")


def record_cost():
    """CPU seconds of this run: Snakemake's own, and those of all jobs, which benchmarks only sample."""
    if not workflow.local_exec:
        return
    jobs = resource.getrusage(resource.RUSAGE_CHILDREN)
    table = Path(workflow.pathvars.apply("<benchmarks>/runs.tsv"))
    table.parent.mkdir(parents=True, exist_ok=True)
    with open(table, "a") as handle:
        if not handle.tell():
            handle.write("s\tsnakemake_cpu_s\tjobs_cpu_s\n")
        seconds = time.time() - STARTED, time.process_time(), jobs.ru_utime + jobs.ru_stime
        handle.write("\t".join(f"{value:.2f}" for value in seconds) + "\n")


def is_made(job):
    """Whether a job left all that it was to make: of a group, some may have."""
    return len(job.output) > 0 and all(Path(path).exists() for path in job.output)


def explain_failures():
    """After a failed run: what each failed job said last; an interrupted one says another thing."""
    if INTERRUPTION.happened:
        return
    for job in workflow.scheduler.failed:
        for member in job.jobs if job.is_group() else [job]:
            for log in map(Path, member.log):
                if log.exists() and log.stat().st_mtime >= STARTED and not is_made(member):
                    print(f"\n{log}:\n  {last_word(log.read_text(errors='replace'))}")
    results = workflow.pathvars.apply("<results>")
    if Path(results).exists() and shutil.disk_usage(results).free < LITTLE:
        print(f"\nThe disk of {results} is full, so that logs may be cut short.")
    print("\nEverything that does not need what failed was made; a second run goes on from here.")
