"""Sums over latents where sites are missing: beside sums over all completions, and smaller models."""

from __future__ import annotations

from copy import deepcopy
from itertools import product

import numpy as np
import pytest
import torch

from mfvae.capacity.bound import encoder_information, rate_and_distortion
from mfvae.capacity.ledger import ledger
from mfvae.errors import InputError
from mfvae.latent.importance import ImportanceSampler
from mfvae.latent.lattice import LatentLattice
from mfvae.latent.missing import complete, entry_scores, impute
from mfvae.latent.posterior import posterior_energy_and_entropy, posterior_means
from mfvae.model.vae import VAE
from mfvae.sites.director import Director
from mfvae.sites.gaussian import Gaussian
from mfvae.sites.masks import by_field
from mfvae.sites.spin import Spin
from mfvae.training.objectives import OBJECTIVES, Draws, elbo, exact, iwae
from tests.helpers.directors import directors
from tests.helpers.gaps import EXACT, gap_vae, random_mask, without_sites
from tests.helpers.statistics import assert_mean, assert_within_floor
from tests.helpers.trainings import generator
from tests.helpers.vaes import spins

N_SITES = 6
ROWS = 20
GRID = torch.linspace(-12, 12, 61, dtype=torch.float64)  # exact to e^(−2π²/0.4²) for a unit Gaussian
STATES = {  # of a site, and the logarithms of their weights in a sum
    "spin": (torch.tensor([-1.0, 1.0], dtype=torch.float64), torch.zeros(2, dtype=torch.float64)),
    "gaussian": (GRID, torch.full_like(GRID, float((GRID[1] - GRID[0]).log()))),
}
FAMILIES = {"spin": Spin(), "gaussian": Gaussian(), "director": Director()}
each_countable = pytest.mark.parametrize("name", STATES)
each_family = pytest.mark.parametrize("name", FAMILIES)
each_dimension = pytest.mark.parametrize("latent_dim", [1, 2])


def statistics(name: str, rows: int = ROWS) -> torch.Tensor:
    rng = np.random.default_rng([5, rows])
    x = {
        "spin": lambda: rng.choice([-1.0, 1.0], size=(rows, N_SITES)),
        "gaussian": lambda: rng.standard_normal((rows, N_SITES)) * 1.5,
        "director": lambda: Director().statistic(directors(rows, N_SITES)),
    }[name]()
    return torch.from_numpy(x.astype(np.float64))


def mask_of(name: str) -> torch.Tensor:
    """Some sites missing in every row; of Gaussians at most two, whose completions fill a grid."""
    if name != "gaussian":
        return random_mask(ROWS, N_SITES, 0.4)
    observed = torch.ones((ROWS, N_SITES), dtype=torch.bool)
    row = torch.arange(ROWS)
    observed[row, row % N_SITES] = False
    observed[row[::2], (row[::2] + 2) % N_SITES] = False
    return observed


