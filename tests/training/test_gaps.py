"""Trainings on tables with gaps: what they find and refuse, and that complete tables are as ever."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
import torch
from scipy.stats import hypergeom

from mfvae.capacity.ledger import checkpoint, ledger, residuals
from mfvae.decoding.couplings import couplings
from mfvae.decoding.evidence import (
    gain_over_independent,
    independent_fields,
    independent_log_prob,
    supported,
)
from mfvae.decoding.potential import potential
from mfvae.errors import InputError
from mfvae.latent.choose import latent_integral
from mfvae.latent.missing import complete, entry_scores
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.spin import Spin
from mfvae.stats import estimate
from mfvae.systems.curie_weiss import CurieWeiss
from mfvae.training import loop
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import Training, evaluate, train
from mfvae.workflow.files.model_record import load_model, save_model
from tests.helpers.gaps import random_mask
from tests.helpers.statistics import FACTOR
from tests.helpers.trainings import TEST_SET, TRAIN_SET, digest, generator

N_SITES, BETA, MISSING = 24, 1.2, 0.2
TRAINED, HELD_OUT = 3000, 1000
PATTERN = np.ones((N_SITES, 1))
CONFIG = TrainingConfig(
    "exact", epochs=12, batch_size=250, learning_rate=0.01, latent_draws=256, start="data",
    start_steps=200, checkpoints=2,
)  # fmt: skip
SHORT = {"epochs": 2, "batch_size": 64, "learning_rate": 0.01, "start_steps": 20}


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)  # as in a training


class Trained(NamedTuple):
    model: VAE
    result: Training


@cache
def table() -> tuple[torch.Tensor, torch.Tensor]:
    """Statistics (B, N) of exact samples, and which of their entries are kept."""
    rng = np.random.default_rng(5)
    x = CurieWeiss(N_SITES, BETA).sample(TRAINED + HELD_OUT, rng)
    return torch.from_numpy(Spin().statistic(x)), random_mask(len(x), N_SITES, MISSING, seed=1)


def held_out() -> tuple[torch.Tensor, torch.Tensor]:
    return tuple(part[TRAINED:] for part in table())


@cache
def trained(ignore_mask: bool = False) -> Trained:
    """On what is kept of the table; a twin takes gaps for spins of 0."""
    x, kept = table()
    model = VAE(Spin(), N_SITES, VAEConfig(1, (16,), (16,), gaps=not ignore_mask), seed=0)
    given = x.where(kept, 0.0 if ignore_mask else torch.nan)
    masks = (None, None) if ignore_mask else (kept[:TRAINED], kept[TRAINED:])
    result = train(model, given[:TRAINED], given[TRAINED:], CONFIG, 0, checkpoint, *masks)
    return Trained(model, result)


# -- what is found ---------------------------------------------------------------------------------
def count_law(beta: float) -> np.ndarray:
    """Of the number of spins +1 among all, (N + 1,)."""
    system = CurieWeiss(N_SITES, beta)
    return system.collective_law[np.argsort(system.collective_states[:, 0])]


def information(observed: int) -> float:
    """Fisher's, about βJ, of one row of which so many sites were observed: their sum tells all."""
    ups, step = np.arange(observed + 1), 1e-4
    parts = [hypergeom.pmf(ups, N_SITES, k, observed) for k in range(N_SITES + 1)]
    law, more, less = (count_law(beta) @ parts for beta in (BETA, BETA + step, BETA - step))
    return float((((more - less) / (2 * step)) ** 2 / law).sum())


def statistical_error(observed: torch.Tensor) -> float:
    """The least standard error of βJ from these rows (Cramér–Rao)."""
    sizes, rows = observed.sum(1).unique(return_counts=True)
    each = [information(size) for size in sizes.tolist()]
    return float(rows.double().numpy() @ each) ** -0.5


