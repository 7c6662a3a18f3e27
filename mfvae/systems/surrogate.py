"""A population of sparse spins with a known generalized Hopfield model.

In the regime of a retina at 20 ms: mean spike probability 0.035, a fifth of all words silent, mean
pairwise correlation 0.03. z ~ N(0,1)², spins independent in fields b + ξ·φ(z) with

    φ_1(z) = −log(1 + exp(−2 z_1)),   φ_2(z) = z_2 + ½ tanh²(z_1),

so that the common drive saturates above and falls into silence below, and φ is far from Gaussian.
ξ_1 = 1.3 (e^{0.4 g} − 0.15), nearly all positive; ξ_2 = 0.45 t_4, heavy-tailed; spike probabilities
∝ e^g clipped at [0.1, 8], g normal, to which biases are set.
"""

from __future__ import annotations

import numpy as np

from mfvae.errors import InputError
from mfvae.hamiltonian.model import GeneralizedHopfield, spins_in
from mfvae.random import generator

SPIKE_PROBABILITY = 0.035  # mean over sites
RATE_LIMITS = 0.1, 8.0  # over a site's typical rate, before the mean is set
COMMON, OWN = 1.3, 0.45  # amplitudes of the two patterns
SPACING, RADIUS = (
    0.25,
    5.0,
)  # of the lattice of nodes z: log p is off by 4e-6 nats (the rarest words, 1e-3)
BISECTIONS, LARGEST_BIAS = 60, 50.0
BLOCK_SITES = 2_000_000  # of fields drawn at once: 16 MB


def collective_variables(z: np.ndarray) -> np.ndarray:
    """φ(z) of the formula above: (B, 2) → (B, 2)."""
    return np.stack([-np.logaddexp(0, -2 * z[:, 0]), z[:, 1] + np.tanh(z[:, 0]) ** 2 / 2], axis=1)


def lattice(spacing: float = SPACING, radius: float = RADIUS) -> tuple[np.ndarray, np.ndarray]:
    """Nodes z (G, 2) of a square lattice in a disc, and the log density of the prior there (G,)."""
    steps = int(radius / spacing)
    axis = np.arange(-steps, steps + 1) * spacing
    nodes = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    nodes = nodes[(nodes**2).sum(1) <= radius**2]
    return nodes, -(nodes**2).sum(1) / 2


def surrogate_patterns(n_sites: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Spike probabilities (N,) and patterns (N, 2)."""
    rng = generator(seed, f"surrogate/N~{n_sites}")
    rates = np.clip(np.exp(rng.normal(size=n_sites)), *RATE_LIMITS)
    common = COMMON * (np.exp(0.4 * rng.normal(size=n_sites)) - 0.15)
    own = OWN * rng.standard_t(4, size=n_sites)
    return SPIKE_PROBABILITY * rates / rates.mean(), np.stack([common, own], axis=1)


def biases(rates: np.ndarray, patterns: np.ndarray, phi: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """b (N,) at which ⟨p(x_i = +1 | φ)⟩ over φ (G, K), weighted (G,), is ``rates``; by bisection."""
    low, high = np.full(len(rates), -LARGEST_BIAS), np.full(len(rates), LARGEST_BIAS)
    shift = phi @ patterns.T
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        rare = weight @ (1 + np.tanh(middle + shift)) / 2 < rates
        low, high = np.where(rare, middle, low), np.where(rare, high, middle)
    return (low + high) / 2


def surrogate(n_sites: int = 160, seed: int = 0) -> GeneralizedHopfield:
    """The known model, its prior on ``lattice``. Raises InputError for fewer than two sites."""
    if n_sites < 2:
        raise InputError("n_sites", n_sites, "an integer ≥ 2 is needed, two patterns being drawn")
    rates, patterns = surrogate_patterns(n_sites, seed)
    nodes, log_weight = lattice()
    phi, weight = collective_variables(nodes), np.exp(log_weight)
    bias = biases(rates, patterns, phi, weight / weight.sum())
    return GeneralizedHopfield(bias, patterns, phi, log_weight)


def sample(truth: GeneralizedHopfield, n: int, rng: np.random.Generator) -> np.ndarray:
    """n independent words of a ``surrogate``, int8 (n, N): z of the prior itself, φ(z), then spins."""
    x = np.empty((n, truth.n_sites), dtype=np.int8)
    rows = max(1, BLOCK_SITES // truth.n_sites)
    for start in range(0, n, rows):
        block = x[start : start + rows]
        phi = collective_variables(rng.normal(size=(len(block), 2)))
        block[:] = spins_in(truth.bias + phi @ truth.patterns.T, rng)
    return x
