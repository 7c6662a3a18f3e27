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
from numba import njit

from mfvae.errors import InputError
from mfvae.hamiltonian.model import GeneralizedHopfield, spins_in
from mfvae.stats import Estimate, estimate

REACH = 500.0  # nats by which weights of nodes may change before they are computed anew ...
SITE_REACH = 150.0  # ... and by one flip: together below log 1e308
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
        n_chains, unit = len(self.energies), self.words.shape[2] * self.temperature**2
        e = self.energies - self.energies.mean()
        first, second = e.mean(1), (e**2).mean(1)
        left_out = (second.sum() - second) / (n_chains - 1)
        left_out -= ((first.sum() - first) / (n_chains - 1)) ** 2
        full = n_chains * second.mean() - (n_chains - 1) * left_out.mean()  # without bias to 1/C
        spread = np.sqrt((n_chains - 1) * ((left_out - left_out.mean()) ** 2).mean())
        return Estimate(float(full / unit), float(spread / unit))

    def split_r_hat(self) -> dict[str, float]:
        """Split-half R̂ of energy and spike count, 1 at equilibrium.

        Gelman & Rubin, Statist. Sci. 7, 457 (1992).
        """
        return {"energy": split_r_hat(self.energies), "spike_count": split_r_hat(self.spike_counts())}


def split_r_hat(series: np.ndarray) -> float:
    """R̂ of chains (C, kept) whose halves count as chains of their own."""
    half = series.shape[1] // 2
    halves = np.concatenate([series[:, :half], series[:, -half:]]).astype(np.float64)
    within, between = halves.var(1, ddof=1).mean(), halves.mean(1).var(ddof=1)
    return float(np.sqrt((half - 1) / half + between / within)) if within else 1.0


def flip_factors(model: GeneralizedHopfield) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Biases (N,) and nodes (G, K) moved so that ⟨φ⟩ = 0, biases being mean fields; what a flip does.

    ``factor`` (2, N, G) multiplies the terms of exp(N U) when a spin −1 (first) or +1 (second) flips,
    ``reach`` (N,) is the range of its logarithm over nodes. Raises InputError for factors beyond floats.
    """
    mean = np.exp(model.log_weight) @ model.nodes
    nodes = model.nodes - mean
    shift = 2 * model.patterns @ nodes.T
    reach = np.ptp(shift, axis=1)
    if reach.max() > SITE_REACH:
        raise InputError("patterns", reach.max() / 2, f"a field may range over {SITE_REACH / 2:g} nats")
    return model.bias + model.patterns @ mean, nodes, np.exp(np.stack([shift, -shift])), reach


@njit(cache=True)
def node_weights(x, patterns, nodes, offset, weight):  # type: ignore[no-untyped-def]
    """Sets ``weight`` (G,) to the terms of exp(N U) at x over the largest; its log, and their sum."""
    m = np.zeros(patterns.shape[1])
    for i in range(len(x)):
        for k in range(len(m)):
            m[k] += x[i] * patterns[i, k]
    for g in range(len(offset)):
        weight[g] = offset[g]
        for k in range(len(m)):
            weight[g] += nodes[g, k] * m[k]
    largest = weight.max()
    total = 0.0
    for g in range(len(offset)):
        weight[g] = np.exp(weight[g] - largest)
        total += weight[g]
    return largest, total


@njit(cache=True, fastmath={"reassoc", "contract"})
def tilted_sum(weight, factor):  # type: ignore[no-untyped-def]
    """Σ_g weight · factor, vectorised."""
    total = 0.0
    for g in range(len(weight)):
        total += weight[g] * factor[g]
    return total


@njit(cache=True)
def _ladder(  # type: ignore[no-untyped-def]
    x,
    bias,
    screen,
    patterns,
    nodes,
    offset,
    factor,
    reach,
    beta,
    burn_in,
    thinning,
    words,
    energies,
    rng,
):
    """One replica per inverse temperature (R,), exchanged after every sweep; x (R, N) moves on.

    Fills words (R, kept, N) and energies (R, kept); returns accepted exchanges (R − 1,), per attempt.
    """
    n_replicas, n = x.shape
    weight = np.empty((n_replicas, len(offset)))
    log_scale, total, spent = np.empty(n_replicas), np.empty(n_replicas), np.zeros(n_replicas)
    moved = np.zeros((n_replicas, n), dtype=np.bool_)  # since the weights were computed
    gate = np.exp(-2.0 * np.outer(beta, np.abs(screen)))
    for r in range(n_replicas):
        log_scale[r], total[r] = node_weights(x[r], patterns, nodes, offset, weight[r])
    place = np.arange(n_replicas)  # the replica at each temperature
    accepted, energy = np.zeros(n_replicas), np.empty(n_replicas)
    sweeps = burn_in + thinning * words.shape[1]
    for sweep in range(1, sweeps + 1):
        for t in range(n_replicas):
            r = place[t]
            for _ in range(n):
                position = rng.random() * n
                i = min(int(position), n - 1)  # rounded, position may be n
                # delayed acceptance: first in the field ``screen``, at no cost
                if x[r, i] * screen[i] > 0 and position - i >= gate[t, i]:
                    continue
                row = factor[(x[r, i] + 1) // 2, i]
                new = tilted_sum(weight[r], row)
                second = np.log(new / total[r]) - 2.0 * x[r, i] * (bias[i] - screen[i])
                second *= beta[t]
                if second >= 0 or rng.random() < np.exp(second):
                    x[r, i] = -x[r, i]
                    total[r] = new
                    weight[r] *= row
                    spent[r] += -reach[i] if moved[r, i] else reach[i]
                    moved[r, i] = not moved[r, i]
                    if spent[r] > REACH:
                        log_scale[r], total[r] = node_weights(x[r], patterns, nodes, offset, weight[r])
                        spent[r] = 0.0
                        moved[r] = False
            energy[t] = -log_scale[r] - np.log(total[r])
            for i in range(n):
                energy[t] -= bias[i] * x[r, i]
        for t in range(sweep % 2, n_replicas - 1, 2):
            log_ratio = (beta[t] - beta[t + 1]) * (energy[t] - energy[t + 1])
            if log_ratio >= 0 or rng.random() < np.exp(log_ratio):
                place[t], place[t + 1] = place[t + 1], place[t]
                energy[t], energy[t + 1] = energy[t + 1], energy[t]
                accepted[t] += 1
        if sweep > burn_in and (sweep - burn_in) % thinning == 0:
            kept = (sweep - burn_in) // thinning - 1
            for t in range(n_replicas):
                words[t, kept] = x[place[t]]
                energies[t, kept] = energy[t]
    return accepted[:-1] / (sweeps / 2)


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
        rates[c] = _ladder(
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