def assert_coupling(model: VAE, rows: torch.Tensor, error: float) -> None:
    """βJ read in two ways, within four standard errors: of the data, and of the reading."""
    integral = latent_integral(model, generator())
    by_mean = couplings(integral, rows, PATTERN, N_SITES)
    by_potential = potential(model, 1, PATTERN, N_SITES, np.random.default_rng(0))
    for value, stderr in (
        (by_mean.from_mean, by_mean.from_mean_stderr),
        (by_potential.coupling, by_potential.coupling_stderr),
    ):
        assert abs(value.item() - BETA) <= FACTOR * np.hypot(error, stderr.item()), value


def test_the_coupling_is_decoded_from_what_was_observed():
    model, (x, kept) = trained().model, held_out()
    error = statistical_error(table()[1][:TRAINED])
    assert error > 1.02 * statistical_error(torch.ones((TRAINED, N_SITES)))  # gaps cost something
    assert error < 0.006
    rows = complete(latent_integral(model, generator()), x.where(kept, torch.nan), kept, generator(3))
    assert_coupling(model, rows, error)
    zeros = x.where(kept, 0.0)
    with pytest.raises(AssertionError):  # the twin knows of no gaps: its spins are too weak
        assert_coupling(trained(ignore_mask=True).model, zeros, error)


def test_held_out_entries_are_scored_better_than_by_the_means_of_their_sites():
    model, (x, kept) = trained().model, held_out()
    scores = entry_scores(latent_integral(model, generator()), x, ~kept).numpy()
    configurations, masks = table()[0][:TRAINED].numpy(), table()[1][:TRAINED].numpy()
    fields = independent_fields(Spin(), configurations, masks)
    entries = (~kept).nonzero()
    by_site = torch.from_numpy(fields)[entries[:, 1]][:, None]
    means = Spin().log_prob(x[~kept][:, None].double(), by_site).numpy()
    gain = estimate(np.bincount(entries[:, 0], scores - means, minlength=len(x)))  # row by row
    assert gain.value > FACTOR * gain.stderr
    blind = entry_scores(latent_integral(model, generator()), x, ~kept, torch.zeros_like(kept))
    twin = estimate(np.bincount(entries[:, 0], blind.numpy() - means, minlength=len(x)))
    assert not twin.value > FACTOR * twin.stderr  # which is not given the other sites


def test_held_out_rows_ask_for_a_collective_variable():
    model, (x, kept) = trained().model, held_out()
    integral, given = latent_integral(model, generator()), x.where(kept, torch.nan)
    fields = independent_fields(Spin(), *(part[:TRAINED].numpy() for part in table()))
    gain = gain_over_independent(integral, Spin(), fields, given, observed=kept)
    assert supported(gain)
    log_prob = independent_log_prob(Spin(), fields, given, kept)
    row = kept[0].numpy()
    one = Spin().log_prob(x[0].numpy()[row], fields[row])
    assert log_prob[0] == pytest.approx(one, abs=1e-6)


def test_scores_and_ledgers_of_the_training_are_those_of_what_was_observed():
    (model, result), (x, kept) = trained(), held_out()
    given = x.where(kept, torch.nan)
    assert evaluate(model, given, 0, kept) == {
        key: result.history[-1][key] for key in ("rate", "distortion", "negative_elbo")
    }
    last = result.ledger[-1]
    free_energy = -latent_integral(model, generator()).log_marginal(given, observed=kept)
    assert last["helmholtz"]["value"] == pytest.approx(free_energy[:500].mean().item(), abs=0.3)
    terms = ledger(model, given[:100], observed=kept[:100])
    for name, values in residuals(terms).items():
        assert values.abs().max() < 1e-4, name  # a model in single precision
    assert evaluate(model, x, 0)["negative_elbo"] > result.history[-1]["negative_elbo"] + 1  # all sites


