"""What a model says that no change of its latent variables alters, and how far replicas agree on it.

Sums over the prior are the quadrature's, up to three latents. Of fields η(z) and mean statistics ⟨T⟩(z)
of the sites: the span of the first K singular directions of the fields; the coupling matrix ξξᵀ of the
patterns decoded in it, which their order and signs leave as it is; the law of x itself, of which the
means ⟨T⟩, the covariances of all pairs of sites, and log p_θ of held-out configurations are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mfvae.compare.similarity import LATENT, Similarity, cosine, over_pairs, raw, shuffled, spans
from mfvae.decoding.collective import collective_variables
from mfvae.decoding.patterns import patterns_of
from mfvae.errors import InputError
from mfvae.latent.choose import latent_integral
from mfvae.latent.lattice import LatentQuadrature
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.model.vae import VAE
from mfvae.sites.masks import on_device

PRIOR_DRAWS = 4000  # whose fields are decomposed
COLUMNS = ("quantity", "value", "stderr", "null")


class Invariants(NamedTuple):
    """Of one model, beside the latents that it infers."""

    latent: np.ndarray  # posterior means of the encoder, (B, d): no invariant
    directions: np.ndarray  # of the fields, (N·dim, K)
    coupling: np.ndarray  # ξξᵀ, (N·dim, N·dim)
    means: np.ndarray  # ⟨T⟩, (N·dim,)
    covariances: np.ndarray  # of different sites' T, 0 within a site, (N·dim, N·dim)
    log_prob: np.ndarray  # of the configurations, in nats, (B,)


def invariants(
    model: VAE,
    statistic: Tensor,
    kind: str,
    rng: np.random.Generator,
    noise: torch.Generator,
    observed: Tensor | None = None,
) -> Invariants:
    """Of a model with at most three latents on statistics (B, N·dim).

    ``kind`` of patterns: one of KINDS (mfvae.patterns); of real ones as many as latents. Latents and
    log p_θ are those of the sites that were ``observed``, bool (B, N), if not all.
    """
    d = model.config.latent_dim
    integral = latent_integral(model, noise, fitted_to=statistic, observed=observed)
    if d > MAX_LATENT_DIM or not isinstance(integral, LatentQuadrature):
        raise InputError("latent_dim", d, f"at most {MAX_LATENT_DIM} is needed")
    variables = collective_variables(model, d, PRIOR_DRAWS, rng)
    k = d if kind == "real" else variables.count
    span = variables.directions[:, :k]
    patterns = patterns_of(kind, span, variables.singular_values[:k], model.n_sites, rng)
    weight = integral.log_weight.softmax(0)
    means = model.family.mean_statistic(integral.fields)
    centre = weight @ means
    covariances = (((means - centre) * weight[:, None]).T @ (means - centre)).cpu().numpy()
    dim = model.family.dim
    site = np.arange(len(centre)) // dim
    with torch.no_grad():
        latent = model.encode(*on_device(statistic, observed, model.device))[0].cpu().double().numpy()
    return Invariants(
        latent,
        span,
        patterns.values @ patterns.values.T,
        centre.cpu().numpy(),
        np.where(site[:, None] == site, 0.0, covariances),
        integral.log_marginal(statistic, observed=observed).numpy(),
    )


def root_mean_square(a: np.ndarray, b: np.ndarray) -> float:
    """Of the difference of both."""
    return float(np.sqrt(((a - b) ** 2).mean()))


def agreement(replicas: Sequence[Invariants], rng: np.random.Generator) -> pd.DataFrame:
    """COLUMNS: similarities, means over pairs of replicas; the null has rows in random order.

    Rows are configurations, or sites where there are none. Then root-mean-square differences of log p_θ
    in nats and of ⟨T⟩, and the smallest similarity of two coupling matrices.
    """
    compared: list[tuple[str, Similarity, Callable[[Invariants], np.ndarray]]] = [
        *((name, similarity, lambda one: one.latent) for name, similarity in LATENT.items()),
        ("span", spans, lambda one: one.directions),
        ("coupling", cosine, lambda one: one.coupling),
        ("covariances", cosine, lambda one: one.covariances),
        ("log_prob", raw, lambda one: one.log_prob[:, None]),
        ("log_prob_difference", root_mean_square, lambda one: one.log_prob),
        ("means_difference", root_mean_square, lambda one: one.means),
    ]
    rows = []
    for name, similarity, part in compared:
        parts = [part(one) for one in replicas]
        found, null = over_pairs(similarity, parts), shuffled(similarity, parts, rng)
        rows.append((name, found.value, found.stderr, null.value))
    worst = min(cosine(a.coupling, b.coupling) for a, b in combinations(replicas, 2))
    rows.append(("coupling_worst", worst, np.nan, np.nan))
    return pd.DataFrame(rows, columns=list(COLUMNS))
