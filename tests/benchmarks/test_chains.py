"""Chains that exact sampling is timed against: their law, and their effective samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from benchmarks.effective import effective_rates, keeping
from benchmarks.samplers import UNSIGNED, Turn, chain_turns, compare
from benchmarks.single_spin import metropolis_series, observables
from benchmarks.timing import Measurement, alternate
from mfvae.errors import InputError
from mfvae.stats import WINDOW, integrated_autocorrelation_time
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.systems.hopfield import Hopfield, random_patterns
from mfvae.systems.ising_2d import sampler as ising_sampler
from mfvae.systems.ising_2d.exact import CRITICAL_TEMPERATURE, specific_heat
from mfvae.systems.ising_2d.exact import energy as exact_energy
from tests.helpers.statistics import assert_mean, assert_within_floor

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


STEPS, MEMORY = 200_000, 0.9
MEMORY_TIME = (1 + MEMORY) / (1 - MEMORY) / 2  # τ of x_t = MEMORY · x_{t−1} + noise


def fast_and_slow() -> np.ndarray:
    """One observable without memory, one with MEMORY_TIME: (2, STEPS)."""
    noise = np.random.default_rng(4).standard_normal((2, STEPS))
    return np.stack([noise[0], lfilter([1.0], [1.0, -MEMORY], noise[1])])


def assert_rate(rate: float) -> None:
    """STEPS in two seconds; the variance of τ is 2(2W + 1)τ²/STEPS for a window of W = WINDOW · τ."""
    relative = np.sqrt(2 * (2 * WINDOW * MEMORY_TIME + 1) / STEPS)
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
