# One run at a time in a folder. Snakemake's own lock outlives a killed process and then needs --unlock;
# a lock held by the process itself ends with it, so that the next run just goes on.
import fcntl

LOCK_FILE = Path(".snakemake") / "mfvae.lock"
HELD = []  # the open file, which is the lock


def hold_lock():
    LOCK_FILE.parent.mkdir(exist_ok=True)
    handle = open(LOCK_FILE, "a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        holder = handle.read().strip()
        raise WorkflowError(
            f"Another snakemake (process {holder}) is at work in {Path.cwd()}: wait for it or stop it."
        ) from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    HELD.append(handle)


def sweep_parts():
    """Remove what a killed run was writing: files that never took their place (mfvae/storage.py)."""
    for part in Path(workflow.pathvars.apply("<results>")).rglob(".*.part"):
        part.unlink(missing_ok=True)
