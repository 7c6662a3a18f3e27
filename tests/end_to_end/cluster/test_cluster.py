"""The pipeline through a real Slurm: the bits of a run without, whatever happens to jobs and nodes."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mfvae.workflow.reproduce.diff import differences, tables
from tests.helpers.checkout import Checkout
from tests.helpers.slurm import output_of, slurm, wait_until, what_is_missing

pytestmark = [pytest.mark.workflow, pytest.mark.cluster]
PROFILE = [
    *("--workflow-profile", "profiles/slurm"),
    *("--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "1"),
]
MODEL = "hopfield/N~20/p~2/beta~1.2/elbo"
TARGET = f"results/capacity/{MODEL}.json"
LONG = "systems: {hopfield: {models: {elbo: {epochs: 2000}}}}\n"  # ten seconds, to be interrupted
FIELDS = [
    *("JobID", "State", "ReqMem", "TimelimitRaw", "ReqTRES"),
    *("NodeList", "Account", "Partition", "WorkDir"),
]


@pytest.fixture(scope="module", autouse=True)
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Two nodes; where no Slurm can be started that is said, and is an error if one was asked for."""
    if missing := what_is_missing():
        refuse = pytest.fail if os.environ.get("MFVAE_CLUSTER") else pytest.skip
        refuse(f"nothing is submitted to a Slurm: {missing}")
    with slurm(tmp_path_factory.mktemp("slurm")):
        yield


def long_training(folder: Path, recording: Path) -> Checkout:
    checkout = Checkout.make(folder, recording)
    (folder / "long.yaml").write_text(LONG)
    return checkout


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, recording_file: Path) -> dict[str, str]:
    """What a run without Slurm makes of the target."""
    checkout = long_training(tmp_path_factory.mktemp("local"), recording_file)
    run = checkout.snakemake("long.yaml", "--cores", "2", "--", TARGET)
    assert run.returncode == 0, run.stdout
    return checkout.digests()


@pytest.fixture
def checkout(tmp_path: Path, recording_file: Path) -> Checkout:
    return long_training(tmp_path, recording_file)


@contextlib.contextmanager
def submitted(checkout: Checkout, *arguments: str) -> Iterator[dict[str, str]]:
    """The queue entry that trains, once it does; what is done to it meanwhile, the run must succeed."""
    with open(checkout.folder / "run.log", "wb") as log:
        run = subprocess.Popen(
            checkout.command("long.yaml", *PROFILE, *arguments, "--", TARGET),
            cwd=checkout.folder,
            env=checkout.environment(),
            stdout=log,
            stderr=log,
        )
    try:
        trained = checkout.results / "logs" / "models" / f"{MODEL}.log"
        wait_until(trained.exists, "a training", 120)
        # accounting lags behind by a moment
        wait_until(lambda: queue_entries(checkout)[-1]["State"] == "RUNNING", "an entry that runs", 5)
        yield queue_entries(checkout)[-1]
        assert run.wait(timeout=300) == 0, (checkout.folder / "run.log").read_text()
    finally:
        run.kill()
        run.wait()


def queue_entries(checkout: Checkout) -> list[dict[str, str]]:
    """What Slurm was asked for from this folder and what became of it, in order."""
    lines = output_of(
        *("sacct", "--allocations", "--noheader", "--parsable2", "--format", ",".join(FIELDS))
    ).splitlines()
    entries = [dict(zip(FIELDS, line.split("|"), strict=True)) for line in lines]
    return [entry for entry in entries if entry["WorkDir"] == str(checkout.folder)]


def set_node(name: str, state: str) -> None:
    command = ["scontrol", "update", f"nodename={name}", f"state={state}", "reason=test"]
    subprocess.run(command, check=True)


def test_a_cancelled_job_is_submitted_again_for_twice_the_memory_and_time(
    local: dict[str, str], checkout: Checkout
) -> None:
    """And for its GPU, which only one node has."""
    with submitted(checkout, "--set-resources", "train_vae:gpu=1") as entry:
        subprocess.run(["scancel", entry["JobID"]], check=True)
    assert checkout.digests() == local
    samples, first, second = queue_entries(checkout)
    assert [entry["State"].split()[0] for entry in (samples, first, second)] == [
        *("COMPLETED", "CANCELLED", "COMPLETED")
    ]
    # the entry joins the training, 4000 MB, with what measures its model, 6000 MB
    assert [entry["ReqMem"] for entry in (first, second)] == ["6000M", "12000M"]
    assert int(second["TimelimitRaw"]) == 2 * int(first["TimelimitRaw"])
    for entry in (first, second):
        assert "gres/gpu=1" in entry["ReqTRES"]
        assert entry["NodeList"] == "n2"


def test_what_ran_on_a_node_that_goes_down_is_run_on_another(
    local: dict[str, str], checkout: Checkout
) -> None:
    """In the partition and on the account that are asked for."""
    where = ["slurm_account=physics", "slurm_partition=main"]
    with submitted(checkout, "--default-resources", *where) as entry:
        set_node(entry["NodeList"], "down")
    set_node(entry["NodeList"], "resume")
    assert checkout.digests() == local
    samples, first, second = queue_entries(checkout)
    assert [entry["State"] for entry in (samples, first, second)] == [
        *("COMPLETED", "NODE_FAIL", "COMPLETED")
    ]
    assert first["NodeList"] != second["NodeList"]
    assert {(entry["Account"], entry["Partition"]) for entry in (first, second)} == {("physics", "main")}


def test_the_small_dag_is_the_same_to_the_bit_in_few_queue_entries(
    finished: Checkout, tmp_path: Path, recording_file: Path
) -> None:
    distributed = Checkout.make(tmp_path, recording_file)
    run = distributed.snakemake(*PROFILE)
    assert run.returncode == 0, run.stdout
    assert tables(distributed.results) >= {"metrics.json", "capacity.csv"}
    assert list(differences(finished.results, distributed.results)) == []
    entries = queue_entries(distributed)
    assert {entry["State"] for entry in entries} == {"COMPLETED"}
    assert len(entries) <= 30
    steps = output_of("sacct", "--noheader", "--parsable2", "--format", "JobID").splitlines()
    assert not [step for step in steps if re.search(r"\.\d+$", step)]  # a Snakemake of its own each
