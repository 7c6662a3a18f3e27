# One run at a time in a results folder, from whichever folder and by whichever path it is reached.
# Snakemake's own lock is one of the working folder, outlives a killed process and then needs --unlock; a
# lock held by the process itself ends with it, so that the next run just goes on. Only the run that people
# start gets here: jobs in queue entries run without hooks, and so do dry runs.
import fcntl
import platform
from contextlib import suppress

from mfvae.workflow.files.atomic import abandoned_parts

LOCK = ".mfvae.lock"
HELD = []  # the open file, which is the lock


def hold_lock():
    results = Path(workflow.pathvars.apply("<results>"))
    try:
        results.mkdir(parents=True, exist_ok=True)
        handle = open(results / LOCK, "a+")
    except OSError as error:
        raise WorkflowError(
            f"Bad configuration: pathvars.results = {str(results)!r}: a folder that can be written is needed"
            f" ({error})"
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        holder = handle.read().strip() or "process unknown"
        raise WorkflowError(
            f"Another snakemake ({holder}) is at work on {results.absolute()}: wait for it or stop it."
        ) from None
    except OSError as error:  # a file system without locks
        print(f"{results} cannot be locked ({error.strerror}): let no other run write there meanwhile.")
    HELD.append(handle)
    with suppress(OSError):  # the lock holds though a full disk cannot say whose it is
        handle.truncate(0)
        handle.write(f"process {os.getpid()} on {platform.node()}, in {Path.cwd()}")
        handle.flush()


def sweep_parts():
    """Remove what killed jobs of this machine were writing: files that never took their place."""
    for part in abandoned_parts(Path(workflow.pathvars.apply("<results>"))):
        part.unlink(missing_ok=True)
