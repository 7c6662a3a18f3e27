"""Models and masks of tables with gaps, and the model of fewer sites that a column of gaps leaves."""

from __future__ import annotations

import torch

from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.base import SiteFamily
from tests.helpers.trainings import generator

EXACT = 1e-10  # nats: rounding of sums in float64


def gap_vae(family: SiteFamily, n_sites: int, latent_dim: int, seed: int = 1) -> VAE:
    """An untrained model in float64 whose encoder sees gaps; its fields and rates are of order 1."""
    model = VAE(family, n_sites, VAEConfig(latent_dim, (6,), (6,), gaps=True), seed).double()
    with torch.no_grad():
        model.output.weight *= 3.0
        model.encoder[-1].bias[latent_dim:] -= 1
    return model.requires_grad_(False)


def random_mask(rows: int, n_sites: int, missing: float, seed: int = 0) -> torch.Tensor:
    """Entries missing completely at random."""
    return torch.rand((rows, n_sites), generator=generator(seed)) >= missing


def without_sites(model: VAE, kept: list[int]) -> VAE:
    """The model of these sites alone, which knows of no gaps and has the same encoder as the one with
    all others missing in every row.
    """
    family, config = model.family, model.config
    fields = [site * family.dim + part for site in kept for part in range(family.dim)]
    missing = [site for site in range(model.n_sites) if site not in kept]
    small = VAE(family, len(kept), VAEConfig(config.latent_dim, (6,), (6,)), 0).double()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    first = state["encoder.0.weight"]
    flags = first[:, model.n_sites * family.dim :]
    state["encoder.0.bias"] += flags[:, missing].sum(1)
    state["encoder.0.weight"] = first[:, fields]
    for part in ("weight", "bias"):
        state[f"decoder.2.{part}"] = state[f"decoder.2.{part}"][fields]
    small.load_state_dict(state)
    return small.requires_grad_(False)
