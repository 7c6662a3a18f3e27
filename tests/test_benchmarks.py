"""The benchmarks run, and compare like with like: peers do the same work and get the same results."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from scipy.stats import norm, t

from benchmarks.plain_loop import plain_loop
from benchmarks.samplers import heat_bath_sweep
from benchmarks.timing import Measurement, alternate, markdown, ratio
from benchmarks.training import Loop, our_loop
from mfvae.sites import Spin
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.train import RISE, START, TrainingConfig, one_cycle
from mfvae.vae import VAE, VAEConfig
from tests.conftest import ROOT
from tests.statistics import FACTOR, assert_mean, assert_within_floor

SYSTEM = CurieWeiss(16, 1.2)
CONFIG = TrainingConfig(epochs=3, batch_size=64, learning_rate=0.01)
N_SEEDS = 16

POINTS = ("curie_weiss N = 64, beta = 1.0", "curie_weiss N = 256, beta = 1.0")
POINTS += ("hopfield N = 100, p = 3, beta = 1.2",)
PEERS = ("", ", no scoring", ", fused Adam", ", a worker process")
SAMPLING = {
    "set-up": "s",
    "exact independent samples": "spins per s",
    "heat-bath chains": "spins per s, one sweep",
}
ROWS = {
    ("training: ours", "s per epoch"),
    ("training: ours, no scoring", "s per epoch"),
    *product((f"training: DataLoader{peer}" for peer in PEERS), ("s per epoch", "× ours")),
    *((f"sampling: {point}, {what}", SAMPLING[what]) for point, what in product(POINTS, SAMPLING)),
    *((f"log-marginal: d = {latent_dim}", "s") for latent_dim in (1, 2, 3)),
}


# -- the table -------------------------------------------------------------------------------------
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
    assert sorted((name.partition(" (")[0], quantity) for name, quantity, *_ in table) == sorted(ROWS)
    for _, _, *numbers in table:
        middle, low, high, repeats = (float(number) for number in numbers)
        assert 0 < low <= middle <= high < math.inf
        assert repeats == 1


def test_table_states_median_and_range():
    table = markdown([Measurement("walk", "s", (3.0, 1.0, 2.5)), Measurement("run", "× walk", (2.0,))])
    assert table.splitlines()[2:] == [
        "| walk | s | 2.5 | 1 | 3 | 3 |",
        "| run | × walk | 2 | 2 | 2 | 1 |",
    ]


def test_contenders_take_turns_after_warming_up():
    calls: list[str] = []
    times = alternate({name: lambda name=name: calls.append(name) for name in "ab"}, repeats=2)
    assert calls == list("ababab")
    assert {name: len(values) for name, values in times.items()} == {"a": 2, "b": 2}


def test_ratios_are_of_neighbours():
    assert ratio((4.0, 9.0), (2.0, 3.0)) == (2.0, 3.0)


# -- training: the same problem, the same solution -------------------------------------------------
def final_scores(loop: Loop, config: TrainingConfig = CONFIG) -> np.ndarray:
    """Last negative ELBO of the test set, in nats, per seed: (N_SEEDS,); same starts for all loops."""
    x = Spin().statistic(SYSTEM.sample(12_000, np.random.default_rng(1)))
    train_set, test_set = torch.from_numpy(x).split([4000, 8000])
    scores = []
    for seed in range(N_SEEDS):
        torch.manual_seed(seed)
        model = VAE(Spin(), SYSTEM.n_sites, VAEConfig(1, (16,), (16,)))
        scores.append(loop(model, train_set, test_set, config, seed))
    return np.array(scores)


def assert_same_scores(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Mean difference over seeds against its standard error, at the same risk as FACTOR floors."""
    difference = ours - theirs
    factor = t.isf(norm.sf(FACTOR), len(difference) - 1)
    stderr = difference.std(ddof=1) / np.sqrt(len(difference))
    assert_within_floor(difference.mean(), 0.0, stderr, factor)


@pytest.fixture(scope="module")
def our_scores() -> np.ndarray:
    return final_scores(our_loop)


def test_the_plain_loop_learns_what_ours_learns(our_scores):
    assert_same_scores(our_scores, final_scores(plain_loop))


def test_twin_a_peer_that_learns_more_slowly_is_caught(our_scores):
    slower = final_scores(plain_loop, replace(CONFIG, learning_rate=CONFIG.learning_rate / 4))
    with pytest.raises(AssertionError, match="floors"):
        assert_same_scores(our_scores, slower)


def test_our_schedule_is_that_of_torch_to_one_step():
    """torch turns one step before RISE · total; half a cosine of n steps moves at most π/2n a step."""
    total = 500
    optimiser = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=1.0, total_steps=total, pct_start=RISE
    )
    theirs = []
    for _ in range(total):
        theirs.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step() if len(theirs) < total else None
    ours = [one_cycle(step, total) for step in range(total)]
    assert ours[0] == pytest.approx(START)
    assert max(ours) == ours[int(RISE * total)] == 1
    np.testing.assert_allclose(ours, theirs, atol=math.pi / (2 * RISE * total))


# -- sampling: the chains have the right law -------------------------------------------------------
def swept(system: CurieWeiss, sweeps: int) -> np.ndarray:
    """m² (C,) of chains from the exact law of SYSTEM after sweeps of the heat bath of ``system``."""
    rng = np.random.default_rng(5)
    x = SYSTEM.sample(20_000, rng).T.astype(np.float32, order="C")
    for _ in range(sweeps):
        heat_bath_sweep(system, x, rng)
    assert set(np.unique(x)) == {-1, 1}
    return SYSTEM.order_parameters(x.T)[:, 0] ** 2


def assert_law_kept(squared: np.ndarray) -> None:
    values, law = SYSTEM.order_parameter_law()
    exact = law @ values**2
    assert_mean(squared, exact, law @ values**4 - exact**2)


@pytest.mark.parametrize("sweeps", [1, 3, 10])
def test_heat_bath_keeps_the_exact_law(sweeps):
    assert_law_kept(swept(SYSTEM, sweeps))


def test_twin_the_heat_bath_of_another_temperature_is_caught():
    with pytest.raises(AssertionError, match="floors"):
        assert_law_kept(swept(CurieWeiss(16, 1.3), 10))


def test_heat_bath_changes_the_chains():
    assert not np.array_equal(swept(SYSTEM, 1), swept(SYSTEM, 0))
