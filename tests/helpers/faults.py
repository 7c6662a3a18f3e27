"""What must hold after every fault, and the part of the workflow that faults are injected into."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from mfvae.workflow.files.atomic import read_json
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.reproduce.diff import differences, tables
from tests.helpers.checkout import Checkout

POINT = "curie_weiss/N~16/beta~0.8"
SAMPLES = f"results/samples/{POINT}.parquet"
MODEL = f"results/models/{POINT}/elbo.pt"
LAW = f"results/statistics/{POINT}/elbo.law.csv"
FIGURE = "results/figures/curie_weiss/order_parameter_law.pdf"
LONG = "systems: {curie_weiss: {models: {elbo: {epochs: 1000000}}}}"  # a training to be killed


def assert_outputs_are_whole(results: Path) -> None:
    """Everything that bears the name of a result can be read to its end."""
    readers = {".parquet": read_samples, ".json": read_json, ".pt": torch.load}
    for path in results.rglob("*"):
        if path.suffix in readers and not path.name.startswith("."):
            readers[path.suffix](path)


def assert_finished_like(checkout: Checkout, undisturbed: Checkout, target: str) -> None:
    """The next run makes the target; all tables are those of the undisturbed run, no parts are left."""
    run = checkout.snakemake("--cores", "1", "--", target)
    assert run.returncode == 0, run.stdout
    assert (checkout.folder / target).exists()
    shared = tables(checkout.results)
    assert shared <= tables(undisturbed.results)
    differing = dict(differences(checkout.results, undisturbed.results))
    assert {name: what for name, what in differing.items() if name in shared} == {}
    assert not list(checkout.results.rglob("*.mfvae-part"))


def assert_failed(run_output: str, *words: str) -> None:
    """Every word is in one line that is no traceback."""
    assert "Traceback" not in run_output, run_output
    assert any(all(word in line for word in words) for line in run_output.splitlines()), run_output


def processes(checkout: Checkout, script: str) -> Iterator[int]:
    """Python processes at work on a script in this checkout."""
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if words[1:2] == [f"scripts/{script}".encode()] and (entry / "cwd").samefile(
                checkout.folder
            ):
                yield int(entry.name)
        except (OSError, ValueError):  # ended meanwhile; or no process at all
            continue


def wait_for(what: Callable[[], object], seconds: float = 300) -> None:
    """Until it is true of the running workflow."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "what the fault needs was not seen"
        time.sleep(0.05)


def in_training(checkout: Checkout) -> bool:
    """Whether a training has said that it made steps."""
    logs = (checkout.results / "logs" / "models").rglob("*.log")
    return any("step" in path.read_text() for path in logs)
