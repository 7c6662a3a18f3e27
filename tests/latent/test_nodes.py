"""Nodes of a training: means are unbiased wherever nodes lie, and narrow posteriors are seen."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfvae.latent.lattice import LatentLattice
from mfvae.latent.nodes import CELL, RENEWED, ArcLength, PriorNodes, placement
from mfvae.model.vae import VAE
from mfvae.training.objectives import Draws, exact
from tests.helpers.statistics import assert_within_floor
from tests.helpers.trainings import generator
from tests.helpers.vaes import random_vae, steep_vae

SHIFTS = 3000


def wall_vae(n_sites: int = 60, slope: float = 30.0) -> VAE:
    """Fields ±1.2 of one sign on all sites, with a wall at z = 0 that is 1/slope wide."""
    model = random_vae(n_sites, 1, seed=0)
    with torch.no_grad():
        for parameter in model.decoder.parameters():
            parameter.zero_()
        model.decoder[0].weight[0] = slope
        model.decoder[0].weight[1] = 0.3  # within each mode
        model.decoder[-1].weight[:, 0] = 1.2
        model.decoder[-1].weight[:, 1] = 0.3
    return model


def moments(nodes, n: int) -> dict[str, np.ndarray]:
    """Weighted means over single sets of n nodes, (SHIFTS,) each."""
    source, found = generator(n), {"1": [], "z": [], "z²": [], "P(z > 1)": []}
    for _ in range(SHIFTS):
        z, log_weight = (part.double() for part in nodes(n, source))
        weight = log_weight.exp() / n
        found["1"].append(weight.sum())
        found["z"].append(weight @ z[:, -1])
        found["z²"].append(weight @ z[:, 0] ** 2)
        found["P(z > 1)"].append(weight @ (z[:, 0] > 1).double())
    return {name: np.array(values) for name, values in found.items()}


EXPECTED = {"1": 1.0, "z": 0.0, "z²": 1.0, "P(z > 1)": 0.158655253931457}
PLACEMENTS = {
    "prior, d = 2": lambda: PriorNodes(2),
    "wider, d = 1": lambda: PriorNodes(1, 1.5),
    "wider, d = 3": lambda: PriorNodes(3, 1.25),
    "arc, random": lambda: ArcLength(random_vae(5, 1, seed=3, gain=4.0)),
    "arc, wall": lambda: ArcLength(wall_vae()),
}
BEYOND = 3e-6  # of ⟨z²⟩ and below: what lies beyond the reach of an arc


@pytest.mark.parametrize("name", PLACEMENTS)
@pytest.mark.parametrize("n", [5, 16])
def test_weighted_means_are_those_of_the_prior(name, n):
    for quantity, values in moments(PLACEMENTS[name](), n).items():
        floor = values.std(ddof=1) / np.sqrt(SHIFTS) + BEYOND
        assert_within_floor(values.mean(), EXPECTED[quantity], floor)


def test_twin_weights_left_out_are_caught():
    def unweighted(n, source):
        z, log_weight = PriorNodes(1, 1.5)(n, source)
        return z, 0 * log_weight

    values = moments(unweighted, 16)["z²"]
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(values.mean(), 1.0, values.std(ddof=1) / np.sqrt(SHIFTS))


def error_of_log_likelihood(nodes, model: VAE, x: torch.Tensor, n: int) -> float:
    """Mean of log p by n nodes less log p, over configurations and shifts: ≤ 0 but for noise."""
    source, log_p = generator(2), LatentLattice(model, 1).log_marginal(x).mean().item()
    with torch.no_grad():
        found = [-exact(model, x, Draws(n, 1.0, source, nodes)).terms["free energy"] for _ in range(100)]
    return float(np.mean(found)) - log_p


def test_nodes_along_the_arc_see_what_falls_between_those_of_the_prior():
    """Configurations of the wall, and of a tail: posteriors narrower than the nodes' distance."""
    model = wall_vae()
    z = torch.cat([torch.linspace(-0.03, 0.03, 40), torch.linspace(2.0, 3.0, 40)])[:, None]
    rng = np.random.default_rng(3)
    with torch.no_grad():
        x = torch.from_numpy(model.family.sample(model.fields(z).numpy(), rng)).float()
    along = error_of_log_likelihood(ArcLength(model), model, x, 64)
    prior = error_of_log_likelihood(PriorNodes(1), model, x, 64)
    assert abs(along) < 0.005
    assert prior < -20 * abs(along)


def test_a_wider_prior_sees_more_of_the_tails():
    model, x = steep_vae(100, 1)
    model, x = model.float(), x.float()
    tails = x[(x @ x.sum(0).sign()).abs().argsort(descending=True)[:10]]
    wider, prior = (
        error_of_log_likelihood(PriorNodes(1, scale), model, tails, 32) for scale in (1.5, 1.0)
    )
    assert abs(wider) < abs(prior) / 3


def test_nodes_follow_the_decoder():
    """They crowd where it is steep, and move with it after some calls."""
    model, source = wall_vae(), generator()
    nodes = ArcLength(model)
    crowd = nodes(200, source).z.abs().lt(2 / 30).sum()
    assert crowd > 80  # of them 5 % lie there by the prior
    with torch.no_grad():
        model.decoder[0].weight[0] = 0.0
    counts = [nodes(200, source).z.abs().lt(2 / 30).sum() for _ in range(RENEWED)]
    assert min(counts[:-1]) > 80
    assert counts[-1] < 20
    assert CELL < 1 / 30


def test_what_suits_a_model_depends_on_its_latents():
    assert isinstance(placement(random_vae(3, 1, seed=0)), ArcLength)
    for latent_dim in (2, 3):
        found = placement(random_vae(3, latent_dim, seed=0))
        assert isinstance(found, PriorNodes)
        assert found.widening > 1


def test_the_same_generator_gives_the_same_nodes():
    for make in PLACEMENTS.values():
        first, again = (make()(16, generator(4)) for _ in range(2))
        assert torch.equal(first.z, again.z)
        assert torch.equal(first.log_weight, again.log_weight)
        assert first.z.dtype == first.log_weight.dtype == torch.float32
