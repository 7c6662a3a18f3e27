"""What is asked of a model with one family is asked with every family: each number in two ways.

The reference is a sum over the nodes of a lattice with the family's own ``log_prob``, written out.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfvae.capacity.bound import (
    encoder_information,
    model_mutual_information,
    rate_and_distortion,
)
from mfvae.capacity.ledger import ledger, residuals
from mfvae.compare.invariants import invariants
from mfvae.decoding.collective import collective_variables
from mfvae.decoding.couplings import couplings
from mfvae.decoding.evidence import gain_over_independent, independent_fields, independent_log_prob
from mfvae.decoding.patterns import patterns_of
from mfvae.errors import InputError
from mfvae.hamiltonian.from_decoder import generalized_hopfield
from mfvae.latent.choose import latent_integral
from mfvae.latent.importance import ImportanceSampler
from mfvae.latent.lattice import LatentLattice
from mfvae.latent.missing import complete, entry_scores, impute
from mfvae.latent.posterior import posterior_energy_and_entropy, posterior_means
from mfvae.model.checkpoint import described_model, description_of
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites import SITE_FAMILIES
from mfvae.sites.masks import by_field
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import train
from mfvae.training.objectives import OBJECTIVES, Draws
from mfvae.workflow.files.samples import SampleMetadata, read_samples, write_samples
from tests.helpers.statistics import assert_within_floor

SITES, LATENTS, ROWS = 3, 2, 8
each_family = pytest.mark.parametrize("name", [*SITE_FAMILIES, "potts2", "potts5", "vector3", "vector4"])


def model_of(name: str) -> VAE:
    """An untrained model whose fields are of order 1."""
    model = VAE(SITE_FAMILIES[name], SITES, VAEConfig(LATENTS, (6,), (6,), gaps=True), seed=1).double()
    with torch.no_grad():
        model.decoder[-1].weight *= 2.0
        model.encoder[-1].bias[LATENTS:] -= 1.0
    return model


def lattice_of(model: VAE) -> LatentLattice:
    """Coarse, but fine enough for features as wide as the prior."""
    return LatentLattice(model, LATENTS, spacing=0.35, radius=5.5)


def rows_of(name: str, n: int = ROWS) -> torch.Tensor:
    """Statistics of the model's own draws, float64."""
    model = model_of(name)
    x = model.float().sample(n, np.random.default_rng(1))
    return torch.from_numpy(model.family.statistic(x)).double()


def mask_of(n: int = ROWS) -> torch.Tensor:
    mask = torch.rand(n, SITES, generator=torch.Generator().manual_seed(3)) > 0.3
    mask[:, 0] = True
    return mask


def written_out(
    lattice: LatentLattice, x: torch.Tensor, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """log Σ_g w_g Π_i p(x_i | η_i(z_g)), (B,)."""
    args = () if mask is None else (mask[:, None],)
    log_prob = lattice.family.log_prob(x[:, None], lattice.fields[None], *args)
    return (lattice.log_weight + log_prob).logsumexp(1)


@each_family
def test_log_marginals_of_all_of_some_and_of_observed_sites(name):
    model, x, mask = model_of(name), rows_of(name), mask_of()
    lattice = lattice_of(model)
    torch.testing.assert_close(lattice.log_marginal(x), written_out(lattice, x))
    torch.testing.assert_close(lattice.log_marginal(x, observed=mask), written_out(lattice, x, mask))
    first = torch.zeros_like(mask)
    first[:, :2] = True
    torch.testing.assert_close(lattice.log_marginal(x, slice(0, 2)), written_out(lattice, x, first))
    whole, error = lattice.log_marginal_with_error(x)
    torch.testing.assert_close(whole, written_out(lattice, x), atol=max(error, 1e-6), rtol=0)
    assert (whole - written_out(lattice, x, mask)).abs().max() > 0.1  # a twin


@each_family
def test_importance_sampling_agrees_with_the_lattice(name):
    model, x, mask = model_of(name), rows_of(name), mask_of()
    lattice = lattice_of(model)
    sampler = ImportanceSampler(model, torch.Generator().manual_seed(1), draws=200)
    for args in ((), (mask,)):
        found = sampler.log_marginal_with_error(x, *args)[0]
        np.testing.assert_allclose(found, written_out(lattice, x, *args), atol=0.2)
        assert abs((found - written_out(lattice, x, *args)).mean()) < 0.03


@each_family
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_objectives_are_in_the_nats_of_the_lattice(name, objective):
    """Not below −log p of the data, beyond noise; ``exact``, which asks no encoder, is at it."""
    model, x = model_of(name), rows_of(name)
    exact = -written_out(lattice_of(model), x).mean()
    for args, free in [((None,), exact), ((mask_of(),), None)]:
        draws = Draws(2000 if objective == "exact" else 100, 1.0, torch.Generator().manual_seed(1))
        loss = OBJECTIVES[objective](model, x, draws, *args)
        loss.value.backward()
        assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)
        if free is None:
            continue
        value = loss.terms.get("free energy", loss.value).item()
        assert value > free.item() - 0.02
        if objective == "exact":
            assert value == pytest.approx(free.item(), abs=0.02)