def completions(name: str, row: torch.Tensor, seen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """All ways to fill the gaps of one configuration (C, N), and the logarithms of their weights."""
    states, log_weights = STATES[name]
    missing = (~seen).nonzero()[:, 0].tolist()
    choices = torch.tensor(list(product(range(len(states)), repeat=len(missing))), dtype=torch.int64)
    choices = choices.reshape(-1, len(missing))
    filled = row.repeat(len(choices), 1)
    filled[:, missing] = states[choices]
    return filled, log_weights[choices].sum(1)


def spoilt(statistic: torch.Tensor, observed: torch.Tensor, dim: int = 1) -> torch.Tensor:
    return statistic.where(by_field(observed, dim), torch.nan)


# -- every completion ------------------------------------------------------------------------------
@each_countable
@each_dimension
def test_the_likelihood_of_observed_sites_is_summed_over_all_completions(name, latent_dim):
    model, x, observed = gap_vae(FAMILIES[name], N_SITES, latent_dim), statistics(name), mask_of(name)
    lattice = LatentLattice(model, latent_dim, spacing=0.25)
    found = lattice.log_marginal(spoilt(x, observed), observed=observed)
    rows = range(ROWS) if name == "spin" else [0, 1, 7]
    for row in rows:
        filled, log_weight = completions(name, x[row], observed[row])
        expected = (lattice.log_marginal(filled) + log_weight).logsumexp(0)
        assert found[row].item() == pytest.approx(expected.item(), abs=EXACT)
    ignored = lattice.log_marginal(x.where(observed, 0.0))  # a twin that knows T = 0 alone
    assert (found - ignored).abs().max() > 0.1


def test_the_probabilities_of_what_a_mask_leaves_sum_to_one():
    model, observed = gap_vae(Spin(), N_SITES, 1), torch.tensor([True, False, True, True, False, False])
    lattice = LatentLattice(model, 1, radius=7.0)  # the prior's mass beyond is 1e-11
    mask = observed.expand(2**N_SITES, -1)
    log_p = lattice.log_marginal(spins(N_SITES), observed=mask)
    total = log_p.logsumexp(0).exp().item() / 2**3  # each of three missing sites counts twice
    assert total == pytest.approx(1, abs=1e-10)
    whole = lattice.log_marginal(spins(N_SITES), observed=torch.zeros_like(mask))
    torch.testing.assert_close(whole, torch.zeros_like(whole), atol=1e-10, rtol=0)


@each_countable
def test_losses_are_those_summed_over_all_completions(name):
    """At the same draws of z, of which the losses know the seed."""
    model, x, observed = gap_vae(FAMILIES[name], N_SITES, 2), statistics(name), mask_of(name)
    row = 3 if name == "spin" else 7
    one, seen = x[row : row + 1], observed[row : row + 1]
    filled, log_weight = completions(name, one[0], seen[0])
    given = spoilt(one, seen)

    def draws(number: int) -> Draws:
        return Draws(number, 0.7, generator(4))

    values = [-exact(model, whole[None], draws(16)).terms["free energy"] for whole in filled]
    expected = -(torch.stack(values) + log_weight).logsumexp(0).item()
    found = exact(model, given, draws(16), seen).terms["free energy"].item()
    assert found == pytest.approx(expected, abs=EXACT)

    mean, log_std = model.encode(given, seen)
    for objective, number in ((elbo, 1), (iwae, 5)):
        noise = torch.randn((number, 1, 2), generator=generator(4)).double()
        z = mean + log_std.exp() * noise  # (K, 1, d)
        log_likelihood = (model.log_likelihood(filled, z) + log_weight).logsumexp(1)
        if objective is elbo:
            expected = -log_likelihood.mean() + 0.7 * model.rate(mean, log_std).mean()
        else:
            log_ratio = (noise**2 / 2 + log_std - z**2 / 2).sum((1, 2))
            expected = -(log_likelihood + 0.7 * log_ratio).logsumexp(0) + np.log(number)
        found = objective(model, given, draws(number), seen).value.item()
        assert found == pytest.approx(expected.item(), abs=EXACT)


# -- fewer sites -----------------------------------------------------------------------------------
def readings(model: VAE, x: torch.Tensor, observed: torch.Tensor | None) -> dict[str, torch.Tensor]:
    """All that is computed of configurations."""
    d, mask = model.config.latent_dim, {} if observed is None else {"observed": observed}
    lattice = LatentLattice(model, d, spacing=0.2)
    single = deepcopy(model).float()
    found = {
        "log_marginal": lattice.log_marginal(x, **mask),
        "log_marginal_with_error": lattice.log_marginal_with_error(x, **mask)[0],
        "effective_nodes": lattice.effective_nodes(x, **mask),
        "energy": posterior_energy_and_entropy(lattice, x, **mask)[0],
        "posterior_means": posterior_means(single, x.float(), generator(), **mask),
        "sampled": ImportanceSampler(model, generator(2)).log_marginal_with_error(x, **mask)[0],
        "z of the encoder": model.encode(x, **mask)[0],
    }
    terms = rate_and_distortion(model, x, generator(3), **mask)
    found |= {name: torch.from_numpy(term) for name, term in zip("RD", terms, strict=True)}
    both = {} if observed is None else {"population_observed": observed}
    information = encoder_information(model, x, x, generator(3), **mask, **both)
    found["information"] = torch.tensor(information.value)
    for name, objective in OBJECTIVES.items():
        loss = objective(model, x, Draws(8, 0.5, generator(1)), *mask.values())
        found |= {f"{name}: {term}": value for term, value in loss.terms.items()}
    found |= {f"ledger: {name}": term for name, term in ledger(model, x, **mask)._asdict().items()}
    return found


@each_family
def test_sites_that_are_missing_in_every_row_might_not_exist(name):
    """Every reading is that of the model of the other sites, to rounding."""
    family, kept = FAMILIES[name], [0, 2, 3, 5]
    model, x = gap_vae(family, N_SITES, 1), statistics(name)
    observed = torch.zeros((ROWS, N_SITES), dtype=torch.bool)
    observed[:, kept] = True
    columns = by_field(observed, family.dim)[0]
    found = readings(model, spoilt(x, observed, family.dim), observed)
    expected = readings(without_sites(model, kept), x[:, columns], None)
    ignored = readings(model, x.where(columns, 0.0), None)
    assert found.keys() == expected.keys()
    for key, value in found.items():
        rounding = 1e-5 if expected[key].dtype == torch.float32 or key == "sampled" else 1e-8
        torch.testing.assert_close(
            value, expected[key], atol=rounding, rtol=rounding, check_dtype=False, msg=key
        )
    differ = [key for key in found if (ignored[key] - found[key]).abs().max() > 1e-3]
    assert {"log_marginal", "sampled", "D", "elbo: distortion", "ledger: distortion"} <= set(differ)


def test_a_complete_mask_changes_no_bit():
    model, x = gap_vae(Spin(), N_SITES, 1), statistics("spin")
    found = readings(model, x, torch.ones((ROWS, N_SITES), dtype=torch.bool))
    for key, expected in readings(model, x, None).items():
        if key.startswith(("exact", "iwae", "elbo")):  # alone, not in a training, they round otherwise
            torch.testing.assert_close(found[key], expected, atol=EXACT, rtol=0, msg=key)
        else:
            assert torch.equal(found[key], expected), key


# -- entries ---------------------------------------------------------------------------------------
def test_imputed_means_are_those_over_all_completions():
    model, x, observed = gap_vae(Spin(), N_SITES, 2), statistics("spin"), mask_of("spin")
    lattice = LatentLattice(model, 2, spacing=0.25)
    found = impute(lattice, spoilt(x, observed), observed)
    for row in range(ROWS):
        filled, _ = completions("spin", x[row], observed[row])
        expected = lattice.log_marginal(filled).softmax(0) @ filled
        torch.testing.assert_close(found[row], expected, atol=EXACT, rtol=0)
    nothing = impute(lattice, x, torch.zeros_like(observed))  # a twin: what is known tells something
    assert (nothing - found)[~observed].abs().max() > 0.1


def test_imputed_means_of_gaussians_are_those_over_a_grid():
    model, x, observed = gap_vae(Gaussian(), N_SITES, 1), statistics("gaussian"), mask_of("gaussian")
    lattice = LatentLattice(model, 1, spacing=0.25)
    found = impute(lattice, spoilt(x, observed), observed)
    for row in (1, 4):
        filled, _ = completions("gaussian", x[row], observed[row])
        expected = lattice.log_marginal(filled).softmax(0) @ filled
        torch.testing.assert_close(found[row], expected, atol=EXACT, rtol=0)


@each_countable
def test_scores_of_entries_are_differences_of_log_marginals(name):
    model, x, observed = gap_vae(FAMILIES[name], N_SITES, 1), statistics(name), mask_of(name)
    lattice = LatentLattice(model, 1)
    held_out = observed & random_mask(ROWS, N_SITES, 0.5, seed=3)
    found = entry_scores(lattice, spoilt(x, observed), held_out, observed)
    known = observed & ~held_out
    below = lattice.log_marginal(x, observed=known)
    entries = held_out.nonzero()
    assert found.shape == (len(entries),)
    with_one = known[entries[:, 0]]
    with_one[torch.arange(len(entries)), entries[:, 1]] = True
    expected = lattice.log_marginal(x[entries[:, 0]], observed=with_one) - below[entries[:, 0]]
    torch.testing.assert_close(found, expected, atol=EXACT, rtol=0)
    alone = entry_scores(lattice, x, held_out, held_out)  # a twin that is given nothing else
    assert (alone - found).abs().max() > 0.05


def test_scores_of_entries_known_otherwise_are_those_without_a_mask():
    model, x = gap_vae(Director(), N_SITES, 1), statistics("director")
    lattice, held_out = LatentLattice(model, 1), random_mask(ROWS, N_SITES, 0.8)
    found = entry_scores(lattice, x, held_out)
    again = entry_scores(lattice, x, held_out, torch.ones_like(held_out))
    torch.testing.assert_close(found, again, atol=EXACT, rtol=0)
    one = held_out.nonzero()[0]
    known = ~held_out[one[:1]]
    both = torch.cat([known, known])
    both[1, one[1]] = True
    less, more = lattice.log_marginal(x[one[0]].repeat(2, 1), observed=both)
    assert found[0].item() == pytest.approx((more - less).item(), abs=1e-7)  # of directors


def test_importance_sampling_says_the_same_of_entries():
    """Within four standard errors, from repeats."""
    model, x, observed = gap_vae(Spin(), N_SITES, 2), statistics("spin"), mask_of("spin")
    lattice, held_out = LatentLattice(model, 2), observed & random_mask(ROWS, N_SITES, 0.5, seed=3)
    repeats = [ImportanceSampler(model, generator(seed), draws=1024) for seed in range(12)]

    def check(of) -> None:
        values = torch.stack([of(sampler) for sampler in repeats])
        floor = values.std(0) / len(repeats) ** 0.5 + 1e-4  # bias of a ratio at so many draws
        assert_within_floor(values.mean(0).numpy(), of(lattice).numpy(), floor.numpy())

    check(lambda integral: impute(integral, spoilt(x, observed), observed)[~observed])
    check(lambda integral: entry_scores(integral, x, held_out, observed))


@pytest.mark.parametrize("sampled", [False, True])
def test_drawn_completions_have_the_conditional_law(sampled):
    """Means of sites and of one pair, over 4,000 draws for one row."""
    model, x = gap_vae(Spin(), N_SITES, 2), statistics("spin")[:1].repeat(4000, 1)
    observed = torch.tensor([True, True, False, False, True, False]).expand(len(x), -1)
    lattice = LatentLattice(model, 2, spacing=0.3)
    integral = ImportanceSampler(model, generator(8)) if sampled else lattice
    filled = complete(integral, spoilt(x, observed), observed, generator(5))
    assert filled.dtype == x.dtype
    assert torch.equal(filled[observed], x[observed])
    whole, _ = completions("spin", x[0], observed[0])
    law = lattice.log_marginal(whole).softmax(0)
    for of in (lambda rows: rows[:, [2, 3, 5]], lambda rows: rows[:, [2]] * rows[:, [3]]):
        mean = law @ of(whole)
        assert_mean(of(filled).numpy(), mean.numpy(), (1 - mean**2).numpy())


def test_the_same_seed_draws_the_same():
    model, x, observed = gap_vae(Gaussian(), N_SITES, 1), statistics("gaussian"), mask_of("gaussian")
    lattice = LatentLattice(model, 1)
    one, same, other = (complete(lattice, x, observed, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_masks_of_other_tables_are_refused():
    model, x = gap_vae(Spin(), N_SITES, 1), statistics("spin")
    lattice, wrong = LatentLattice(model, 1), torch.ones((ROWS, N_SITES + 1), dtype=torch.bool)
    for call in (
        lambda: impute(lattice, x, wrong),
        lambda: complete(lattice, x, wrong, generator()),
        lambda: entry_scores(lattice, x, wrong),
        lambda: lattice.log_marginal(x, observed=wrong),
        lambda: posterior_means(model, x, generator(), wrong),
        lambda: ledger(model, x, observed=wrong),
    ):
        with pytest.raises(InputError, match="a mask of the same rows and sites"):
            call()
    with pytest.raises(InputError, match="one held-out entry"):
        entry_scores(lattice, x, torch.zeros((ROWS, N_SITES), dtype=torch.bool))
