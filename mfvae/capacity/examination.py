"""All questions of ``mfvae.capacity.unknown_law`` asked of one model and its held-out rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import ArrayLike

from mfvae.capacity.bipartitions import candidate_bipartitions
from mfvae.capacity.bound import rate_and_distortion
from mfvae.capacity.confidence import (
    CONFIDENCE,
    LowerBound,
    check_confidence,
    mean_over_members,
    members_of,
)
from mfvae.capacity.critic import FEWEST_ROWS, check_rows, kl_lower_bound, train_critics
from mfvae.capacity.information_bound import information_lower_bound
from mfvae.capacity.power import power
from mfvae.capacity.unknown_law import UnknownLawVerdict, better_laws, judge_unknown_law
from mfvae.latent.choose import latent_integral
from mfvae.latent.lattice import LatentQuadrature
from mfvae.model.vae import VAE
from mfvae.random import generator, integer_seed
from mfvae.stats import Estimate

DRAWS_PER_ROW = 5  # of the model, for every row: their share of the error is then a third at most
MOST_DRAWS = 500_000


def effective_rows(per_row: np.ndarray, groups: ArrayLike | None = None) -> int:
    """How many independent rows would have the error of these rows in groups, at most B.

    From values (B,) that differ from row to row, such as log p_θ(x): their variance over the squared
    error of their mean.

    Examples
    --------
    Every row is there twice.

    >>> rows = np.random.default_rng(0).normal(size=500)
    >>> 400 < effective_rows(np.repeat(rows, 2), np.repeat(np.arange(500), 2)) < 600
    True
    """
    found, _ = mean_over_members(per_row, members_of(groups, len(per_row)))
    variance = float(per_row.var(ddof=1))
    if found.stderr**2 * len(per_row) <= variance:
        return len(per_row)
    return max(1, round(variance / found.stderr**2))


def examine_unknown_law(
    model: VAE,
    selection: ArrayLike,
    estimation: ArrayLike,
    *,
    seed: int,
    selection_groups: ArrayLike | None = None,
    estimation_groups: ArrayLike | None = None,
    laws: Mapping[str, ArrayLike] | None = None,
    log_prob: ArrayLike | None = None,
    confidence: float = CONFIDENCE,
) -> UnknownLawVerdict:
    """Capacity, better laws, critic and, where nothing is certain, its power: the verdict on a model.

    Parameters
    ----------
    model : VAE
        Trained; up to three latents also the capacity bound is asked for.
    selection : array, shape (B, N·dim)
        Statistics T(x) without gaps that choose bipartition and critic, such as the training rows.
    estimation : array, shape (B', N·dim)
        Those of held-out rows, which chose nothing.
    seed : int
        Of all draws and fits.
    selection_groups, estimation_groups : array, optional
        Groups of rows that are independent of each other; without them every row is.
    laws : mapping of name to array, shape (B',), optional
        log r(x) of the held-out rows under other laws, in nats; needs ``log_prob``, log p_θ(x).
    log_prob : array, shape (B',), optional
        Of the model, computed here for up to three latents if it is not given.
    confidence : float
        One-sided, shared between the critic and the laws.

    Returns
    -------
    UnknownLawVerdict

    Raises
    ------
    InputError
        For gaps, few rows, other shapes, fewer than two groups.

    Examples
    --------
    A model as drawn, and data whose spins are all the same.

    >>> from mfvae.model.vae import VAEConfig
    >>> from mfvae.sites.spin import Spin
    >>> rows = np.repeat(np.random.default_rng(0).choice([-1, 1], size=(400, 1)), 4, axis=1)
    >>> model = VAE(Spin(), 4, VAEConfig(latent_dim=1), seed=0)
    >>> str(examine_unknown_law(model, rows[:200], rows[200:], seed=0).answer)
    'not faithful'
    """
    check_confidence(confidence)
    rows, others = check_rows("selection", selection), check_rows("estimation", estimation)
    rng = generator(seed, "capacity/examination")
    noise = torch.Generator().manual_seed(integer_seed(seed, "capacity/examination"))
    statistic = torch.from_numpy(others)
    members = members_of(estimation_groups, len(others))
    integral = latent_integral(model, noise, fitted_to=statistic)
    rate: Estimate | None = None
    information: LowerBound | None = None
    if isinstance(integral, LatentQuadrature):
        rate, _ = mean_over_members(rate_and_distortion(model, statistic, noise)[0], members)
        information = information_lower_bound(
            integral,
            rows,
            others,
            candidate_bipartitions(rows, model.n_sites, rng),
            rng,
            selection_groups=selection_groups,
            estimation_groups=estimation_groups,
            confidence=confidence,
        )
        log_prob = integral.log_marginal(statistic).numpy() if log_prob is None else log_prob
    elif log_prob is None:
        log_prob = integral.log_marginal_with_error(statistic)[0].double().numpy()
    own = np.asarray(log_prob, dtype=np.float64)
    shared = confidence if not laws else 1 - (1 - confidence) / 2
    found = better_laws(laws, own, estimation_groups, shared) if laws else []

    def draw(n: int, source: np.random.Generator) -> np.ndarray:
        return model.family.statistic(model.sample(n, source))

    n_draws = min(MOST_DRAWS, DRAWS_PER_ROW * max(len(rows), len(others)))
    critic = train_critics(rows, draw(n_draws, rng), selection_groups, seed=seed, confidence=shared)
    found.append(kl_lower_bound(critic, others, draw(n_draws, rng), estimation_groups, shared))
    measured = None
    if not any(one.found for one in found):
        independent = max(FEWEST_ROWS, effective_rows(own, estimation_groups))
        measured = power(draw, len(rows), independent, n_draws, seed, confidence=shared)
    return judge_unknown_law(found, rate=rate, information=information, power=measured)
