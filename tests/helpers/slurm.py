"""A Slurm of two nodes on this machine: key daemon, accounting, controller and node daemons as children.

Needs root, since Slurm's commands inside of a job read /etc/slurm/slurm.conf and no other.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.helpers.paths import ROOT

LINK = Path("/etc/slurm/slurm.conf")
PACKAGES = (ROOT / "tests/end_to_end/cluster/packages.txt").read_text().strip()  # of Debian
PROGRAMS = [
    *("munged", "slurmctld", "slurmd", "slurmdbd", "mariadbd", "mariadb-install-db"),
    *("sbatch", "srun", "squeue", "sacct", "scancel", "scontrol"),
]
NODES = ("n1", "n2")
MEMORY_MB = 64000  # declared, of each node; none is reserved
START_S = 60
OURS = "# Of a test, made by tests/helpers/slurm.py.\n"

CONTROLLER = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1
KillWait=1
MpiDefault=none
GresTypes=gpu
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={accounting}
AccountingStoragePass={folder}/munge/socket
AccountingStorageTRES=gres/gpu
PartitionName=main Nodes=ALL Default=YES
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={n1} CPUs=1 RealMemory={memory}
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={n2} CPUs=1 RealMemory={memory} Gres=gpu:1
"""
ACCOUNTING = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
DbdHost=localhost
DbdPort={accounting}
SlurmUser=root
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database}
StorageUser=root
StorageLoc=slurm
"""


def what_is_missing() -> str:
    """Why no Slurm can be started here, or nothing."""
    if os.geteuid() != 0:
        return "root is needed to start a Slurm"
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"no {', '.join(missing)}: apt-get install {PACKAGES}"
    if os.environ.get("SLURM_CONF"):
        return "SLURM_CONF names a Slurm already"
    if LINK.exists() and (not LINK.read_text().startswith(OURS) or answers("scontrol", "ping")):
        return f"there is a Slurm here already, that of {LINK.resolve()}"
    return ""


def answers(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, timeout=30).returncode == 0


def output_of(*command: str) -> str:
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return run.stdout.strip()


def wait_until(ready: Callable[[], bool], what: str, seconds: float = START_S) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.1)


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Daemons:
    """Programs that run until the end of a block, in a folder that holds what they say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *command: str | Path) -> None:
        with open(self.folder / f"{name}.out", "wb") as said:
            self.running.append(
                subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
            )

    def stop(self) -> None:
        """Last started, first stopped."""
        for daemon in reversed(self.running):
            daemon.terminate()
            try:
                daemon.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(daemon.pid, signal.SIGKILL)
                daemon.wait()


@contextlib.contextmanager
def slurm(folder: Path) -> Iterator[None]:
    """While this lasts, sbatch submits to two nodes of one processor each; n2 has a GPU, on paper."""
    for part in ("munge", "state", "spool", "spool/n1", "spool/n2"):
        (folder / part).mkdir(mode=0o755)
    names = ("controller", "accounting", "database", *NODES)
    values = dict(zip(names, free_ports(len(names)), strict=True))
    values |= {"folder": folder, "host": socket.gethostname().split(".")[0], "memory": MEMORY_MB}
    (folder / "slurm.conf").write_text(OURS + CONTROLLER.format(**values))
    (folder / "gres.conf").write_text("NodeName=n2 Name=gpu File=/dev/null\n")
    (folder / "slurmdbd.conf").write_text(ACCOUNTING.format(**values))
    (folder / "slurmdbd.conf").chmod(0o600)
    LINK.parent.mkdir(exist_ok=True)
    LINK.unlink(missing_ok=True)
    LINK.symlink_to(folder / "slurm.conf")
    daemons = Daemons(folder)
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    try:
        start_key_daemon(daemons)
        start_accounting(daemons, values["database"])
        daemons.start("slurmctld", "slurmctld", "-D")
        wait_until(lambda: answers("scontrol", "ping"), "the controller")
        for node in NODES:
            daemons.start(node, "slurmd", "-D", "-N", node)
        wait_until(lambda: set(states()) == {"idle"}, "idle nodes")
        yield
        subprocess.run(["scancel", "--user", "root"])
        wait_until(lambda: not output_of("squeue", "--noheader"), "an empty queue")
    finally:
        daemons.stop()
        LINK.unlink(missing_ok=True)
        del os.environ["SLURM_CONF"]


def start_key_daemon(daemons: Daemons) -> None:
    folder = daemons.folder / "munge"
    folder.chmod(0o711)
    key = folder / "key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    files = {name: folder / name for name in ("socket", "pid-file", "log-file", "seed-file")}
    options = [f"--{name}={path}" for name, path in files.items()]
    daemons.start("munged", "munged", "--foreground", "--force", f"--key-file={key}", *options)
    wait_until(files["socket"].exists, "the key daemon")


def start_accounting(daemons: Daemons, port: int) -> None:
    """The data base that `sacct` reads, as on real clusters; it listens to this machine alone."""
    data = daemons.folder / "database"
    log = (daemons.folder / "install-db.out").open("wb")
    where = ["--no-defaults", "--user=root", f"--datadir={data}"]
    install = ["mariadb-install-db", *where, "--skip-test-db"]
    subprocess.run(install, stdout=log, stderr=log, check=True)
    daemons.start(
        *("mariadbd", "mariadbd", *where, f"--port={port}", "--bind-address=127.0.0.1"),
        *(f"--socket={data}/socket", f"--pid-file={data}/pid", "--skip-grant-tables"),
        *("--innodb-buffer-pool-size=64M", "--innodb-lock-wait-timeout=900"),
    )
    wait_until(lambda: listens(port), "the data base")
    daemons.start("slurmdbd", "slurmdbd", "-D")
    wait_until(lambda: answers("sacctmgr", "--noheader", "list", "cluster"), "accounting")
    subprocess.run(["sacctmgr", "-i", "add", "cluster", "test"], stdout=log, check=True)
    for command in (["account", "physics"], ["user", "root", "account=physics"]):
        subprocess.run(["sacctmgr", "-i", "add", *command], stdout=log, check=True)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def states() -> list[str]:
    """Of every node."""
    return output_of("sinfo", "--noheader", "--Node", "--format=%T").split()
