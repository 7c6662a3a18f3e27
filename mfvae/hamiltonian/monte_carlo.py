"""Monte Carlo of a generalized Hopfield model at any temperature: single-spin flips.

The Monte Carlo flips single spins; no latent variable is drawn. exp(N U) is a sum of G terms, and a flip
multiplies each by a factor that is tabulated: G multiplications, exact for any K.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mfvae.errors import InputError
from mfvae.hamiltonian._kernels import flip_factors, run_ladder
from mfvae.hamiltonian.model import GeneralizedHopfield, spins_in
from mfvae.stats import Estimate, estimate, jackknife, split_r_hat

SCREEN = 0.75  # of atanh⟨x_i⟩, the field in a flip's first stage; 1 would hold back bursts of spikes
LARGEST_MEAN = 1 - 1e-6  # of |⟨x_i⟩| in that field


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Independent chains at one temperature: int8 (C, kept, N), and energies H (C, kept)."""

    temperature: float
    words: np.ndarray
    energies: np.ndarray
    exchange_rate: float  # accepted exchanges with the next temperature; NaN at the last one

    def spike_counts(self) -> np.ndarray:
        """(C, kept)."""
        return (self.words > 0).sum(2)

    def configurations(self) -> np.ndarray:
        """All words in one array, int8 (C · kept, N)."""
        return self.words.reshape(-1, self.words.shape[2])

    def mean(self, per_word: np.ndarray) -> Estimate:
        """Mean of values (C, kept), with the error between chains."""
        return estimate(per_word.mean(1))

    def heat_capacity(self) -> Estimate:
        """Var(H)/(N T²) of all chains together, with its jackknife over chains."""
        chains, unit = np.arange(len(self.energies)), self.words.shape[2] * self.temperature**2
        e = self.energies - self.energies.mean()
        first, second = e.mean(1), (e**2).mean(1)

        def variance(left_out: int | None) -> float:
            kept = chains != left_out
            return float(second[kept].mean() - first[kept].mean() ** 2)

        found = jackknife(chains, variance)
        return Estimate(float(found.unbiased / unit), float(found.stderr / unit))

    def split_r_hat(self) -> dict[str, float]:
        """Split-half R̂ of energy and spike count, 1 at equilibrium.

        Gelman & Rubin, Statist. Sci. 7, 457 (1992).
        """
        return {"energy": split_r_hat(self.energies), "spike_count": split_r_hat(self.spike_counts())}


def monte_carlo(
    model: GeneralizedHopfield,
    rng: np.random.Generator,
    *,
    temperatures: Sequence[float] = (1.0,),
    chains: int = 50,
    kept: int = 200,
    thinning: int = 25,
    burn_in: int = 300,
    start: np.ndarray | None = None,
) -> list[Trajectories]:
    """Chains of p_T(x) ∝ exp(−H(x)/T) at every temperature, by single-spin Metropolis flips.

    A chain is a ladder of the temperatures given: neighbours exchange configurations after every sweep
    (Hukushima & Nemoto, J. Phys. Soc. Jpn. 65, 1604, 1996). ``thinning`` sweeps of N attempted flips lie
    between kept configurations, ``burn_in`` before. Starts from independent spins in the mean fields
    over T, or from ``start``, spins (chains, N). Flips pass a cheap approximate test before the exact
    one (delayed acceptance: Christen & Fox, J. Comput. Graph. Stat. 14, 795, 2005), which leaves p_T as
    it is. Raises InputError for a temperature ≤ 0 and for numbers that give no error between chains.
    """
    ladder = np.asarray(temperatures, dtype=np.float64)
    if ladder.ndim != 1 or not len(ladder) or not (np.isfinite(ladder) & (ladder > 0)).all():
        raise InputError("temperatures", temperatures, "numbers > 0 are needed")
    for name, value, least in (("chains", chains, 2), ("kept", kept, 4), ("thinning", thinning, 1)):
        if value < least:
            raise InputError(name, value, f"an integer ≥ {least} is needed")
    if start is not None and (np.shape(start) != (chains, model.n_sites) or (np.abs(start) != 1).any()):
        raise InputError("start", np.shape(start), f"spins ±1 of shape {(chains, model.n_sites)}")
    bias, nodes, factor, reach = flip_factors(model)
    mean_spin = np.exp(model.log_weight) @ np.tanh(model.fields)
    screen = SCREEN * np.arctanh(np.clip(mean_spin, -LARGEST_MEAN, LARGEST_MEAN))
    words = np.empty((chains, len(ladder), kept, model.n_sites), dtype=np.int8)
    energies = np.empty((chains, len(ladder), kept))
    rates = np.empty((chains, len(ladder) - 1))
    for c in range(chains):
        fields = bias / ladder[:, None]
        x = spins_in(fields, rng) if start is None else np.repeat(start[c : c + 1], len(ladder), 0)
        rates[c] = run_ladder(
            x.astype(np.int8), bias, screen, model.patterns, nodes, model.offset, factor, reach,
            1 / ladder, burn_in, thinning, words[c], energies[c], rng,
        )  # fmt: skip
    rate = [*rates.mean(0).tolist(), np.nan]
    return [Trajectories(t, words[:, i], energies[:, i], rate[i]) for i, t in enumerate(ladder.tolist())]


def heat_capacity(
    model: GeneralizedHopfield, temperatures: Sequence[float], rng: np.random.Generator, **options: Any
) -> pd.DataFrame:
    """⟨H⟩/N and C/N = Var(H)/(N T²) with errors between chains, one row per temperature, and R̂.

    ``options`` are those of ``monte_carlo``; ⟨H⟩ in nats. ``exchange_rate`` (with the next temperature)
    should be some tenths: neighbours are too far apart where it vanishes.
    """
    rows = []
    for found in monte_carlo(model, rng, temperatures=temperatures, **options):
        energy, capacity = found.mean(found.energies / model.n_sites), found.heat_capacity()
        rows.append(
            {
                "temperature": found.temperature,
                "energy": energy.value,
                "energy_stderr": energy.stderr,
                "heat_capacity": capacity.value,
                "heat_capacity_stderr": capacity.stderr,
                "r_hat": found.split_r_hat()["energy"],
                "exchange_rate": found.exchange_rate,
            }
        )
    return pd.DataFrame(rows)
