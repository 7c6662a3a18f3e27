"""Similarities of descriptions: which symmetries each ignores, and which it does not."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.compare.similarity import (
    LATENT,
    canonical,
    cosine,
    mean_correlation,
    over_pairs,
    procrustes,
    raw,
    shuffled,
    spans,
)
from tests.helpers.statistics import assert_within_floor

B, D = 400, 3
RNG = np.random.default_rng(2026)
Z = RNG.standard_normal((B, D)) * [1.0, 0.7, 0.4] + 5.0
ROTATION = np.linalg.qr(RNG.standard_normal((D, D)))[0]
SIGNED_ORDER = np.eye(D)[[2, 0, 1]] * [1, -1, -1]
LINEAR = RNG.standard_normal((D, D)) + 2 * np.eye(D)
IGNORED = {  # transformation → the similarities that do not see it
    "shift and scale": (lambda z: 3 * z - 7, set(LATENT)),
    "order and signs": (lambda z: z @ SIGNED_ORDER, set(LATENT) - {"latent_raw"}),
    "rotation": (lambda z: z @ ROTATION, {"latent_procrustes", "latent_canonical"}),
    "linear map": (lambda z: z @ LINEAR, {"latent_canonical"}),
}


@pytest.mark.parametrize("name", IGNORED)
@pytest.mark.parametrize("quantity", LATENT)
def test_a_similarity_is_one_up_to_its_symmetries_alone(name, quantity):
    transform, blind = IGNORED[name]
    found = LATENT[quantity](Z, transform(Z))
    if quantity in blind:
        assert found == pytest.approx(1, abs=1e-12)
    else:
        assert found < 0.999


def test_similarities_are_symmetric_and_at_most_one():
    other = Z @ LINEAR + RNG.standard_normal((B, D))
    for similarity in LATENT.values():
        assert similarity(Z, other) == pytest.approx(similarity(other, Z))
        assert similarity(Z, other) <= 1 + 1e-12
    assert raw(Z, -Z) == pytest.approx(-1)
    assert procrustes(Z, other) >= raw(Z, other)


def test_raw_of_one_column_is_pearsons_correlation():
    a, b = Z[:, :1], Z[:, 1:2] + Z[:, :1]
    assert raw(a, b) == pytest.approx(np.corrcoef(a[:, 0], b[:, 0])[0, 1])


def test_constants_agree_with_nothing():
    constant = np.full((B, D), 2.0)
    for similarity in LATENT.values():
        assert similarity(Z, constant) == 0
    assert cosine(Z, 0 * Z) == 0


def test_a_latent_that_is_missing_costs_its_share():
    collapsed = Z.copy()
    collapsed[:, 2] = 1.0
    assert canonical(Z, collapsed) == pytest.approx(2 / 3)
    assert mean_correlation(Z, collapsed) == pytest.approx(2 / 3, abs=0.05)  # and chance, 1/√B


def test_independent_latents_agree_by_chance_alone():
    """Mean of r over pairs is 0 with variance 1/(B − 1) each."""
    found = [raw(*RNG.standard_normal((2, B, 1))) for _ in range(200)]
    assert_within_floor(np.mean(found), 0, (1 / (B - 1) / 200) ** 0.5)
    twin = [raw(a, b + 0.3 * a) for a, b in RNG.standard_normal((20, 2, B, 1))]
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(np.mean(twin), 0, (1 / (B - 1) / 20) ** 0.5)


def test_spans_ignore_their_basis_and_count_what_is_missing():
    assert spans(Z, Z @ LINEAR) == pytest.approx(1)
    assert spans(np.eye(5)[:, :2], np.eye(5)[:, 1:3]) == pytest.approx(0.5)
    assert spans(np.eye(5)[:, :1], np.eye(5)[:, :4]) == pytest.approx(0.25)


def test_pairs_share_replicas_and_so_does_their_error():
    """Jackknife of a mean over pairs of products = that of a U-statistic; exact for a linear kernel."""
    values = [np.full((1, 1), v) for v in (1.0, 2.0, 4.0, 9.0)]
    found = over_pairs(lambda a, b: float((a + b).item()) / 2, values)
    assert found.value == pytest.approx(4)
    assert found.stderr == pytest.approx(np.std([1, 2, 4, 9], ddof=1) / 2)


def test_the_null_keeps_every_replica_and_loses_what_they_share():
    replicas = [Z, Z + 0.01, 2 * Z]
    assert over_pairs(raw, replicas).value == pytest.approx(1)
    assert abs(shuffled(raw, replicas, np.random.default_rng(1)).value) < 0.2


def test_no_direction_spans_nothing():
    none, one = np.zeros((5, 0)), np.eye(5)[:, :1]
    assert [spans(none, none), spans(none, one), spans(one, none), spans(one, one)] == [0, 0, 0, 1]
