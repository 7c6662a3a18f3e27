"""Curie–Weiss–Potts: numbers computed elsewhere, all configurations of few sites, the transition."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.special import logsumexp

from mfvae.errors import InputError
from mfvae.sites.potts import Potts
from mfvae.systems import build
from mfvae.systems.curie_weiss_potts import CurieWeissPotts3, CurieWeissPotts4
from tests.helpers.statistics import assert_law, assert_mean, assert_within_floor, shuffled_sites

MODELS = {3: CurieWeissPotts3, 4: CurieWeissPotts4}
DRAWS = 30_000
POINTS = [(3, 60, 2.0), (3, 60, 4 * np.log(2)), (3, 60, 3.2), (4, 40, 3.0), (4, 40, 3 * np.log(3))]
each_q = pytest.mark.parametrize("q", MODELS)
each_point = pytest.mark.parametrize(("q", "n_sites", "beta"), POINTS)


def samples_at(q: int, n_sites: int, beta: float) -> np.ndarray:
    return MODELS[q](n_sites, beta).sample(DRAWS, np.random.default_rng([q, n_sites, int(1000 * beta)]))


@pytest.mark.parametrize(
    "point",
    [
        "potts/N=60/q=3/beta=2",
        "potts/N=60/q=3/beta=2.772588722",
        "potts/N=60/q=3/beta=3.2",
        "potts/N=40/q=4/beta=3",
    ],
)
def test_numbers_computed_elsewhere(exact_values, point):
    """To 1e-7, as one β is written with ten digits."""
    reference = exact_values["curie_weiss_potts"][point]
    n_sites, q, beta = (float(part.split("=")[1]) for part in point.split("/")[1:])
    if beta == 2.772588722:
        beta = 4 * np.log(2)
    model = MODELS[int(q)](int(n_sites), beta)
    assert model.log_partition / n_sites == pytest.approx(reference["log_partition_per_site"], abs=1e-7)
    square = model.exact_observables()["order_parameter_squared"]
    assert square == pytest.approx(reference["mean_squared_order_parameter"], abs=1e-7)
    assert model.entropy() == pytest.approx(reference["entropy"], abs=1e-7)
    assert model.half_information() == pytest.approx(reference["mi_half"], abs=1e-7)


@each_q
def test_all_configurations_of_six_sites(q):
    """log Z, entropy, I(A;B) and the marginal law by their definitions."""
    model = MODELS[q](6, 2.7)
    x = np.array(list(product(range(q), repeat=6)), dtype=np.uint8)
    energy = sum((x == state).sum(1) ** 2 for state in range(q)) * 2.7 / 12
    assert model.log_partition == pytest.approx(logsumexp(energy), abs=1e-12)
    log_prob = model.log_prob(x)
    p = np.exp(log_prob)
    assert p.sum() == pytest.approx(1, abs=1e-12)
    assert model.entropy() == pytest.approx(-p @ log_prob, abs=1e-10)
    joint = p.reshape(q**3, q**3)
    independent = np.outer(joint.sum(1), joint.sum(0))
    assert model.half_information() == pytest.approx(
        (joint * np.log(joint / independent)).sum(), abs=1e-10
    )
    m = model.order_parameters(x)
    form = model.coupling * 6 * (m**2).sum(1) / 2  # p ∝ exp(βJN|m|²/2)
    np.testing.assert_allclose(form - form[0], log_prob - log_prob[0], atol=1e-5)


@each_q
def test_the_channel_is_that_of_hubbard_and_stratonovich(q):
    """I(x;φ) = E log [p(φ|x)/ρ(φ)] over configurations of few sites and drawn φ."""
    model, rng = MODELS[q](20, 2.5), np.random.default_rng(q)
    x = model.sample(40_000, rng)
    width = np.sqrt(model.coupling / 20)
    noise = rng.standard_normal((len(x), q - 1))
    phi = model.coupling * model.order_parameters(x) + width * noise
    m = model.numbers @ Potts(q).corners / 20
    distance = ((phi[:4000, None] - model.coupling * m) ** 2).sum(2) / (2 * width**2)
    log_ratio = -(noise[:4000] ** 2).sum(1) / 2 - logsumexp(np.log(model.numbers_law) - distance, axis=1)
    floor = log_ratio.std() / np.sqrt(4000)
    assert_within_floor(log_ratio.mean(), model.channel_rate(), floor)
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(log_ratio.mean(), model.channel_rate() * 1.1, floor)


@each_q
def test_two_phases_live_side_by_side_at_the_transition(q):
    """The law of the largest share has two peaks at β_c, at 1/q and where |m| = (q − 2)/(q − 1)."""
    beta = MODELS[q].transition_beta()
    assert MODELS[q].transitions["transition_beta"].value == pytest.approx(beta, abs=1e-14)
    assert MODELS[q].limit_order_parameter(beta - 1e-9) == 0
    assert MODELS[q].limit_order_parameter(beta + 1e-9) == pytest.approx((q - 2) / (q - 1), abs=1e-6)
    n_sites = 400 if q == 3 else 120
    model = MODELS[q](n_sites, beta)
    law = np.bincount(model.numbers.max(1), weights=model.numbers_law)
    share = np.arange(len(law)) / n_sites
    ordered = (1 + (q - 2)) / q  # (1 + (q − 1)|m|)/q
    between = (share > 1 / q + 0.08) & (share < ordered - 0.02)
    lowest = share[between][law[between].argmin()]
    below, above = (law[side] for side in (share < lowest, share > lowest))
    assert 0.1 < above.sum() < 0.9
    assert min(below.max(), above.max()) > 1.2 * law[between].min()
    colder = MODELS[q](n_sites, beta * 1.1)
    law = np.bincount(colder.numbers.max(1), weights=colder.numbers_law)
    assert law[share < lowest].sum() < 0.05


def assert_numbers_follow(x: np.ndarray, model) -> None:
    """The law of the largest number, moments of m, and the pairs of nine sites."""
    q, n = model.n_states, model.n_sites
    law = np.bincount(model.numbers.max(1), weights=model.numbers_law)
    largest = np.stack([(x == state).sum(1) for state in range(q)], 1).max(1)
    assert_law(largest, law / law.sum())
    square = model._squares(model.numbers)
    second, fourth = model.numbers_law @ square, model.numbers_law @ square**2
    assert_mean((model.order_parameters(x) ** 2).sum(1), second, fourth - second**2)
    equal = ((n * second - 1) / (n - 1) * (q - 1) + 1) / q
    first, other = (n // 9 * sites for sites in np.triu_indices(9, k=1))
    assert_mean(x[:, first] == x[:, other], equal, equal * (1 - equal))


@each_point
def test_samples_follow_the_exact_law(q, n_sites, beta):
    x, model = samples_at(q, n_sites, beta), MODELS[q](n_sites, beta)
    assert x.dtype == np.uint8
    assert_numbers_follow(x, model)
    for state in range(q):
        assert_mean(x == state, 1 / q, (q - 1) / q**2)


@each_point
def test_twin_samples_are_caught(q, n_sites, beta):
    model = MODELS[q](n_sites, beta)
    twins = (
        samples_at(q, n_sites, beta * 1.03),
        shuffled_sites(samples_at(q, n_sites, beta), np.random.default_rng(1)),
    )
    for twin in twins:
        with pytest.raises(AssertionError, match="floors"):
            assert_numbers_follow(twin, model)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("N", 61, "even"),
        ("N", 2000, "ways to share N sites"),
        ("beta", 0, "> 0"),
        ("beta", float("nan"), "finite"),
    ],
)
def test_unusable_parameters_are_refused(field, value, allowed):
    with pytest.raises(InputError, match=f"^{field} = .*{allowed}"):
        build("curie_weiss_potts3", {"N": 60, "beta": 2.0} | {field: value}, 1)
