"""The benchmarks run, and compare like with like: peers do the same work and get the same results."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from scipy.signal import lfilter
from scipy.stats import norm, t
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import same_nats, step, training
from benchmarks.budgets import jobs
from benchmarks.effective import effective_rates, keeping
from benchmarks.memory import use
from benchmarks.plain_loop import plain_loop
from benchmarks.problems import PROBLEMS
from benchmarks.pythae_loop import as_data, installed, pythae_loop, wrapped
from benchmarks.same_nats import OURS, Outcome, Reached, reaches, smallest_budget
from benchmarks.samplers import UNSIGNED, Turn, chain_turns, compare
from benchmarks.single_spin import metropolis_series, observables
from benchmarks.timing import Measurement, alternate, markdown, ratio
from benchmarks.training import Loop, our_loop
from mfvae.errors import InputError
from mfvae.optimiser import RISE, START, one_cycle
from mfvae.samples import read_samples
from mfvae.sites import Spin
from mfvae.systems import ising_sampler
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.systems.hopfield import Hopfield, random_patterns
from mfvae.systems.ising_exact import CRITICAL_TEMPERATURE, specific_heat
from mfvae.systems.ising_exact import energy as exact_energy
from mfvae.systems.ising_sampler import integrated_autocorrelation_time
from mfvae.train import TrainingConfig
from mfvae.vae import VAE, VAEConfig
from tests.conftest import ROOT
from tests.statistics import FACTOR, assert_mean, assert_within_floor

SYSTEM = CurieWeiss(16, 1.2)
CONFIG = TrainingConfig(epochs=3, batch_size=64, learning_rate=0.01)
N_SEEDS = 16

POINTS = ("curie_weiss N = 64, beta = 1.0", "hopfield N = 64, p = 2, beta = 1.0")
ORDERED = "hopfield N = 64, p = 2, beta = 1.5, signs ignored"
VARIANTS = ("Metropolis in turn", "Metropolis at random")
LOOPS = (
    *(f"DataLoader{variant}" for variant in ("", ", no scoring", ", fused Adam", ", a worker process")),
    *(f"pythae{variant}" for variant in ("", ", no scoring") if installed()),
)
SAME_NATS = (OURS, "ours, ELBO", "DataLoader", *(["pythae"] if installed() else []))
PARTS = (
    *(("elbo", part) for part in (*step.PARTS, "random numbers")),
    *(("exact", part) for part in (*step.PARTS, "sums over nodes")),
)
MISSING = () if installed() else ("training: pythae", "same nats: pythae")
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
    *product((f"training: {loop}" for loop in LOOPS), ("s per epoch", "× ours")),
    *((name, "not installed") for name in MISSING),
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


needs_pythae = pytest.mark.skipif(not installed(), reason="pythae is not installed")


@needs_pythae
def test_the_loss_of_pythae_is_our_negative_elbo():
    torch.manual_seed(1)
    model = VAE(Spin(), 16, VAEConfig(2, (16,), (16,)))
    statistic = torch.randn(64, 16).sign()
    inputs = as_data(statistic)
    torch.manual_seed(2)
    theirs = wrapped(model)({"data": inputs.data, "labels": inputs.labels})
    torch.manual_seed(2)
    ours = model(statistic, torch.randn(64, 2))
    assert theirs.reg_loss.item() == pytest.approx(ours.rate.mean().item(), rel=1e-5)
    assert theirs.loss.item() == pytest.approx((ours.rate + ours.distortion).mean().item(), rel=1e-5)


@needs_pythae
def test_pythae_learns_what_ours_learns():
    config = replace(CONFIG, warmup=0.0)
    assert_same_scores(final_scores(our_loop, config), final_scores(pythae_loop, config))


@needs_pythae
def test_pythae_leaves_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    statistic = torch.randn(64, 16).sign()
    pythae_loop(VAE(Spin(), 16, VAEConfig(1)), statistic, statistic, replace(CONFIG, epochs=1), 1)
    assert not list(tmp_path.iterdir())


def test_without_pythae_the_table_says_so(monkeypatch):
    monkeypatch.setattr(training, "installed", lambda: False)
    rows = training.measure(n_samples=600, epochs=1, repeats=1, seed=1)
    assert [row for row in rows if "pythae" in row.benchmark] == [
        Measurement("training: pythae", "not installed", ())
    ]


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


# -- the same nats ---------------------------------------------------------------------------------
TARGET = np.random.default_rng(7).normal(50.0, 5.0, 2000)
NOISE = np.random.default_rng(8).normal(0.0, 0.1, 2000)
NOISE -= NOISE.mean()
MARGIN = 3 * NOISE.std(ddof=1) / np.sqrt(2000)


def training_of(excess: dict[int, float], asked: list[int]) -> Callable[[int], Outcome]:
    """Trainings that end so far above the target on average and cost a second an epoch."""

    def train(epochs: int) -> Outcome:
        asked.append(epochs)
        return Outcome(float(epochs), TARGET + NOISE + excess[epochs])

    return train


@pytest.mark.parametrize(("excess", "reached"), [(-1.0, True), (0.99, True), (1.01, False)])
def test_the_target_is_reached_within_three_standard_errors_of_the_difference(excess, reached):
    assert reaches(TARGET + NOISE + excess * MARGIN, TARGET) == reached


def test_the_smallest_budget_that_reaches_the_target_counts():
    asked: list[int] = []
    found = smallest_budget(training_of({1: 1.0, 2: 0.0, 4: 0.0}, asked), [1, 2, 4], TARGET)
    assert (found.epochs, found.outcome.cpu_seconds, found.reached) == (2, 2.0, True)
    assert asked == [1, 2]


def test_a_target_that_is_not_reached_costs_at_least_the_largest_budget():
    found = smallest_budget(training_of({1: 2.0, 2: 1.0}, []), [1, 2], TARGET)
    assert (found.epochs, found.outcome.cpu_seconds, found.reached) == (2, 2.0, False)


def in_table(reached: dict[str, list[Reached]]) -> set[tuple[str, str, tuple[float, ...]]]:
    return {(row.benchmark, row.quantity, row.values) for row in same_nats.table("here", reached)}


def test_the_table_says_who_missed_the_target():
    quick, slow, missed = (
        Reached(n, Outcome(cpu, TARGET), hit)
        for n, cpu, hit in [(1, 2.0, True), (8, 9.0, True), (40, 50.0, False)]
    )
    rows = in_table({OURS: [quick, quick], "DataLoader": [slow, missed]})
    assert ("same nats: here, ours, exact", "CPU s", (2.0, 2.0)) in rows
    peer = "same nats: here, DataLoader (1 of 2 missed it)"
    assert (peer, "at least, epochs", (8.0, 40.0)) in rows
    assert (peer, f"at least, × {OURS}", (4.5, 25.0)) in rows


def test_no_ratio_is_stated_where_ours_missed_the_target():
    hit, missed = Reached(8, Outcome(9.0, TARGET)), Reached(40, Outcome(50.0, TARGET), reached=False)
    rows = in_table({OURS: [missed], "DataLoader": [hit]})
    assert ("same nats: here, DataLoader", f"× {OURS}", ()) in rows


def test_the_score_is_exact():
    """A decoder that ignores z has log p_θ(x) = Σ_i log p(x_i | η_i)."""
    (problem, *_), statistic = PROBLEMS, torch.randn(64, 100).sign()

    def flat(model: VAE, *_: object) -> float:
        with torch.no_grad():
            for parameter in list(model.decoder.parameters())[-2:]:
                parameter.zero_()
        return 0.0

    contender = same_nats.Contender(flat, CONFIG)
    nats = same_nats.outcome(contender, problem, statistic, statistic, 1, 1).nats
    np.testing.assert_allclose(nats, 100 * math.log(2), rtol=1e-6)


# -- a training step -------------------------------------------------------------------------------
@pytest.mark.parametrize("objective", ["elbo", "exact"])
@pytest.mark.parametrize(
    "config", [training.ARCHITECTURE, VAEConfig(1, (8,), (16, 4))], ids=["deep", "odd"]
)
def test_products_are_those_that_torch_counts(objective, config):
    with FlopCounterMode(display=False) as counted:
        step.step_of(objective, 40, 16, config, 10)()
    assert counted.get_total_flops() == step.flops(objective, config, 10, 40, 16)


# -- sampling: the chains have the right law -------------------------------------------------------
PATTERNS = random_patterns(24, 3, seed=1)
SWEEPS = 100_000


both_variants = pytest.mark.parametrize("at_random", [False, True], ids=["in_turn", "at_random"])


def metropolis(system: Hopfield, at_random: bool, beta: float | None = None) -> np.ndarray:
    """m (K, SWEEPS) of a chain that starts from the exact law, at that or another temperature."""
    rng = np.random.default_rng(5)
    x = system.sample(1, rng)[0]
    runs_at = Hopfield(system.patterns, beta or system.coupling)
    return metropolis_series(runs_at, x, SWEEPS, rng, at_random)


def assert_stays(m: np.ndarray, system: Hopfield) -> None:
    """Means of all observables against the exact law; floors from its variances, widened by 2τ."""
    values = np.stack(list(observables(system.collective_states.T / system.n_sites).values()), axis=1)
    series = np.stack(list(observables(m).values()))
    exact = system.moment(values)
    memory = [2 * integrated_autocorrelation_time(observable) for observable in series]
    variance = system.moment(values**2) - exact**2
    assert_mean(series.T, exact, variance * memory)


@both_variants
@pytest.mark.parametrize("beta", [0.5, 1.0, 1.3])
@pytest.mark.parametrize("patterns", [np.ones((16, 1)), PATTERNS], ids=["curie_weiss", "hopfield"])
def test_metropolis_stays_in_the_exact_law(patterns, beta, at_random):
    system = Hopfield(patterns, beta)
    assert_stays(metropolis(system, at_random), system)


@both_variants
def test_twin_metropolis_of_another_temperature_is_caught(at_random):
    system = Hopfield(PATTERNS, 1.0)
    with pytest.raises(AssertionError, match="floors"):
        assert_stays(metropolis(system, at_random, beta=1.05), system)


def test_sites_come_in_turn_or_at_random():
    """Hot spins accept every flip: in turn all of them, at random each an odd number of times or not."""
    system = CurieWeiss(16, 1e-9)
    in_turn, at_random = (metropolis(system, variant)[0] for variant in (False, True))
    np.testing.assert_array_equal(in_turn[1:], -in_turn[:-1])
    kept = (1 - 2 / 16) ** 16  # mean of ∏(−1) over 16 choices, of every spin
    neighbours = 16 * at_random[1:] * at_random[:-1]
    # N m_t m_{t+1} has a second moment below N² ⟨m⁴⟩ < 3, and the chain forgets it at τ < 1
    assert_within_floor(neighbours.mean(), kept, np.sqrt(3 * 2 / SWEEPS))


@both_variants
def test_metropolis_reports_the_configuration_where_it_ends(at_random):
    system, rng = Hopfield(PATTERNS, 1.0), np.random.default_rng(2)
    x = system.sample(1, rng)[0]
    before = x.copy()
    m = metropolis_series(system, x, 7, rng, at_random)
    assert not np.array_equal(x, before)
    assert set(np.unique(x)) == {-1, 1}
    np.testing.assert_allclose(m[:, -1], system.order_parameters(x[None])[0], rtol=1e-6)


def test_metropolis_refuses_a_field():
    system, rng = CurieWeiss(16, 1.0, 0.1), np.random.default_rng(1)
    with pytest.raises(InputError, match="field"):
        metropolis_series(system, np.ones(16, np.int8), 1, rng, at_random=False)


@pytest.mark.parametrize("series", [ising_sampler.wolff_series, ising_sampler.metropolis_series])
def test_both_ising_chains_have_the_exact_energy(series):
    side, steps, rng = 8, 20_000, np.random.default_rng(3)
    chain = ising_sampler.equilibrated_chain(side, CRITICAL_TEMPERATURE, rng)
    energy, _ = series(chain.spins, CRITICAL_TEMPERATURE, 2, steps, rng) / side**2
    heat = specific_heat(side, CRITICAL_TEMPERATURE)
    variance = CRITICAL_TEMPERATURE**2 * heat / side**2 * 2 * integrated_autocorrelation_time(energy)
    assert_mean(energy, exact_energy(side, CRITICAL_TEMPERATURE), variance)


# -- effective samples -----------------------------------------------------------------------------
STEPS, MEMORY = 200_000, 0.9
MEMORY_TIME = (1 + MEMORY) / (1 - MEMORY) / 2  # τ of x_t = MEMORY · x_{t−1} + noise


def fast_and_slow() -> np.ndarray:
    """One observable without memory, one with MEMORY_TIME: (2, STEPS)."""
    noise = np.random.default_rng(4).standard_normal((2, STEPS))
    return np.stack([noise[0], lfilter([1.0], [1.0, -MEMORY], noise[1])])


def assert_rate(rate: float) -> None:
    """STEPS in two seconds; the variance of τ is 2(2W + 1)τ²/STEPS for a window of W = WINDOW · τ."""
    relative = np.sqrt(2 * (2 * ising_sampler.WINDOW * MEMORY_TIME + 1) / STEPS)
    exact = STEPS / (2 * MEMORY_TIME) / 2.0
    assert_within_floor(rate, exact, relative * exact)


def test_the_slowest_observable_sets_the_effective_samples():
    warm_up = np.full((2, 3), np.nan)
    (rate,) = effective_rates([warm_up, fast_and_slow()], [2.0])
    assert_rate(rate)


def test_twin_an_overlooked_slow_observable_is_caught():
    (rate,) = effective_rates([np.zeros((1, 1)), fast_and_slow()[:1]], [2.0])
    with pytest.raises(AssertionError, match="floors"):
        assert_rate(rate)


def slow_sign() -> np.ndarray:
    """m (2, STEPS) of which only the sign of m_2 has a memory, MEMORY_TIME."""
    rng = np.random.default_rng(6)
    noise = rng.standard_normal(STEPS)
    sign = np.cumprod(np.where(rng.random(STEPS) < (1 - MEMORY) / 2, -1, 1))
    return np.stack([noise, sign])


def test_a_sign_that_lasts_is_a_memory():
    (turn,) = chain_turns([np.full((2, 3), np.nan), slow_sign()], [2.0])
    assert set(turn.memory) == {"energy", "abs(m_1)", "m_1", "m_2"}
    assert turn.slowest(turn.memory) == "m_2"
    assert_rate(turn.rate(turn.memory))


def test_twin_an_overlooked_sign_is_caught():
    (turn,) = chain_turns([np.full((2, 3), np.nan), slow_sign()], [2.0])
    with pytest.raises(AssertionError, match="floors"):
        assert_rate(turn.rate(UNSIGNED))


def test_the_comparison_names_the_slowest_and_takes_every_turn_by_its_own():
    memory = {"energy": 1.0, "abs(m_1)": 2.0, "m_1": 4.0}
    turns = [Turn(80, 1.0, memory), Turn(80, 2.0, memory | {"energy": 5.0})]
    assert compare("here", "in turn", (100.0, 100.0), turns, signed=True) == [
        Measurement("here, Metropolis in turn (slowest: energy, m_1)", "τ in sweeps", (4.0, 5.0)),
        Measurement("here, Metropolis in turn", "effective samples per s", (10.0, 4.0)),
        Measurement("here, exact", "× Metropolis in turn", (10.0, 25.0)),
    ]
    *_, unsigned = compare("here", "in turn", (100.0, 100.0), turns, signed=False)
    assert unsigned.values == (5.0, 25.0)


def test_contenders_keep_what_they_compute():
    results: list[np.ndarray] = []
    alternate({"ones": keeping(lambda: np.ones(2), results)}, repeats=2)
    assert [result.tolist() for result in results] == [[1, 1]] * 3


# -- memory ----------------------------------------------------------------------------------------
LARGE = 300_000_000  # bytes, of which an idle Python takes a small part


def test_memory_is_that_of_the_child_and_not_of_its_parent():
    held = b"x" * LARGE
    idle = use([sys.executable, "-c", "pass"])
    busy = use([sys.executable, "-c", f"held = b'x' * {LARGE}"])
    assert len(held) == LARGE
    assert 0 < idle.peak_bytes < LARGE / 3
    assert LARGE < busy.peak_bytes < 4 / 3 * LARGE


def test_memory_is_the_peak_and_not_what_is_left():
    freed = use([sys.executable, "-c", f"held = b'x' * {LARGE}; del held"])
    assert freed.peak_bytes > LARGE


def test_time_is_that_of_the_child():
    assert use([sys.executable, "-c", "import time; time.sleep(0.5)"]).seconds >= 0.5


def test_output_of_the_child_does_not_disturb():
    assert use([sys.executable, "-c", "print('[1, 2')"]).peak_bytes > 0


def test_a_failing_job_is_no_measurement():
    with pytest.raises(subprocess.CalledProcessError):
        use([sys.executable, "-c", "raise SystemExit(3)"])


def test_jobs_fit_into_their_memory(tmp_path):
    """The transfer matrix at the required size; samples at a tenth of theirs, and of their memory."""
    for label, command in jobs(12, 100_000, 1024, 1, tmp_path).items():
        peak = use(command).peak_bytes
        assert peak < (5e9 if "I(A;B)" in label else 0.5e9)
    assert read_samples(tmp_path / "samples.parquet").configurations.shape == (100_000, 1024)
