"""One command times everything and writes a table."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import product

import torch

from benchmarks import step
from benchmarks.problems import PROBLEMS
from benchmarks.same_nats import OURS
from benchmarks.timing import Measurement, alternate, markdown, ratio
from benchmarks.training import LEDGER
from tests.helpers.paths import ROOT

POINTS = ("curie_weiss N = 64, beta = 1.0", "hopfield N = 64, p = 2, beta = 1.0")
ORDERED = "hopfield N = 64, p = 2, beta = 1.5, signs ignored"
VARIANTS = ("Metropolis in turn", "Metropolis at random")
LOOPS = (
    *(f"DataLoader{variant}" for variant in ("", ", no scoring", ", fused Adam", ", a worker process")),
    *(f"pythae{variant}" for variant in ("", ", no scoring")),
)
SAME_NATS = (OURS, "ours, ELBO", "DataLoader", "pythae")
PARTS = (
    *(("elbo", part) for part in (*step.PARTS, "random numbers")),
    *(("exact", part) for part in (*step.PARTS, "sums over nodes")),
)
SAMPLING = (
    ("exact, set-up", "s"),
    ("exact", "samples per s"),
    *(("exact", f"× {variant}") for variant in VARIANTS),
    *product(VARIANTS, ("τ in sweeps", "effective samples per s")),
)
JOBS = (
    "transfer matrix: I(A;B), L = 4, torus",
    "transfer matrix: I(A;B), L = 4, cylinder",
    "drawn and written: curie_weiss N = 16, 1000 samples",
)
ROWS = {
    ("training: ours", "s per epoch"),
    ("training: ours, no scoring", "s per epoch"),
    *((f"training: {LEDGER}", unit) for unit in ("s", "of an epoch")),
    *product((f"training: {loop}" for loop in LOOPS), ("s per epoch", "× ours")),
    *((f"same nats: {p.label}, target", "nats above −log p(x)") for p in PROBLEMS),
    *(
        (f"same nats: {problem.label}, {name}", unit)
        for problem, name in product(PROBLEMS, SAME_NATS)
        for unit in ("epochs", "CPU s", f"× {OURS}")
        if (name, unit) != (OURS, f"× {OURS}")
    ),
    *((f"step: {objective}, {part}", "CPU ms") for objective, part in PARTS),
    *product(
        (f"step: {objective}" for objective in ("elbo", "exact")),
        ("GFLOP/s of large products", "MFLOP of its products", "of the rate of large products"),
    ),
    *(
        (f"sampling: {point}, {what}", unit)
        for point, (what, unit) in product([*POINTS, ORDERED], SAMPLING)
    ),
    *((f"sampling: {point}, signs ignored, exact", "× Metropolis in turn") for point in POINTS),
    *((f"Ising: L = 8, T_c, {name}", "effective samples per s") for name in ("cluster", "Metropolis")),
    ("Ising: L = 8, T_c, cluster", "× Metropolis"),
    *product(JOBS, ("s", "GB")),
    *((f"log-marginal: d = {latent_dim}", "s") for latent_dim in (1, 2, 3)),
    ("import mfvae", "ms"),
}


def test_one_command_writes_the_whole_table(tmp_path):
    output = tmp_path / "benchmarks.md"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--output", str(output)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    report = output.read_text()
    assert report.strip() == done.stdout.strip()
    for fact in ("processor", "cores", f"PyTorch: {torch.__version__}", "threads of PyTorch: 1"):
        assert fact in report
    lines = [line for line in report.splitlines() if line.startswith("|")]
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    found = [(name.partition(" (")[0], unit.removeprefix("at least, ")) for name, unit, *_ in table]
    assert sorted(found) == sorted(ROWS)
    for name, _, *numbers in table:
        if numbers[-1] == "0" or name.endswith(step.REST):  # not measured; a difference
            continue
        middle, low, high, repeats = (float(number) for number in numbers)
        assert 0 < low <= middle <= high < math.inf
        assert repeats == 1


def test_table_states_median_and_range():
    table = markdown([Measurement("walk", "s", (3.0, 1.0, 2.5)), Measurement("run", "× walk", (2.0,))])
    assert table.splitlines()[2:] == [
        "| walk | s | 2.5 | 1 | 3 | 3 |",
        "| run | × walk | 2 | 2 | 2 | 1 |",
    ]


def test_table_says_what_was_not_measured():
    assert markdown([Measurement("walk", "s", ())]).splitlines()[2:] == ["| walk | s | – | – | – | 0 |"]


def test_contenders_take_turns_after_warming_up():
    calls: list[str] = []
    times = alternate({name: lambda name=name: calls.append(name) for name in "ab"}, repeats=2)
    assert calls == list("ababab")
    assert {name: len(values) for name, values in times.items()} == {"a": 2, "b": 2}


def test_another_clock_can_be_read():
    readings = iter(range(100))
    assert alternate({"a": lambda: None}, repeats=2, clock=lambda: next(readings)) == {"a": (1, 1)}


def test_ratios_are_of_neighbours():
    assert ratio((4.0, 9.0), (2.0, 3.0)) == (2.0, 3.0)
