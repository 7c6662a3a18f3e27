"""Reading the theory off a trained decoder alone: collective variables and couplings.

Fields are η_i(z) = b_i + ξ_i·φ(z): the right singular vectors of many fields span the patterns ξ up to
an invertible mixing, which mfvae.patterns resolves (arXiv:2606.08694).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from mfvae.latent.lattice import Decoder

FIELD_FLOOR = 1e-5  # nats: smaller variations are rounding errors of float32 fields


@dataclass(frozen=True)
class CollectiveVariables:
    """Singular decomposition of the fields on prior draws."""

    mean_field: np.ndarray  # (N·dim,)
    singular_values: np.ndarray  # root mean square of the field along each direction, descending
    directions: np.ndarray  # right singular vectors, (N·dim, S)
    latent_dim: int

    @property
    def count(self) -> int:
        """K: the number of singular values before their widest gap (in ratio), at most 2d.

        More than d directions can only come from the curvature of a d-dimensional sheet of fields; this
        bound and a floor on the values keep the rule away from rounding errors. K is 0 where fields do
        not vary at all; whether they vary more than those of independent sites, no decoder can tell
        (mfvae.evidence).
        """
        s = np.maximum(self.singular_values[: 2 * self.latent_dim + 1], FIELD_FLOOR)
        if s[0] == FIELD_FLOOR or len(s) == 1:
            return int(s[0] > FIELD_FLOOR)
        return int(np.argmax(s[:-1] / s[1:])) + 1

    @property
    def rank(self) -> int:
        """The number of directions along which fields vary by more than rounding errors."""
        return int((self.singular_values > FIELD_FLOOR).sum())


@torch.no_grad()
def collective_variables(
    model: Decoder, latent_dim: int, n: int, rng: np.random.Generator
) -> CollectiveVariables:
    """Decompose the fields of n prior draws, their mean subtracted."""
    z = torch.from_numpy(rng.standard_normal((n, latent_dim), dtype=np.float32))
    fields = model.fields(z).cpu().double().numpy()
    mean = fields.mean(0)
    _, singular, right = np.linalg.svd(fields - mean, full_matrices=False)
    return CollectiveVariables(mean, singular / np.sqrt(n), right.T, latent_dim)
