"""Compiled Markov chains for the square-lattice Ising model on an L×L torus, and their memory.

Wolff's single-cluster algorithm (Phys. Rev. Lett. 62, 361, 1989) rather than Swendsen & Wang's, whose
bonds it shares (Phys. Rev. Lett. 58, 86, 1987): in two dimensions it decorrelates with less work at and
below T_c, since it picks large clusters more often and never labels the small ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from mfvae.stats import integrated_autocorrelation_time

BURN_IN = 100  # flips of every site, before and again after the number of clusters a step is set
PILOT = 4096  # steps that measure the autocorrelation time τ, to 12 % at τ = 2.4 (L = 128, T_c)
THINNING = 6  # τ between samples: correlation e⁻⁶ were the decay exponential; above 5 if τ is 12 % off


@njit(cache=True)
def wolff(spins, temperature, clusters, rng):  # type: ignore[no-untyped-def]
    """Flip ``clusters`` clusters of ``spins``, int8 (L, L), in place; returns how many sites flipped."""
    side = spins.shape[0]
    sites = spins.reshape(-1)
    n = side * side
    bond = -np.expm1(-2.0 / temperature)
    stack = np.empty(n, dtype=np.int32)
    flipped = 0
    for _ in range(clusters):
        seed = int(rng.random() * n)
        old = sites[seed]
        sites[seed] = -old
        stack[0] = seed
        height = 1
        while height:
            height -= 1
            site = stack[height]
            flipped += 1
            column = site % side
            row_start = site - column
            for neighbour in (
                row_start + (column + 1 if column + 1 < side else 0),
                row_start + (column - 1 if column else side - 1),
                site + side if site + side < n else site + side - n,
                site - side if site >= side else site - side + n,
            ):
                if sites[neighbour] == old and rng.random() < bond:
                    sites[neighbour] = -old
                    stack[height] = neighbour
                    height += 1
    return flipped


@njit(cache=True)
def metropolis(spins, temperature, sweeps, rng):  # type: ignore[no-untyped-def]
    """``sweeps`` Metropolis sweeps of ``spins``, int8 (L, L), in place, site after site."""
    side = spins.shape[0]
    accept = np.exp(-2.0 / temperature * np.arange(5))  # at ΔE = 2 · (0 … 4)
    for _ in range(sweeps):
        for i in range(side):
            below, above = (i + 1) % side, i - 1  # −1 is the last
            for j in range(side):
                around = spins[below, j] + spins[above, j] + spins[i, (j + 1) % side] + spins[i, j - 1]
                cost = spins[i, j] * around
                if cost <= 0 or rng.random() < accept[cost]:
                    spins[i, j] = -spins[i, j]


@njit(cache=True)
def _measure(spins):  # type: ignore[no-untyped-def]
    """Energy and |M| of one configuration."""
    side = spins.shape[0]
    energy = total = 0
    for i in range(side):
        for j in range(side):
            energy -= spins[i, j] * (spins[i - 1, j] + spins[i, j - 1])
            total += spins[i, j]
    return energy, abs(total)


@njit(cache=True)
def wolff_series(spins, temperature, clusters, steps, rng):  # type: ignore[no-untyped-def]
    """Energy and |M| after each of ``steps`` steps of ``clusters`` clusters: (2, steps)."""
    series = np.empty((2, steps))
    for step in range(steps):
        wolff(spins, temperature, clusters, rng)
        series[0, step], series[1, step] = _measure(spins)
    return series


@njit(cache=True)
def metropolis_series(spins, temperature, sweeps, steps, rng):  # type: ignore[no-untyped-def]
    """Energy and |M| after each of ``steps`` steps of ``sweeps`` Metropolis sweeps: (2, steps)."""
    series = np.empty((2, steps))
    for step in range(steps):
        metropolis(spins, temperature, sweeps, rng)
        series[0, step], series[1, step] = _measure(spins)
    return series


@njit(cache=True)
def _draw(spins, temperature, clusters, n, rng):  # type: ignore[no-untyped-def]
    """A configuration every ``clusters`` clusters, each flipped or not at random: int8 (n, N)."""
    x = np.empty((n, spins.size), dtype=np.int8)
    for index in range(n):
        wolff(spins, temperature, clusters, rng)
        sign = 1 if rng.random() < 0.5 else -1
        x[index] = spins.reshape(-1) * sign
    return x


@dataclass
class Chain:
    """A chain at equilibrium: its configuration (L, L), and how far apart its samples are taken."""

    spins: np.ndarray
    temperature: float
    clusters: int  # in one step, so that a step flips about N sites
    autocorrelation_time: float  # in steps, of the slower of energy and |M|

    @property
    def thinning(self) -> int:
        """Clusters between two samples."""
        return int(np.ceil(THINNING * self.autocorrelation_time)) * self.clusters

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n nearly independent configurations, int8 (n, L²); the chain moves on."""
        x: np.ndarray = _draw(self.spins, self.temperature, self.thinning, n, rng)
        return x


def equilibrated_chain(side: int, temperature: float, rng: np.random.Generator) -> Chain:
    """A chain started from all spins up, after burn-in and a pilot run that measures its memory."""
    n = side * side
    spins = np.ones((side, side), dtype=np.int8)
    clusters = 1
    for _ in range(2):  # the first pass, from the ordered start, only guesses how large clusters are
        count = flipped = 0
        while flipped < BURN_IN * n:
            flipped += wolff(spins, temperature, clusters, rng)
            count += clusters
        clusters = max(1, round(n * count / flipped))
    series = wolff_series(spins, temperature, clusters, PILOT, rng)
    slower = max(integrated_autocorrelation_time(observable) for observable in series)
    return Chain(spins, temperature, clusters, slower)
