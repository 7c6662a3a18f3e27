"""Stored patterns of Potts states: all configurations of few sites, the channel, the transition."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

from mfvae.errors import InputError
from mfvae.sites.potts import Potts
from mfvae.systems import build
from mfvae.systems.curie_weiss_potts import CurieWeissPotts3
from mfvae.systems.potts_hopfield import PottsHopfield3, balanced_patterns, law_of_hits
from tests.helpers.statistics import assert_within_floor

DRAWS = 20_000
BETA_C = PottsHopfield3.transitions["transition_beta"].value


def all_of(n_sites: int) -> np.ndarray:
    return np.array(list(product(range(3), repeat=n_sites)), dtype=np.uint8)


def assert_mean(per_row: np.ndarray, exact: float) -> None:
    """Of independent rows, by their own scatter."""
    assert_within_floor(per_row.mean(), exact, per_row.std() / np.sqrt(len(per_row)))


def test_hits_of_all_configurations():
    """Of any patterns of five sites, three of them, by their definition."""
    states = np.random.default_rng(0).integers(3, size=(5, 3))
    hits = (all_of(5)[:, :, None] == states).sum(1)  # (3^5, 3)
    counts = np.zeros((6, 6, 6))
    np.add.at(counts, tuple(hits.T), 1)
    np.testing.assert_allclose(law_of_hits(states, 3), counts / 3**5, atol=1e-14)


def test_all_configurations_of_six_sites():
    """log Z, entropy, I(A;B) and log p of one pattern by their definitions."""
    model, x = PottsHopfield3(6, 1, 2.1, seed=0), all_of(6)
    m = ((3 * (x == model.states[:, 0]).sum(1) / 6) - 1) / 2
    energy = 2.1 * 6 * m**2 / 2
    assert model.log_partition == pytest.approx(logsumexp(energy), abs=1e-12)
    log_prob = model.log_prob(x)
    np.testing.assert_allclose(
        log_prob, energy - model.log_partition, atol=1e-5
    )  # statistics are float32
    p = np.exp(energy - model.log_partition)
    assert model.entropy() == pytest.approx(-p @ np.log(p), abs=1e-10)
    joint = p.reshape(27, 27)
    independent = np.outer(joint.sum(1), joint.sum(0))
    information = (joint * np.log(joint / independent)).sum()
    assert model.half_information() == pytest.approx(information, abs=1e-10)
    observables = model.exact_observables()
    assert observables["order_parameter_squared"] == pytest.approx(p @ m**2, abs=1e-12)
    assert observables["largest_overlap"] == pytest.approx(p @ m, abs=1e-12)


def test_two_patterns_on_few_sites_have_the_entropy_of_their_definition():
    """The 3^9 configurations of half of 18 sites: its own model of 9 sites at the same coupling."""
    states = balanced_patterns(18, 2, 3, seed=1)[:9]
    x = all_of(9)
    m = (3 * (x[:, :, None] == states).sum(1) - 9) / 2
    model = PottsHopfield3(18, 2, 1.9, seed=1)
    found, log_count = model._counted(states)
    direct = logsumexp(1.9 / 18 * (m**2).sum(1))
    assert logsumexp(log_count + 1.9 / 18 * (found**2).sum(1)) == pytest.approx(direct, abs=1e-11)


def test_patterns_are_orthogonal_and_in_both_halves():
    model = PottsHopfield3(36, 2, 1.0, seed=5)
    for half in (model.patterns[:36], model.patterns[36:]):  # two numbers a site
        np.testing.assert_allclose(half.T @ half, 18 * np.eye(2), atol=1e-12)
    assert (model.states != balanced_patterns(36, 2, 3, seed=6)).any()


@pytest.mark.parametrize("beta", [1.5, BETA_C, 2.2])
def test_draws_follow_the_law(beta):
    """Entropy, observables, and the law of the overlap with the first pattern."""
    model = PottsHopfield3(36, 2, beta, seed=0)
    x = model.sample(DRAWS, np.random.default_rng(3))
    assert_mean(-model.log_prob(x), model.entropy())
    for name, exact in model.exact_observables().items():
        found = model.observables(x)[name]
        assert_within_floor(found.value, exact, found.stderr)
    with pytest.raises(AssertionError):
        assert_mean(-model.log_prob(x), PottsHopfield3(36, 2, 1.05 * beta, seed=0).entropy())


def test_the_channel_is_that_of_hubbard_and_stratonovich():
    """I(x;φ) = E log [p(φ|x)/ρ(φ)] over configurations and drawn φ, ρ a mixture over m."""
    model, rng = PottsHopfield3(18, 2, 1.9, seed=0), np.random.default_rng(1)
    x = model.sample(DRAWS, rng)
    width = np.sqrt(1.9 / 18)
    noise = rng.standard_normal((DRAWS, 2))
    phi = 1.9 * model.order_parameters(x) + width * noise
    means = 1.9 * model.collective_states / 18
    square = ((phi[:, None] - means) ** 2).sum(2) / (2 * width**2)
    log_density = logsumexp(np.log(model.collective_law) - square, axis=1)
    assert_mean(-(noise**2).sum(1) / 2 - log_density, model.channel_rate())
    with pytest.raises(AssertionError):
        assert_mean(-(noise**2).sum(1) / 2 - log_density, 1.1 * model.channel_rate())
    level = model.log_hs_density(phi[:50]) - log_density[:50]
    np.testing.assert_allclose(level, level[0], atol=1e-10)


def limit_free_energy(phi: np.ndarray, beta: float) -> float:
    """−log Z/N for N → ∞ at fields φ (2,) of two patterns: all nine combinations of states."""
    corners, family = Potts(3).corners, Potts(3)
    fields = [phi[0] * one + phi[1] * other for one in corners for other in corners]
    return float((phi**2).sum() / (2 * beta) - family.log_partition(np.array(fields)).mean())


def least(beta: float) -> tuple[float, np.ndarray]:
    """The lowest minimum, and its overlaps."""
    starts = [(0.0, 0.0), (1.2, 0.1), (0.8, 0.7), (-0.8, 0.5), (-0.7, -0.6)]
    found = [minimize(limit_free_energy, np.array(start), args=(beta,)) for start in starts]
    best = min(found, key=lambda one: one.fun)
    return best.fun, best.x / beta


def test_one_pattern_is_retrieved_from_the_transition_on():
    """No mixture is lower; the overlap is that of the Curie–Weiss–Potts model, ½ at β_c."""
    np.testing.assert_allclose(BETA_C, CurieWeissPotts3.transition_beta() * 2 / 3, rtol=1e-12)
    np.testing.assert_allclose(least(0.99 * BETA_C)[1], 0, atol=1e-3)
    for beta in (1.01 * BETA_C, 2.2):
        limit = PottsHopfield3.limit_observables({"beta": beta})["order_parameter"]
        np.testing.assert_allclose(np.sort(least(beta)[1]), [0, limit], atol=1e-3)
    assert PottsHopfield3.limit_observables({"beta": BETA_C + 1e-9})["order_parameter"] == pytest.approx(
        0.5, abs=1e-4
    )


def test_large_systems_approach_the_limit():
    """ln Z/N to within the ln N/N of its fluctuations."""
    for beta in (1.5, 2.2):
        model = PottsHopfield3(252, 2, beta, seed=0)
        limit = -least(beta)[0]
        assert abs(model.log_partition / 252 - limit) < np.log(252) / 252


@pytest.mark.parametrize(
    ("change", "message"),
    [({"N": 20}, "N = 20: a multiple of 18"), ({"N": 19}, "N = 19: an even integer"),
     ({"p": 0}, "p = 0: an integer from 1 to 16"), ({"p": 5}, r"p = 5: at most 70000 vectors of hits"),
     ({"p": 1, "N": 702}, "N = 702: at most 637 sites"), ({"beta": 0}, "beta = 0: a finite number > 0")],
)  # fmt: skip
def test_points_that_cannot_be_counted_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        build("potts_hopfield3", {"N": 36, "p": 2, "beta": 1.0} | change, seed=0)
