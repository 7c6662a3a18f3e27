"""The generalized Hopfield model that a decoder with fields η(z) = b + ξ·φ(z) is.

H(x) = −b·x − N U(m(x)),  m = ξᵀx/N,  N U(m) = log Σ_g w_g exp(N φ_g·m − Σ_i log 2cosh(b_i + ξ_i·φ_g)),

spins x ∈ {±1}^N, nodes φ_g = φ(z_g) of a quadrature over the prior with weights w_g. U is convex;
p(x) = exp(−H(x)), with log Z = 0, is the law of the decoder (arXiv:2606.08694). φ ~ N(0, βJ/N),
reweighted by Π_i cosh(ξ_i·φ), gives U = βJ|m|²/2: the model of Hopfield, PNAS 79, 2554 (1982).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import logsumexp

from mfvae.errors import InputError

BLOCK_ENTRIES = 2_000_000  # (configuration, node) pairs held at once: 16 MB
RESOLUTION = 1e-12  # of a singular value over the largest


@dataclass(frozen=True, eq=False)
class GeneralizedHopfield:
    """Biases b (N,), patterns ξ (N, K), nodes φ_g (G, K), log weights log w_g (G,), then normalised.

    Raises InputError for shapes that do not fit and for numbers that are not finite.

    Examples
    --------
    One pattern and a field that is up or down: all four configurations have probabilities.

    >>> law = GeneralizedHopfield(np.zeros(2), np.ones((2, 1)), np.array([[1.0], [-1.0]]), np.zeros(2))
    >>> x = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    >>> float(np.exp(law.log_prob(x)).sum().round(12))
    1.0
    """

    bias: np.ndarray
    patterns: np.ndarray
    nodes: np.ndarray
    log_weight: np.ndarray

    def __post_init__(self) -> None:
        for name, dimensions in (("bias", 1), ("patterns", 2), ("nodes", 2), ("log_weight", 1)):
            value = np.array(getattr(self, name), dtype=np.float64)
            if value.ndim != dimensions or not np.isfinite(value).all():
                raise InputError(name, value.shape, f"{dimensions} axes of finite numbers are needed")
            object.__setattr__(self, name, value)
        shapes = (self.n_sites, self.n_patterns), (len(self.log_weight), self.n_patterns)
        if (self.patterns.shape, self.nodes.shape) != shapes:
            allowed = f"patterns (N, K) and nodes (G, K) of {shapes} are needed"
            raise InputError("shapes", (self.patterns.shape, self.nodes.shape), allowed)
        object.__setattr__(self, "log_weight", self.log_weight - logsumexp(self.log_weight))

    @property
    def n_sites(self) -> int:
        return len(self.bias)

    @property
    def n_patterns(self) -> int:
        return self.patterns.shape[1]

    @cached_property
    def fields(self) -> np.ndarray:
        """b + ξ·φ_g (G, N)."""
        return self.bias + self.nodes @ self.patterns.T

    @cached_property
    def offset(self) -> np.ndarray:
        """log w_g − Σ_i log 2cosh(b_i + ξ_i·φ_g) (G,)."""
        return self.log_weight - np.logaddexp(self.fields, -self.fields).sum(1)

    @cached_property
    def mean_overlap(self) -> np.ndarray:
        """⟨m⟩ (K,) of the model."""
        return np.exp(self.log_weight) @ np.tanh(self.fields) @ self.patterns / self.n_sites

    def overlap(self, x: np.ndarray) -> np.ndarray:
        """m(x) = ξᵀx/N: (B, N) → (B, K)."""
        return x @ self.patterns / self.n_sites

    # -- the potential ------------------------------------------------------------------------------
    def _log_terms(self, m: np.ndarray) -> Iterator[np.ndarray]:
        """Blocks (block, G) of the exponents in N U, over m (B, K)."""
        rows = max(1, BLOCK_ENTRIES // len(self.nodes))
        for start in range(0, len(m), rows):
            yield self.offset + self.n_sites * m[start : start + rows] @ self.nodes.T

    def _under_tilted(self, m: np.ndarray, average: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """``average`` of the tilted weights (block, G), joined over blocks of m."""
        terms = (np.exp(block - block.max(1, keepdims=True)) for block in self._log_terms(m))
        return np.concatenate([average(w / w.sum(1, keepdims=True)) for w in terms])

    def potential(self, m: np.ndarray) -> np.ndarray:
        """U(m): (B, K) → (B,); N U is in nats."""
        return np.concatenate([logsumexp(b, axis=1) for b in self._log_terms(m)]) / self.n_sites

    def gradient(self, m: np.ndarray) -> np.ndarray:
        """∇U(m) = ⟨φ⟩ under the weights tilted by m: (B, K) → (B, K)."""
        return self._under_tilted(m, lambda weight: weight @ self.nodes)

    def hessian(self, m: np.ndarray) -> np.ndarray:
        """∇∇U(m) = N Cov(φ) under the tilted weights: (B, K) → (B, K, K)."""

        def covariance(weight: np.ndarray) -> np.ndarray:
            mean = weight @ centred
            return (weight @ products).reshape(-1, k, k) - mean[:, :, None] * mean[:, None, :]

        k, centred = self.n_patterns, self.nodes - np.exp(self.log_weight) @ self.nodes
        products = (centred[:, :, None] * centred[:, None, :]).reshape(-1, k * k)
        return self.n_sites * self._under_tilted(m, covariance)

    # -- the law ------------------------------------------------------------------------------------
    def log_prob(self, x: np.ndarray) -> np.ndarray:
        """log p(x) = −H(x) of spins (B, N) in nats, (B,)."""
        return x @ self.bias + self.n_sites * self.potential(self.overlap(x))

    def energy(self, x: np.ndarray) -> np.ndarray:
        """H(x) of spins (B, N), total, (B,)."""
        return -self.log_prob(x)

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n independent exact configurations, int8 (n, N): a node, then every spin in its field.

        The way through the latent variable, which Monte Carlo is to agree with at temperature 1.
        """
        chosen = rng.choice(len(self.nodes), size=n, p=np.exp(self.log_weight))
        x = np.empty((n, self.n_sites), dtype=np.int8)
        rows = max(1, BLOCK_ENTRIES // self.n_sites)
        for start in range(0, n, rows):
            x[start : start + rows] = spins_in(self.fields[chosen[start : start + rows]], rng)
        return x

    # -- its simplest forms -------------------------------------------------------------------------
    def quadratic_coupling(self, m0: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Coupling J (N, N) and field h (N,) of −h·x − ½ xᵀJx, to second order in m around ⟨m⟩ (or m0).

        J_ij = ξ_i·∇∇U·ξ_j/N; h = b + ξ·(∇U − ∇∇U m0). Hopfield's network where U is quadratic. J_ii ≠ 0
        adds a constant.
        """
        m0 = self.mean_overlap if m0 is None else np.asarray(m0, dtype=np.float64)
        hessian = self.hessian(m0[None])[0]
        field = self.bias + self.patterns @ (self.gradient(m0[None])[0] - hessian @ m0)
        return self.patterns @ hessian @ self.patterns.T / self.n_sites, field

    def canonical(self) -> GeneralizedHopfield:
        """The same p(x) with φ of mean 0 and covariance 1, ξᵀξ diagonal and descending, and Σ_i ξ_i > 0.

        φ → Aφ + c, ξ → ξA⁻¹, b → b − ξA⁻¹c leaves all fields as they are. The mean fixes c, the
        covariance A up to a rotation, the diagonal ξᵀξ the rotation up to signs (and the order), the
        sums the signs. Nothing is left free, unless two eigenvalues of ξᵀξ are equal or a sum is 0.
        Raises InputError if φ or ξ do not span K dimensions.
        """
        weight = np.exp(self.log_weight)
        mean = weight @ self.nodes
        centred = np.sqrt(weight)[:, None] * (self.nodes - mean)
        for name, matrix in (("nodes", centred), ("patterns", self.patterns)):
            size = np.linalg.svd(matrix, compute_uv=False)
            if len(matrix) < self.n_patterns or size[-1] <= RESOLUTION * size[0]:
                raise InputError(name, matrix.shape, f"they must span K = {self.n_patterns} dimensions")
        root = np.transpose(np.linalg.qr(centred, mode="r"))  # root @ root.T is the covariance
        rotation = np.linalg.svd(self.patterns @ root, full_matrices=False)[2].T
        rotation *= np.where((self.patterns @ root @ rotation).sum(0) < 0, -1.0, 1.0)
        nodes = np.linalg.solve(root, (self.nodes - mean).T).T @ rotation
        patterns, bias = self.patterns @ root @ rotation, self.bias + self.patterns @ mean
        return GeneralizedHopfield(bias, patterns, nodes, self.log_weight)


def spins_in(fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Independent spins in fields of any shape, int8: p(+1) = 1/(1 + exp(−2η))."""
    return (2 * (rng.logistic(size=fields.shape) < 2 * fields) - 1).astype(np.int8)
