"""How many wells has the latent space of a fit, and how high are the barriers between them?

The answer is that of ``mfvae.latent.spectrum``: it depends on the laws that the decoder gives, not on
the latents in which they are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from mfvae.analysis.shown import Shown
from mfvae.errors import InputError
from mfvae.latent.nodes import shifted_nodes
from mfvae.latent.spectrum import NEIGHBOURS, STATES, LatentSpectrum, fisher_chart
from mfvae.latent.spectrum import latent_spectrum as spectrum_of
from mfvae.model.vae import VAE
from mfvae.random import integer_seed

if TYPE_CHECKING:
    import pandas as pd

    from mfvae.analysis.fit import Fit

PRIOR, ROWS = "prior", "rows"
POINTS = 2**12  # of the prior; a power of 2 suits its quasi-random nodes


@dataclass(frozen=True, eq=False)
class LatentWells(Shown):
    """The spectrum of the latent space of a fit.

    Attributes
    ----------
    spectrum : LatentSpectrum
        Energies, in inverse squared units of Fisher length, and eigenfunctions at the points.
    latents : ndarray
        float64 (n, d), the points.
    at : str
        ``prior`` or ``rows``, what the points are.

    Examples
    --------
    A magnet in its ordered phase has two wells.

    >>> import mfvae
    >>> magnet = mfvae.build("curie_weiss", {"N": 40, "beta": 1.5}, seed=0)
    >>> x = magnet.sample(3000, np.random.default_rng(0))
    >>> mfvae.latent_spectrum(mfvae.fit(x, latents=1, epochs=4)).wells
    2
    """

    spectrum: LatentSpectrum
    latents: np.ndarray
    at: str

    @property
    def wells(self) -> int:
        """How many wells the widest gap between energies counts."""
        return self.spectrum.wells

    @property
    def barriers(self) -> np.ndarray:
        """In nats, highest first, (wells − 1,)."""
        return self.spectrum.barriers

    def to_frame(self) -> pd.DataFrame:
        """A line an energy: first-order perturbation theory, its level, the side of the gap.

        ``first_order`` starts from ``free_energy``, that of −∇², and adds the mean of the potential.
        """
        import pandas as pd

        found = self.spectrum
        level = np.concatenate([[i] * len(part) for i, part in enumerate(found.levels)])
        return pd.DataFrame(
            {
                "energy": found.energies,
                "free_energy": found.free_energies,
                "first_order": found.first_order,
                "level": level,
                "below_gap": np.arange(len(level)) < self.wells,
            }
        )

    def summary(self) -> str:
        """The number of wells, the gap that says so, and the barriers."""
        energies, k = self.spectrum.energies, self.wells
        number = "1 well" if k == 1 else f"{k} wells"
        lines = [
            f"The latent space has {number}: the widest gap of its spectrum is from "
            f"{energies[k - 1]:.3g} to {energies[k]:.3g} per squared unit of Fisher length."
        ]
        if k > 1:
            highest = np.log(len(self.latents))
            heights = (f"at least {b:.2g}" if b > highest - 1e-9 else f"{b:.2g}" for b in self.barriers)
            lines.append(f"Barriers between them, in nats: {', '.join(heights)}.")
        lines.append(f"The sheet of laws has {self.spectrum.dimension:.2g} dimensions.")
        return "\n".join(lines)


def latent_spectrum(
    fit: Fit,
    *,
    at: str = PRIOR,
    points: int = POINTS,
    n_states: int = STATES,
    neighbours: int = NEIGHBOURS,
    seed: int = 0,
) -> LatentWells:
    """Energies and eigenfunctions of the latent space of the chosen model, and its wells.

    Parameters
    ----------
    fit : Fit
        Of spins or of Gaussian sites.
    at : str
        Where the operator is built: on draws from the ``prior`` (quasi-random), or on posterior means of
        held-out ``rows``. Means of rows of few spins are discrete, a clump for every number of +1, and
        each clump is a well: there the prior is right.
    points : int
        The number of draws, or the most rows that are taken.
    n_states : int
        The number of energies.
    neighbours : int
        Of a point, on which the width of the kernel depends; a group of fewer points is no well.
    seed : int
        Of the draws.

    Returns
    -------
    LatentWells

    Raises
    ------
    InputError
        For a fit without latents, sites without a flat chart, and points that are too few or equal:
        rows of few sites have equal posterior means, draws from the prior do not.

    Examples
    --------
    >>> import mfvae
    >>> magnet = mfvae.build("curie_weiss", {"N": 40, "beta": 1.5}, seed=0)
    >>> x = magnet.sample(3000, np.random.default_rng(0))
    >>> found = latent_spectrum(mfvae.fit(x, latents=1, epochs=4), n_states=3)
    >>> found.to_frame()["below_gap"].tolist()
    [True, True, False]
    """
    model = fit.chosen.model
    if model is None:
        raise InputError("latents", 0, "one latent at least is needed")
    if at == PRIOR:
        noise = torch.Generator().manual_seed(integer_seed(seed, "analysis/wells"))
        z = shifted_nodes(points, model.config.latent_dim, noise)
    elif at == ROWS:
        rows = np.flatnonzero(fit.parts == "test")[:points]
        seen = None if fit.data.observed is None else fit.data.observed[rows]
        z = torch.from_numpy(fit.latent_means(fit.data.array[rows], seen))
    else:
        raise InputError("at", at, f"one of {PRIOR}, {ROWS} is needed")
    found = spectrum_of(charted(model, z), n_states, neighbours)
    return LatentWells(found, z.double().numpy(), at)


@torch.no_grad()
def charted(model: VAE, z: torch.Tensor) -> np.ndarray:
    """Fisher coordinates (n, N·dim) of the laws at latents (n, d)."""
    return fisher_chart(model.family, model.fields(z).cpu().double().numpy())
