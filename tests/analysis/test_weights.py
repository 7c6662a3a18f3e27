"""Weights of rows: copies that share the weight of one row are that row, in training and in scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import mfvae
from mfvae.analysis.judging import rows_of_fit
from mfvae.analysis.ladder import kept_at_random, mean_over
from mfvae.analysis.reproduction import _moments, _Rows
from mfvae.capacity.selection import fewest_paired
from mfvae.data import load, sequence_weights
from mfvae.data.configurations import Configurations
from mfvae.decoding.evidence import independent_fields
from mfvae.errors import InputError
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.potts import Potts
from mfvae.stats import effective_number, estimate, estimate_over_groups
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import train
from mfvae.training.objectives import OBJECTIVES, Draws
from mfvae.training.start import in_proportion

FAMILY, SITES, ROWS = Potts(3), 6, 300
STATES = np.random.default_rng(0).integers(3, size=(ROWS, SITES), dtype=np.uint8)
STATISTIC = torch.from_numpy(FAMILY.statistic(STATES)).double()
NATS = np.random.default_rng(1).normal(-5, 1, size=(2, ROWS))
HALF = np.full(2 * ROWS, 0.5)


def twice(rows):
    """Every row, and the same behind it."""
    return rows.repeat_interleave(2, 0) if isinstance(rows, torch.Tensor) else np.repeat(rows, 2, axis=0)


def model() -> VAE:
    return VAE(FAMILY, SITES, VAEConfig(2, (8,), (8,)), seed=0).double()


def gradient(statistic: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
    """Of the objective without noise of its own: nodes are shared by the rows, and have a seed."""
    found = model()
    draws = Draws(64, 1.0, torch.Generator().manual_seed(0), weights=weights)
    OBJECTIVES["exact"](found, statistic, draws, None).value.backward()
    return torch.cat([one.grad.ravel() for one in found.parameters() if one.grad is not None])


def test_the_gradient_of_copies_is_that_of_single_rows():
    single = gradient(STATISTIC, None)
    ones = torch.ones(2 * ROWS, dtype=torch.float64)  # ½ each, over their mean
    torch.testing.assert_close(gradient(twice(STATISTIC), ones), single, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
def test_a_row_of_weight_two_is_there_twice(objective, monkeypatch):
    """With the same noise for all rows of a batch; a twin with weight 3 has another value."""
    noise = torch.randn((16, 1, 2), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    monkeypatch.setattr(torch, "randn", lambda shape, **_: noise.expand(shape))
    more = torch.arange(ROWS) < 50

    def value(statistic: torch.Tensor, weights: torch.Tensor | None) -> float:
        weights = None if weights is None else weights / weights.mean()
        draws = Draws(16, 0.7, torch.Generator().manual_seed(0), weights=weights)
        return OBJECTIVES[objective](model(), statistic, draws, None).value.item()

    copied = value(torch.cat([STATISTIC, STATISTIC[more]]), None)
    weighted = value(STATISTIC, torch.where(more, 2.0, 1.0).double())
    assert weighted == pytest.approx(copied, rel=1e-12)
    assert value(STATISTIC, torch.where(more, 3.0, 1.0).double()) != pytest.approx(copied, rel=1e-6)


def test_scores_of_copies_are_those_of_single_rows():
    """Values, and the difference of two laws: the errors over groups, too, as these are the same."""
    groups, weights = np.arange(ROWS), HALF
    scores = {"one": NATS[0], "other": NATS[1]}
    single = fewest_paired(scores, groups).differences[0].gain
    copied = {name: twice(one) for name, one in scores.items()}
    both = fewest_paired(copied, twice(groups), weights).differences[0].gain
    assert (both.value, both.stderr) == pytest.approx((single.value, single.stderr), rel=1e-12)
    for labels in (None, twice(groups)):
        mean = mean_over(twice(NATS[0]), labels, weights)
        assert mean.value == pytest.approx(estimate(NATS[0]).value, rel=1e-12)


def test_fields_of_copies_are_those_of_single_rows():
    single = independent_fields(FAMILY, STATES)
    np.testing.assert_allclose(
        independent_fields(FAMILY, twice(STATES), weights=HALF), single, atol=1e-7
    )
    seen = np.random.default_rng(2).random(STATES.shape) < 0.7
    single = independent_fields(FAMILY, STATES, seen)
    both = independent_fields(FAMILY, twice(STATES), twice(seen), HALF)
    np.testing.assert_allclose(both, single, atol=1e-7)


@pytest.mark.parametrize("gaps", [False, True])
def test_moments_with_whole_weights_are_those_of_copies(gaps):
    times = np.random.default_rng(3).integers(1, 4, size=ROWS)
    seen = np.random.default_rng(2).random(STATES.shape) < 0.7 if gaps else None
    x = STATISTIC.numpy()
    copies = _Rows(x.repeat(times, axis=0), None if seen is None else seen.repeat(times, axis=0))
    for found, wanted in zip(
        _moments(_Rows(x, seen, times.astype(float)), 2), _moments(copies, 2), strict=True
    ):
        np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_equal_weights_of_any_size_give_the_errors_of_none():
    weights = np.full(ROWS, 7.0)
    plain = estimate(NATS[0])
    assert effective_number(weights) == pytest.approx(ROWS)
    assert estimate(NATS[0], weights).stderr == pytest.approx(plain.stderr, rel=1e-12)
    groups = np.arange(ROWS) // 10
    grouped = estimate_over_groups(NATS[0], groups)
    assert estimate_over_groups(NATS[0], groups, weights).stderr == pytest.approx(
        grouped.stderr, rel=1e-12
    )


def test_the_error_is_the_scatter_of_weighted_means():
    """Over 4,000 draws of 40 values: within four standard errors of a deviation, 1/√(2·4000)."""
    weights = np.random.default_rng(4).exponential(size=40)
    values = np.random.default_rng(5).normal(size=(4000, 40))
    scatter = (values @ weights / weights.sum()).std(ddof=1)
    quoted = np.sqrt(np.mean([estimate(one, weights).stderr ** 2 for one in values]))
    assert abs(quoted / scatter - 1) < 4 / np.sqrt(2 * 4000)
    plain = np.sqrt(np.mean([estimate(one).stderr ** 2 for one in values]))
    assert abs(plain / scatter - 1) > 4 / np.sqrt(2 * 4000)  # the twin without weights


def test_thinned_rows_follow_the_weighted_law():
    """Shares of two kinds of rows with weights 1 and 3: within four binomial standard errors."""
    weights = np.where(np.arange(20_000) % 2, 3.0, 1.0)
    kept = kept_at_random(weights, np.random.default_rng(6))
    share = (kept % 2).mean()
    assert abs(share - 0.75) < 4 * np.sqrt(0.75 * 0.25 / len(kept))
    assert kept_at_random(None, np.random.default_rng(6)) == slice(None)


def test_rows_of_a_start_are_in_proportion():
    weights = torch.tensor(np.random.default_rng(7).exponential(size=500))
    rows = in_proportion(weights)
    times = np.bincount(rows.numpy(), minlength=500)
    wanted = weights.numpy() / weights.sum().item() * len(rows)
    assert len(rows) == round(effective_number(weights.numpy()))
    assert np.abs(times - wanted).max() < 1


def test_equal_weights_train_to_the_numbers_of_none():
    """Not to the bit, as a mean of products is rounded otherwise; other weights train to others."""
    config = TrainingConfig(objective="exact", epochs=2, batch_size=50, latent_draws=32, start="data")

    def trained(weights: np.ndarray | None) -> torch.Tensor:
        found = model().float()
        given = None if weights is None else torch.from_numpy(weights)
        train(found, STATISTIC.float(), STATISTIC[:50].float(), config, 0, weights=given)
        return torch.cat([one.detach().ravel() for one in found.parameters()])

    plain = trained(None)
    torch.testing.assert_close(trained(np.full(ROWS, 4.0)), plain, rtol=1e-3, atol=1e-4)
    skewed = trained(np.where(STATES[:, 0] == 0, 5.0, 1.0))
    assert (skewed - plain).abs().max() > 0.01


def test_several_starts_with_weights_are_refused():
    config = TrainingConfig(starts=2, batch_size=50)
    weights = torch.ones(ROWS, dtype=torch.float64)
    with pytest.raises(InputError, match="starts = 2: 1 is needed where rows have weights"):
        train(model().float(), STATISTIC.float(), STATISTIC.float(), config, 0, weights=weights)


@pytest.mark.parametrize(
    ("weights", "message"),
    [([1.0], r"weights = \(1,\): one for each of the 3 rows"),
     ([1, 0, 1], "weights = 0.0: finite numbers above 0"),
     ([1, np.nan, 1], "weights = nan: finite numbers above 0")],
)  # fmt: skip
def test_weights_that_are_none_are_refused(weights, message):
    with pytest.raises(InputError, match=message):
        Configurations(np.ones((3, 2), np.int8)).with_weights(weights)


def test_a_law_of_weighted_rows_is_found():
    """Rows whose spins point up are there four times, with a quarter of the weight each."""
    system = mfvae.build("curie_weiss", {"N": 12, "beta": 1.1}, seed=0)
    x = system.sample(1000, np.random.default_rng(0))
    times = np.where(x.sum(1) > 0, 4, 1)
    order = np.random.default_rng(1).permutation(times.sum())
    copied = load(np.repeat(x, times, axis=0)[order])
    fit = mfvae.fit(copied.with_weights(1 / np.repeat(times, times)[order]), latents=1, epochs=3)
    assert fit.latents == 1
    stderr = np.sqrt(system.exact_observables()["order_parameter_squared"] / len(x))
    assert abs(fit.sample(20_000).mean() - x.mean()) < 5 * stderr
    assert copied.array.mean() > x.mean() + 5 * stderr  # the twin: what copies would say
    assert abs(fit.null.value) < 4 * fit.null.stderr
    assert any("relatives" in one for one in fit.cautions)
    selection, estimation, _ = rows_of_fit(fit)
    ladder = fit.ladder
    for rows, weights in ((selection, ladder.weights), (estimation, ladder.scored_weights)):
        wanted, spread = weights.sum() / weights.max(), (weights * (1 - weights)).sum() ** 0.5
        assert abs(len(rows) - wanted) < 4 * spread
        assert abs(rows.statistic.mean()) < 5 * stderr * np.sqrt(len(x) / len(rows))


def test_weights_go_with_their_rows_and_are_described():
    letters = np.array(list("ACGT"))[np.random.default_rng(0).integers(4, size=(50, 5))]
    data = load(np.repeat(letters, 2, axis=0), site="potts")
    weighted = data.with_weights(sequence_weights(data))
    assert weighted.weights.sum() <= 50 + 1e-9
    assert "weights: their sum is" in weighted.describe()
    assert "weights" not in data.describe()
    assert replace(weighted, weights=None).weights is None