# -- every objective and start ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("objective", "start", "latent_dim", "starts"),
    [("elbo", "random", 1, 1), ("iwae", "data", 1, 1), ("exact", "data", 1, 2), ("exact", "data", 2, 1)],
)
def test_what_stands_in_the_gaps_is_never_looked_at(objective, start, latent_dim, starts, monkeypatch):
    monkeypatch.setattr(loop, "PROBE_STEPS", 10)
    config = TrainingConfig(objective, **SHORT, latent_draws=8, start=start, starts=starts)
    kept = random_mask(len(TRAIN_SET), TRAIN_SET.shape[1], MISSING)
    seen = random_mask(len(TEST_SET), TEST_SET.shape[1], MISSING, seed=1)
    digests = set()
    for filler in (torch.nan, -1e30):
        model = VAE(Spin(), TRAIN_SET.shape[1], VAEConfig(latent_dim, (8,), (8,), gaps=True), seed=0)
        sets = TRAIN_SET.where(kept, filler), TEST_SET.where(seen, filler)
        result = train(model, *sets, config, 7, observed=kept, test_observed=seen)
        digests.add((digest(model), result.history[-1]["negative_elbo"]))
    assert len(digests) == 1


@pytest.mark.parametrize("objective", ["elbo", "iwae", "exact"])
@pytest.mark.parametrize("gaps", [False, True])
def test_a_complete_mask_trains_to_the_same_bits_as_none(objective, gaps):
    config = TrainingConfig(objective, **SHORT, latent_draws=8, start="data")
    found = set()
    for masks in ({}, {"observed": torch.ones(TRAIN_SET.shape, dtype=torch.bool)}):
        model = VAE(Spin(), TRAIN_SET.shape[1], VAEConfig(1, (8,), (8,), gaps=gaps), seed=0)
        if masks:
            masks["test_observed"] = torch.ones(TEST_SET.shape, dtype=torch.bool)
        result = train(model, TRAIN_SET, TEST_SET, config, 7, **masks)
        found.add((digest(model), result.history[-1]["negative_elbo"]))
    assert len(found) == 1


# -- what is refused -------------------------------------------------------------------------------
def refused(mask: torch.Tensor, message: str, gaps: bool = True, **others) -> None:
    model = VAE(Spin(), TRAIN_SET.shape[1], VAEConfig(1, (8,), (8,), gaps=gaps), seed=0)
    before = digest(model)
    with pytest.raises(InputError, match=message):
        train(model, TRAIN_SET, TEST_SET, TrainingConfig(**SHORT), 0, observed=mask, **others)
    assert digest(model) == before


def test_masks_that_nothing_can_be_learned_from_are_refused():
    kept = random_mask(len(TRAIN_SET), TRAIN_SET.shape[1], MISSING)
    refused(kept, "gaps = False", gaps=False)
    refused(kept[1:], "shape of observed")
    refused(kept.float(), "bool is needed")
    refused(kept, "shape of test_observed", test_observed=kept)
    empty, never = kept.clone(), kept.clone()
    empty[3], never[:, 2] = False, False
    refused(empty, "row of observed = 3")
    refused(never, "site of observed = 2")


def test_what_was_observed_must_be_finite():
    kept = random_mask(len(TRAIN_SET), TRAIN_SET.shape[1], MISSING)
    spoilt = TRAIN_SET.clone()
    spoilt[kept] = torch.where(torch.arange(int(kept.sum())) == 5, torch.nan, spoilt[kept])
    model = VAE(Spin(), TRAIN_SET.shape[1], VAEConfig(1, (8,), (8,), gaps=True), seed=0)
    with pytest.raises(InputError, match="NaN or infinity"):
        train(model, spoilt, TEST_SET, TrainingConfig(**SHORT), 0, observed=kept)


# -- on disk ---------------------------------------------------------------------------------------
def test_a_model_with_gaps_is_saved_and_loaded(tmp_path):
    model, (x, kept) = trained().model, held_out()
    path = tmp_path / "model.pt"
    save_model(path, model, CONFIG, 0, {"system": "curie_weiss", "point": "N~24"}, trained().result)
    found = load_model(path)
    assert found.config == model.config
    assert found.config.gaps
    assert found.encoder[0].in_features == 2 * N_SITES
    given = x.where(kept, torch.nan)
    with torch.no_grad():
        for part, again in zip(model.encode(given, kept), found.encode(given, kept), strict=True):
            assert torch.equal(part, again)
        flagged, unflagged = found.encode(given, kept)[0], found.encode(x.where(kept, 0.0))[0]
    assert (flagged - unflagged).abs().max() > 1e-3  # the encoder does look at the mask