@each_family
def test_free_energies_fulfil_their_identities(name):
    model, x = model_of(name), rows_of(name)
    for args in ({}, {"observed": mask_of()}):
        terms = ledger(model, x, **args)
        for residual in residuals(terms).values():
            np.testing.assert_allclose(residual, 0, atol=1e-5)
        expected = written_out(lattice_of(model), x, *args.values())
        np.testing.assert_allclose(-terms.helmholtz, expected, atol=1e-5)


@each_family
def test_rate_and_distortion_are_those_of_the_ledger(name):
    model, x = model_of(name), rows_of(name)
    terms = ledger(model, x)
    found = [rate_and_distortion(model, x, torch.Generator().manual_seed(k)) for k in range(40)]
    np.testing.assert_allclose(found[0][0], terms.rate.detach(), atol=1e-9)
    distortion = np.array([one for _, one in found])
    stderr = distortion.std(0, ddof=1) / np.sqrt(40)
    assert_within_floor(distortion.mean(0), terms.distortion.numpy(), stderr)
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(distortion.mean(0) + 10 * stderr, terms.distortion.numpy(), stderr)
    encoder_information(model, x, rows_of(name), torch.Generator().manual_seed(1))


@each_family
def test_the_models_own_information_and_draws(name):
    model = model_of(name).float()
    lattice = lattice_of(model)
    drawn = model_mutual_information(lattice, model, 1500, np.random.default_rng(1))
    assert drawn.bipartite_mi.value > -4 * drawn.bipartite_mi.stderr
    weights = lattice.log_weight.softmax(0)
    mean = weights @ lattice.family.mean_statistic(lattice.fields)
    values = drawn.statistic.double().numpy()
    assert_within_floor(values.mean(0), mean.numpy(), values.std(0) / np.sqrt(len(values)))


@each_family
def test_missing_entries_are_imputed_completed_and_scored(name):
    model, x, mask = model_of(name), rows_of(name), mask_of()
    lattice, dim = lattice_of(model), model.family.dim
    seen = by_field(mask, dim)
    imputed = impute(lattice, x, mask)
    torch.testing.assert_close(imputed[seen], x[seen])
    log_posterior = (
        lattice.log_weight + lattice.family.log_prob(x[:, None], lattice.fields[None], mask[:, None])
    ).softmax(1)
    expected = log_posterior @ lattice.family.mean_statistic(lattice.fields)
    torch.testing.assert_close(imputed[~seen], expected[~seen])
    torch.testing.assert_close(
        complete(lattice, x, mask, torch.Generator().manual_seed(1))[seen], x[seen]
    )
    one = torch.zeros_like(mask)
    one[:, 2] = True
    scores = entry_scores(lattice, x, one)
    difference = written_out(lattice, x) - written_out(lattice, x, ~one)
    torch.testing.assert_close(scores, difference)


@each_family
def test_posteriors(name):
    model, x = model_of(name), rows_of(name)
    lattice = lattice_of(model)
    log_joint = lattice.log_weight + lattice.family.log_prob(x[:, None], lattice.fields[None])
    expected = log_joint.softmax(1) @ lattice.nodes
    found = posterior_means(model.float(), x.float(), torch.Generator().manual_seed(1))
    np.testing.assert_allclose(found, expected, atol=0.02)
    energy, entropy = posterior_energy_and_entropy(lattice, x)
    np.testing.assert_allclose(entropy - energy, written_out(lattice, x), atol=1e-6)


