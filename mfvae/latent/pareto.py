"""The tail of importance weights: how heavy it is tells whether their mean can be trusted."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mfvae.portable import in_double

TOO_HEAVY = 0.7  # shape beyond which no practical number of draws makes a mean of weights reliable
PRIOR_DRAWS = 10  # that a shape of ½ counts for, as a fit to few weights scatters widely


def shapes(log_weight: Tensor) -> Tensor:
    """Shape k̂ of the generalised Pareto law of the largest weights: (B, S) → (B,).

    The M = min(S/5, 3√S) largest of each row, above the next one, are fitted as Zhang & Stephens do
    (Technometrics 51, 316, 2009). Moments of order 1/k and more are infinite; k̂ > 0.7 says that the
    mean of the weights is not to be trusted (Vehtari, Simpson, Gelman, Yao & Gabry, arXiv:1507.02646).
    A row whose largest weights are all alike has shape −∞.
    """
    draws = log_weight.shape[1]
    tail = max(1, min(draws // 5, math.ceil(3 * math.sqrt(draws))))
    ordered = in_double(log_weight - log_weight.amax(1, keepdim=True)).exp().sort(1).values
    excess = ordered[:, -tail:] - ordered[:, -tail - 1, None]  # (B, M), ascending
    largest = excess[:, -1:]
    quartile = excess[:, max(0, math.floor(tail / 4 + 0.5) - 1), None]
    number = 30 + math.floor(math.sqrt(tail))
    order = torch.arange(1, number + 1, dtype=torch.float64, device=excess.device)
    slope = 1 / largest + (1 - (number / (order - 0.5)).sqrt()) / (3 * quartile.clamp(min=1e-300))
    shape = torch.log1p(-slope[:, :, None] * excess[:, None]).mean(2)  # (B, number)
    log_likelihood = tail * ((-slope / shape).log() - shape - 1)
    posterior = torch.nan_to_num(log_likelihood, nan=-math.inf).softmax(1)
    mean_slope = (torch.nan_to_num(slope * posterior)).sum(1, keepdim=True)
    k = torch.log1p(-mean_slope * excess).mean(1)
    k = (tail * k + PRIOR_DRAWS * 0.5) / (tail + PRIOR_DRAWS)
    return torch.where(largest[:, 0] > 0, k, -math.inf)
