"""The chosen law as a model of interacting spins: effective couplings J_ij of every pair of sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from mfvae.decoding.effective import EffectiveCouplings, effective_couplings
from mfvae.errors import InputError
from mfvae.latent.lattice import SobolNodes
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.model.vae import VAE
from mfvae.random import integer_seed
from mfvae.shown import Shown
from mfvae.systems.base import System
from mfvae.systems.binary_patterns import BinaryPatternModel

if TYPE_CHECKING:
    import pandas as pd

    from mfvae.analysis.fit import Fit

NODES = 4096  # of the sum over latents: with twice as many J changed by 1e-5, with more rows by 4e-4
ROWS = 200  # held-out ones, at which couplings are taken
MOST_SITES = 200  # the time grows as their square: half a minute


@dataclass(frozen=True, eq=False)
class Interactions(Shown):
    """Couplings between all pairs of spins at held-out rows, in units of temperature.

    Attributes
    ----------
    found : EffectiveCouplings
        Of the chosen law.
    site_names : tuple of str
    stderr_halves : float
        Standard error, root mean square over pairs, from two models that were trained on either half of
        the training rows: it has the scatter of the data and of trainings. NaN where there are none.
    truth : ndarray or None
        True couplings (N, N), where they are known.

    Examples
    --------
    >>> import mfvae
    >>> system = mfvae.build("curie_weiss", {"N": 12, "beta": 1.3}, seed=0)
    >>> fit = mfvae.fit(system.sample(3000, np.random.default_rng(0)), latents=1, epochs=4)
    >>> found = mfvae.interactions(fit, truth=system)
    >>> found.pairs.shape, len(found.to_frame())
    ((12, 12), 66)
    """

    found: EffectiveCouplings
    site_names: tuple[str, ...]
    stderr_halves: float
    truth: np.ndarray | None = None

    @property
    def pairs(self) -> np.ndarray:
        """J_ij, (N, N), symmetric, zero on the diagonal."""
        return self.found.pairs

    def summary(self) -> str:
        """How large the couplings are, how certain, and how far from the true ones, if known."""
        upper = np.triu_indices(len(self.pairs), 1)
        values, spread = self.pairs[upper], self.found.pairs_spread[upper]
        lines = [
            f"{len(values)} effective couplings: root mean square {_rms(values):.2g}; of one pair from "
            f"row to row {_rms(spread):.2g}, where pairs alone would have none."
        ]
        if np.isfinite(self.stderr_halves):
            error = f"{self.stderr_halves:.2g}"
            lines.append(f"Standard error from models of either half of the training rows: {error}.")
        if self.truth is not None:
            true = self.truth[upper]
            lines.append(
                f"They differ from the true couplings by {_rms(values - true):.2g}, root mean square, "
                f"where those are {_rms(true):.2g}."
            )
        return "\n".join(lines)

    def to_frame(self) -> pd.DataFrame:
        """A line a pair: ``site``, ``other``, ``value``, ``stderr_rows``, ``spread``, and ``truth``."""
        import pandas as pd

        one, other = upper = np.triu_indices(len(self.pairs), 1)
        names = np.array(self.site_names, dtype=object)
        columns = {
            "site": names[one],
            "other": names[other],
            "value": self.pairs[upper],
            "stderr_rows": self.found.pairs_stderr[upper],
            "spread": self.found.pairs_spread[upper],
        }
        if self.truth is not None:
            columns["truth"] = self.truth[upper]
        return pd.DataFrame(columns)


def interactions(fit: Fit, truth: System | np.ndarray | None = None) -> Interactions | None:
    """Effective couplings J_ij of the chosen law, at held-out rows.

    Parameters
    ----------
    fit : Fit
    truth : System or ndarray, optional
        The law of the data, or its couplings (N, N), where they are known.

    Returns
    -------
    Interactions or None
        None where there is no latent, and for other sites than spins, rows with gaps, more than three
        latents or more than 200 sites.

    Raises
    ------
    InputError
        For couplings of other sites, or a system without known couplings of pairs.

    Examples
    --------
    Independent sites have none.

    >>> import mfvae
    >>> x = np.random.default_rng(0).integers(2, size=(400, 5))
    >>> interactions(mfvae.fit(x, latents=1, epochs=1)) is None
    True
    """
    known = None if truth is None else true_couplings(truth, fit.data.n_sites)
    ladder, model = fit.ladder, fit.chosen.model
    asked = ladder.family.name == "spin" and not ladder.gaps and fit.data.n_sites <= MOST_SITES
    if model is None or not asked or fit.latents > MAX_LATENT_DIM:
        return None
    found = _read(fit, model)
    stderr = np.nan
    if fit.halves:
        first, second = (_read(fit, half).pairs for half in fit.halves)
        stderr = _rms((first - second)[np.triu_indices(len(first), 1)]) / 2
    names = tuple(map(fit.data.name_of, range(fit.data.n_sites)))
    return Interactions(found, names, float(stderr), known)


def _read(fit: Fit, model: VAE) -> EffectiveCouplings:
    noise = torch.Generator().manual_seed(integer_seed(fit.ladder.seed, "analysis/interactions"))
    nodes = SobolNodes(model, model.config.latent_dim, noise, NODES)
    scored = fit.ladder.scored
    rows = np.arange(min(ROWS, len(scored))) * len(scored) // min(ROWS, len(scored))
    return effective_couplings(nodes, scored[rows])


def true_couplings(truth: System | np.ndarray, n_sites: int) -> np.ndarray:
    """J_ij (N, N) of a law whose couplings are known, zero on the diagonal.

    Those of a law with stored patterns are βJ ξ_i·ξ_j/N. Raises InputError for other systems and sizes.

    >>> import mfvae
    >>> true_couplings(mfvae.build("curie_weiss", {"N": 4, "beta": 2.0}, seed=0), 4)[0].tolist()
    [0.0, 0.5, 0.5, 0.5]
    """
    if isinstance(truth, BinaryPatternModel):
        found = truth.coupling / truth.n_sites * truth.patterns @ truth.patterns.T
    elif isinstance(truth, System):
        raise InputError("truth", type(truth).__name__, "a system with stored patterns is needed")
    else:
        found = np.array(truth, dtype=np.float64)
    if found.shape != (n_sites, n_sites):
        raise InputError("truth", found.shape, f"couplings of {n_sites} × {n_sites} sites are needed")
    np.fill_diagonal(found, 0)
    return found


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))
