"""What a model says of entries that were not observed: means, draws, and scores of held-out ones.

Given z sites are independent, so that what was observed speaks of the others through the posterior
alone: p_θ(x_i | x_observed) = ∫ p(x_i | η_i(z)) p_θ(z | x_observed) dz, one more sum over latents.
Entries must be missing at random (``mfvae.sites.masks``).

Functions take the sum that suits the model, ``mfvae.latent.choose.latent_integral``: quadrature up to
three latents, importance sampling beyond.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mfvae.errors import InputError
from mfvae.latent.choose import LatentIntegral
from mfvae.sites.masks import by_field, check_observed


def impute(integral: LatentIntegral, statistic: Tensor, observed: Tensor) -> Tensor:
    """Conditional means E[T_i | x_observed] of the sites that were not observed.

    Parameters
    ----------
    integral : LatentIntegral
        The model's sum over latents.
    statistic : Tensor
        Statistics (B, N·dim); whatever stands in the gaps is not looked at.
    observed : Tensor
        bool (B, N), True where a site was observed.

    Returns
    -------
    Tensor
        float64 (B, N·dim): the conditional means, and where a site was observed its own statistic. The
        mean of a spin lies between −1 and 1; it is no configuration (``complete`` draws those).

    Raises
    ------
    InputError
        For what is no mask of these statistics.
    """
    family = integral.family
    check_observed(observed, len(statistic), statistic.shape[1] // family.dim)
    means = integral.posterior_mean(family.mean_statistic, statistic, observed)
    return torch.where(by_field(observed, family.dim), statistic.double(), means)


def complete(
    integral: LatentIntegral, statistic: Tensor, observed: Tensor, generator: torch.Generator
) -> Tensor:
    """Statistics whose gaps are filled by one draw from p_θ(x_missing | x_observed).

    The filled rows follow the law of whole configurations, as far as the model does, where means would
    be too regular: so they are what readings of whole configurations are given, such as
    ``mfvae.decoding.couplings``. Such a reading leans on the model for the entries that were missing.

    Parameters
    ----------
    integral, statistic, observed
        As of ``impute``.
    generator : torch.Generator
        Of the draws.

    Returns
    -------
    Tensor
        (B, N·dim), of the type of ``statistic``, which stands where a site was observed.

    Raises
    ------
    InputError
        For what is no mask of these statistics.
    """
    family = integral.family
    drawn = torch.from_numpy(family.statistic(draw_given(integral, statistic, observed, generator)))
    return torch.where(by_field(observed, family.dim), statistic, drawn.to(statistic))


def draw_given(
    integral: LatentIntegral, statistic: Tensor, observed: Tensor, generator: torch.Generator
) -> np.ndarray:
    """One draw of every site from its law given what was observed of the row.

    Parameters
    ----------
    integral, statistic, observed, generator
        As of ``complete``.

    Returns
    -------
    ndarray
        Configurations (B, N, ...), drawn also where a site was observed.

    Raises
    ------
    InputError
        For what is no mask of these statistics.
    """
    family = integral.family
    check_observed(observed, len(statistic), statistic.shape[1] // family.dim)
    rng = np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))
    drawn = []
    for log_weight, fields in integral.posteriors(statistic, observed):
        node = torch.multinomial(log_weight.exp().cpu(), 1, generator=generator)[:, 0]
        row = torch.arange(len(node)) if len(fields) > 1 else torch.zeros_like(node)
        at = (part.to(fields.device) for part in (row, node))
        drawn.append(family.sample(fields[tuple(at)].cpu().numpy(), rng))
    return np.concatenate(drawn)


def entry_scores(
    integral: LatentIntegral, statistic: Tensor, held_out: Tensor, observed: Tensor | None = None
) -> Tensor:
    """log p_θ(x_i | x_others) of held-out entries, given those of their rows that were not held out.

    Each entry is scored by itself. The joint score of all held-out entries of a row is a difference of
    two ``log_marginal_with_error``, with and without them.

    Parameters
    ----------
    integral : LatentIntegral
        The model's sum over latents.
    statistic : Tensor
        Statistics (B, N·dim), right also where entries are held out.
    held_out : Tensor
        bool (B, N), True for the entries that are scored. They are taken out of ``observed``.
    observed : Tensor, optional
        bool (B, N), True for what is known, if not all; what is neither known nor held out is a gap.

    Returns
    -------
    Tensor
        float64 (E,), in nats, in the order of ``held_out.nonzero()``: row after row.

    Raises
    ------
    InputError
        For what is no mask of these statistics, and where no entry is held out.
    """
    family, rows = integral.family, len(statistic)
    n_sites = statistic.shape[1] // family.dim
    check_observed(held_out, rows, n_sites, "held_out")
    check_observed(observed, rows, n_sites)
    if not held_out.any():
        raise InputError("held_out", "no entry", "one held-out entry at least is needed")
    known = ~held_out if observed is None else observed & ~held_out
    scores = torch.full((rows, n_sites), torch.nan, dtype=torch.float64)
    start = 0
    for log_weight, fields in integral.posteriors(statistic, known):
        block = slice(start, start + len(log_weight))
        start += len(log_weight)
        for site in held_out[block].any(0).nonzero()[:, 0].tolist():
            here = held_out[block, site].nonzero()[:, 0]  # (E,)
            there = here.to(fields.device)
            columns = slice(site * family.dim, (site + 1) * family.dim)
            own = statistic[block, columns][here, None].to(fields.device).double()  # (E, 1, dim)
            field = fields[:, :, columns] if len(fields) == 1 else fields[there, :, columns]
            log_prob = family.log_prob(own, field)  # (E, G)
            found = (log_weight[there] + log_prob).logsumexp(1)
            scores[block, site][here] = found.to(scores.device)
    return scores[held_out]