@each_family
def test_decoding(name):
    """Singular directions, patterns, couplings, invariants; the Hopfield form is one of spins."""
    model, x, rng = model_of(name).float(), rows_of(name).float(), np.random.default_rng(1)
    variables = collective_variables(model, LATENTS, 500, rng)
    assert variables.directions.shape[0] == SITES * model.family.dim
    kind = "orthonormal"
    patterns = patterns_of(
        kind, variables.directions[:, :2], variables.singular_values[:2], SITES, rng
    ).values
    integral = latent_integral(model, torch.Generator().manual_seed(1))
    found = couplings(integral, x, patterns, SITES)
    assert np.isfinite(found.from_mean).all()
    assert (np.diag(found.from_spread) > 0).all()
    same = invariants(model, x, kind, rng, torch.Generator().manual_seed(1))
    lattice = lattice_of(model)
    np.testing.assert_allclose(same.log_prob, written_out(lattice, x.double()), atol=1e-3)
    if name != "spin":
        with pytest.raises(InputError, match="spin is needed"):
            generalized_hopfield(model)


@each_family
def test_independent_sites(name):
    """Their fields give the data's means; a law that is right gains nothing over them."""
    family, rng = SITE_FAMILIES[name], np.random.default_rng(2)
    fields = rng.normal(size=SITES * family.dim)
    x = family.sample(np.tile(fields, (6000, 1)), rng)
    found = independent_fields(family, x)
    statistic = family.statistic(x).astype(np.float64)
    np.testing.assert_allclose(family.mean_statistic(found), statistic.mean(0), atol=2e-3)
    log_prob = independent_log_prob(family, found, torch.from_numpy(statistic))
    exact = family.log_prob(statistic, fields)
    np.testing.assert_allclose(log_prob.mean(), exact.mean(), atol=0.02)
    gain = gain_over_independent(
        latent_integral(model_of(name).float(), torch.Generator().manual_seed(1)),
        family,
        found,
        torch.from_numpy(statistic[:500]).float(),
    )
    assert gain.value < 0


@each_family
@pytest.mark.parametrize("objective", ["elbo", "exact"])
def test_a_training_lowers_the_free_energy(name, objective):
    """From the data and with gaps; the trained model is read from its description."""
    x = rows_of(name, 400).float()
    mask = mask_of(400)
    model = VAE(SITE_FAMILIES[name], SITES, VAEConfig(LATENTS, (8,), (8,), gaps=True), seed=2)
    config = TrainingConfig(
        objective, epochs=4, batch_size=100, learning_rate=0.01, latent_draws=64, start="data",
        start_steps=20, checkpoints=0,
    )  # fmt: skip
    before = -written_out(lattice_of(model), x.double(), mask).mean().item()
    train(model, x, x[:100], config, seed=0, observed=mask, test_observed=mask[:100])
    after = -written_out(lattice_of(model), x.double(), mask).mean().item()
    assert after < before
    again = described_model(description_of(model))
    again.load_state_dict(model.state_dict())
    torch.testing.assert_close(
        again.fields(torch.zeros(1, LATENTS)), model.fields(torch.zeros(1, LATENTS))
    )
    assert again.family.name == name


@each_family
def test_samples_survive_their_file(name, tmp_path):
    """The name of the family, number and all, is in the file's metadata."""
    x = model_of(name).float().sample(20, np.random.default_rng(1))
    metadata = SampleMetadata("any", "N~4", name, SITES, 1)
    mask = mask_of(20).numpy()
    for observed in (None, mask):
        write_samples(tmp_path / "x.parquet", x, {"split": ["train"] * 20}, metadata, observed=observed)
        read = read_samples(tmp_path / "x.parquet", family=name)
        kept = np.ones_like(mask) if observed is None else observed
        np.testing.assert_array_equal(read.configurations[kept], x[kept])
        assert read.configurations.dtype == x.dtype
