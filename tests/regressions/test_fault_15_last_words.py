"""The list of failed jobs at the end of a run left out what it did not take for an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from mfvae.workflow.last_words import last_word
from tests.helpers.checkout import Checkout

TRACEBACK = "Traceback (most recent call last):\n  File 'x.py', line 1, in f\n    f()\n"
SAID = {
    "step 1/9\nerror: before step 1: weight is nan": "error: before step 1: weight is nan",
    "usage: train_vae.py [-h]\ntrain_vae.py: error: unrecognized arguments: 3": (
        "train_vae.py: error: unrecognized arguments: 3"
    ),
    f"{TRACEBACK}numpy.linalg.LinAlgError: Singular matrix": "numpy.linalg.LinAlgError: Singular matrix",
    f"{TRACEBACK}MemoryError\n": "MemoryError",
    f"{TRACEBACK}KeyError: 1\n\nDuring handling:\n\n{TRACEBACK}zipfile.BadZipFile: no\nmore\n": (
        "zipfile.BadZipFile: no"
    ),
    "step 1/9\nKilled\n": "Killed",
    "bash: line 1: 4711 Killed    python x.py": "bash: line 1: 4711 Killed    python x.py",
    "pyarrow.lib.ArrowMemoryError: malloc of size 1": "pyarrow.lib.ArrowMemoryError: malloc of size 1",
    "mean error: 3\nstep 8/9": (
        "ended without a message, as when killed, for want of memory for example;"
        " its last line: step 8/9"
    ),
    "": "ended without a message, as when killed, for want of memory for example",
}


@pytest.mark.parametrize("log", SAID)
def test_the_line_that_says_what_went_wrong(log: str) -> None:
    assert last_word(log) == SAID[log]


FAULTS = {  # script → what it does before anything else
    "data/draw": "import numpy\nraise numpy.linalg.LinAlgError('Singular matrix')\n",
    "tables/exact_curves": "import argparse\nargparse.ArgumentParser().parse_args()\n",
    "studies/recovery": (
        "import os, signal\nprint('step 8/9', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    ),
}


@pytest.mark.workflow
def test_every_job_that_failed_is_listed_with_its_log(tmp_path: Path, recording_file: Path) -> None:
    checkout = Checkout.make(tmp_path, recording_file)
    for script, content in FAULTS.items():
        path = checkout.folder / "scripts" / f"{script}.py"
        path.write_text(content + path.read_text())
    targets = (
        "results/samples/curie_weiss/N~16/beta~0.8.parquet",
        "results/statistics/curie_weiss/curves.csv",
        "results/recovery/N~20/beta~0.7.json",
        "results/information/curie_weiss/N~16/beta~0.8.json",
    )
    run = checkout.snakemake("--cores", "1", "--", *targets)
    assert run.returncode != 0
    lines = run.stdout.splitlines()
    said = {line: lines[number + 1] for number, line in enumerate(lines) if line.endswith(".log:")}
    assert said.pop("results/logs/samples/curie_weiss/N~16/beta~0.8.log:") == (
        "  numpy.linalg.LinAlgError: Singular matrix"
    )
    assert said.pop("results/logs/statistics/curie_weiss/curves.log:").startswith(
        "  exact_curves.py: error: unrecognized arguments"
    )
    killed = said.pop("results/logs/recovery/N~20/beta~0.7.log:")
    assert "ended without a message, as when killed" in killed
    assert "step 8/9" in killed
    assert said == {}
    assert (checkout.folder / targets[-1]).exists()
