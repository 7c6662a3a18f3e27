"""Parts and randomness of all objectives; of the evidence lower bound, what it estimates, and bounds."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.func import functional_call

from mfvae.model.vae import VAE
from mfvae.training.objectives import OBJECTIVES, Draws, Loss, elbo
from tests.helpers.evidence import exact_terms, log_evidence
from tests.helpers.statistics import FACTOR, assert_within_floor
from tests.helpers.trainings import generator
from tests.helpers.vaes import in_double, random_vae, spins

N_SITES = 4
REPEATS = 2000  # of every configuration, each with a draw of z of its own
ROUNDING = 1e-5  # nats: float32 fields of a handful of sites
ALL = spins(N_SITES)

SEEDS = st.integers(0, 10_000)


def measured(model: VAE, rate_weight: float = 1.0, x: torch.Tensor = ALL) -> tuple[Loss, float]:
    """The loss of every configuration repeated, and the exact floor of its distortion."""
    batch = x.float().repeat(REPEATS, 1)
    floor = np.sqrt(exact_terms(model, x)[2].mean() / len(batch))
    with torch.no_grad():
        return elbo(model, batch, Draws(1, rate_weight, generator())), float(floor)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_loss_has_a_value_and_named_parts(name):
    model, batch = random_vae(N_SITES, 2, seed=2), ALL.float()
    loss = OBJECTIVES[name](model, batch, Draws(4, 1.0, generator()))
    parts = {
        "elbo": {"rate", "distortion"},
        "iwae": {"importance-weighted bound"},
        "exact": {"free energy", "encoder"},
    }
    assert set(loss.terms) == parts[name]
    assert all(term.shape == () for term in (loss.value, *loss.terms.values()))
    total = sum(term.item() for term in loss.terms.values())  # the weight of the rate is one
    assert loss.value.item() == pytest.approx(total, rel=1e-6)


# -- what it estimates -----------------------------------------------------------------------------
@settings(max_examples=12)
@given(SEEDS)
def test_the_loss_estimates_rate_and_mean_distortion(seed):
    model = random_vae(N_SITES, 1, seed)
    rate, distortion, _ = exact_terms(model, ALL)
    loss, floor = measured(model)
    assert loss.terms["rate"].item() == pytest.approx(rate.mean(), abs=ROUNDING)
    assert_within_floor(loss.terms["distortion"].item(), distortion.mean(), floor)
    assert_within_floor(loss.value.item(), (rate + distortion).mean(), floor)


def test_twin_a_draw_at_the_mean_of_the_encoder_is_caught():
    """Without its noise the distortion is that of one point, not of the average over q(z|x)."""
    model = random_vae(N_SITES, 1, seed=1)
    x = ALL.float()
    with torch.no_grad():
        at_mean = model(x, torch.zeros(len(x), 1)).distortion.mean().item()
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(at_mean, exact_terms(model, ALL)[1].mean(), measured(model)[1])


# -- a bound ---------------------------------------------------------------------------------------
def assert_bounds_the_evidence(loss: Loss, floor: float, model: VAE, x: torch.Tensor = ALL) -> None:
    """−ELBO ≥ −log p_θ(x), averaged over configurations, up to the floor."""
    missing = -log_evidence(model, x).mean() - loss.value.item()
    assert missing <= FACTOR * floor + ROUNDING, f"below −log p by {missing / floor:.1f} floors"


@settings(max_examples=12)
@given(SEEDS)
def test_the_elbo_is_a_lower_bound_of_the_evidence(seed):
    model = random_vae(N_SITES, 1, seed)
    rate, distortion, _ = exact_terms(model, ALL)
    assert (-(rate + distortion) <= log_evidence(model, ALL) + ROUNDING).all()  # for every configuration
    assert_bounds_the_evidence(*measured(model), model)


ALIGNED = torch.ones(1, N_SITES, dtype=torch.float64)


def matched_vae() -> VAE:
    """Fields 1.5 z on every site, and an encoder near the posterior of aligned spins: a tight bound."""
    model = random_vae(N_SITES, 1, seed=0, widths=(1,))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.encoder[0].weight.fill_(1 / N_SITES)
        model.encoder[-1].weight[0] = 1.5  # mean tanh(m) · 1.5
        model.encoder[-1].bias[1] = -0.4  # standard deviation e^-0.4
        model.decoder[0].weight.fill_(0.1)
        model.decoder[-1].weight.fill_(15.0)
    return model


def test_the_bound_holds_where_it_is_nearly_tight():
    rate, distortion, _ = exact_terms(matched_vae(), ALIGNED)
    gap = (rate + distortion + log_evidence(matched_vae(), ALIGNED)).item()
    assert 0 < gap < 0.2 * rate.item()
    assert_bounds_the_evidence(*measured(matched_vae(), x=ALIGNED), matched_vae(), ALIGNED)


@pytest.mark.parametrize("rate_weight", [0.0, 0.5])
def test_twin_without_all_of_the_rate_there_is_no_bound(rate_weight):
    with pytest.raises(AssertionError, match="below"):
        assert_bounds_the_evidence(
            *measured(matched_vae(), rate_weight, ALIGNED), matched_vae(), ALIGNED
        )


@settings(max_examples=12)
@given(SEEDS)
def test_the_gap_is_the_divergence_from_the_true_posterior(seed):
    """F_q − F_p = KL(q(z|x) ‖ p_θ(z|x)), the right side as an integral of densities done here."""
    model = random_vae(N_SITES, 1, seed)
    rate, distortion, _ = exact_terms(model, ALL)
    gap = rate + distortion + log_evidence(model, ALL)
    double = in_double(model)

    def log_joint(z: torch.Tensor) -> torch.Tensor:
        return double.log_likelihood(ALL[:, None], z[..., None]) - z**2 / 2 - np.log(2 * np.pi) / 2

    prior_nodes = torch.linspace(-12, 12, 2401, dtype=torch.float64)
    noise = torch.linspace(-9, 9, 1001, dtype=torch.float64)
    with torch.no_grad():
        mean, log_std = double.encode(ALL)
        log_normalisation = log_joint(prior_nodes[None]).logsumexp(1, keepdim=True) + np.log(0.01)
        log_posterior = log_joint(mean + log_std.exp() * noise) - log_normalisation
    log_q = -(noise**2) / 2 - log_std - np.log(2 * np.pi) / 2
    divergence = (log_q - log_posterior) @ (-(noise**2) / 2).softmax(0)
    np.testing.assert_allclose(gap, divergence, atol=2 * ROUNDING)


# -- weight and randomness -------------------------------------------------------------------------
@given(st.floats(0, 1), SEEDS)
def test_the_rate_enters_with_its_weight_and_nothing_else_changes(rate_weight, seed):
    model, batch = random_vae(N_SITES, 2, seed=2), ALL.float()
    loss, full = (elbo(model, batch, Draws(1, weight, generator(seed))) for weight in (rate_weight, 1.0))
    rate, distortion = (full.terms[name].item() for name in ("rate", "distortion"))
    assert {name: term.item() for name, term in loss.terms.items()} == {
        "rate": rate,
        "distortion": distortion,
    }
    assert loss.value.item() == pytest.approx(distortion + rate_weight * rate, rel=1e-6)


def values(loss: Loss) -> list[float]:
    return [loss.value.item(), *(term.item() for term in loss.terms.values())]


@pytest.mark.parametrize("name", OBJECTIVES)
@settings(max_examples=20)
@given(seed=SEEDS)
def test_a_loss_is_fixed_by_its_generator(name, seed):
    model, batch = random_vae(N_SITES, 2, seed=2), ALL.float()
    first = OBJECTIVES[name](model, batch, Draws(8, 0.3, generator(seed)))
    state = torch.get_rng_state()
    again = OBJECTIVES[name](model, batch, Draws(8, 0.3, generator(seed)))
    assert values(first) == values(again)
    assert torch.equal(torch.get_rng_state(), state)  # the global generator is left alone
    other = OBJECTIVES[name](model, batch, Draws(8, 0.3, generator(seed + 1)))
    assert other.value.item() != first.value.item()


def test_every_step_draws_anew():
    """A generator that goes on gives other nodes, or the decoder could fit itself to them."""
    model, batch, going_on = random_vae(N_SITES, 2, seed=2), ALL.float(), generator()
    for objective in OBJECTIVES.values():
        found = {objective(model, batch, Draws(8, 1.0, going_on)).value.item() for _ in range(5)}
        assert len(found) == 5


class Value(torch.nn.Module):
    """The loss as a function of the parameters alone."""

    def __init__(self, model: VAE, rate_weight: float) -> None:
        super().__init__()
        self.model, self.rate_weight = model, rate_weight

    def forward(self) -> torch.Tensor:
        return elbo(self.model, spins(3), Draws(1, self.rate_weight, generator(5))).value


@pytest.mark.parametrize("rate_weight", [0.0, 0.4, 1.0])
def test_the_gradient_is_that_of_the_value(rate_weight):
    """Against central differences in float64, for every parameter of a small model."""
    value = Value(in_double(random_vae(3, 1, seed=3, widths=(3,))), rate_weight)
    names, parameters = zip(*value.named_parameters(), strict=True)

    def at(*changed):
        return functional_call(value, dict(zip(names, changed, strict=True)), ())

    assert torch.autograd.gradcheck(at, parameters, eps=1e-6, atol=1e-7)
