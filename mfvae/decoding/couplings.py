"""Couplings read off the posterior of a trained decoder, in two independent ways, and the field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mfvae.latent.choose import LatentIntegral


@dataclass(frozen=True)
class Couplings:
    """βJ as K×K matrices read off in two independent ways, and the field h (K,) along the patterns.

    A third way, which needs no configurations, is ``mfvae.decoding.potential``.

    Standard errors are over configurations at the given decoder; they omit the training's own spread.
    """

    from_mean: np.ndarray  # slope of E[φ|x] against m(x); row: component of φ, column: of m
    from_mean_stderr: np.ndarray
    from_spread: np.ndarray  # N Cov(φ|x)
    from_spread_stderr: np.ndarray
    field: np.ndarray  # intercept of E[φ|x]
    field_stderr: np.ndarray


def couplings(
    integral: LatentIntegral, statistic: Tensor, patterns: np.ndarray, n_sites: int
) -> Couplings:
    """Read βJ and h off the exact posterior of the decoder over configurations (B, N·dim).

    φ(z) = ξ⁺η(z) includes the external field: E[φ|x] = h + βJ·m(x) and Cov(φ|x) = βJ/N. Both ask for m
    of whole configurations: gaps are filled first, by ``mfvae.latent.missing.complete``.
    """
    pseudo_inverse = torch.from_numpy(np.linalg.pinv(patterns))  # (K, N·dim)
    mean, covariance = integral.posterior_moments(statistic, pseudo_inverse)
    m = statistic.double().numpy() @ patterns / n_sites
    design = np.column_stack([m, np.ones(len(m))])
    solution, *_ = np.linalg.lstsq(design, mean.numpy(), rcond=None)
    # White's heteroscedastic errors: the residual is the curvature of E[φ|x], not noise of one size
    influence = np.linalg.pinv(design)
    stderr = np.sqrt(influence**2 @ (mean.numpy() - design @ solution) ** 2)
    spread = n_sites * covariance.numpy()
    return Couplings(
        solution[:-1].T,
        stderr[:-1].T,
        spread.mean(0),
        spread.std(0, ddof=1) / np.sqrt(len(m)),
        solution[-1],
        stderr[-1],
    )
