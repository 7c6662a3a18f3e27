"""Exact results for the square-lattice Ising model H = −Σ_<ij> s_i s_j (J = 1, k_B = 1).

Kaufman's finite torus, Onsager's and Yang's infinite lattice, and the transfer matrix from column to
column, which gives what the partition function does not: mutual information and magnetisation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, reduce
from typing import Literal

import numpy as np
from scipy.special import ellipe, ellipkm1, xlogy

from mfvae.errors import InputError

CRITICAL_TEMPERATURE = 2 / np.log1p(np.sqrt(2))
MAX_SIDE = 16  # of a column, whose 2^16 states are the size of a transfer matrix
COLUMNS_AT_ONCE = 16  # of a power of it: 8 MB at L = 16
SITES_AT_ONCE = 4  # 16×16 matrices are where multiplying is fastest
PRODUCT_LENGTH = 4  # states in one product: so few that BLAS starts no threads, which would slow it down


# -- the torus: Kaufman ----------------------------------------------------------------------------
@dataclass(frozen=True)
class _Log:
    """log of a positive function of K, with its first and second derivative."""

    value: float
    first: float
    second: float

    def __sub__(self, other: _Log) -> _Log:
        return _Log(self.value - other.value, self.first - other.first, self.second - other.second)


def _log_product(sign: int, h: np.ndarray, first: np.ndarray, second: np.ndarray) -> _Log:
    """log Π 2cosh h (sign +1) or log Π 2sinh h (−1), h > 0, from h(K) and its derivatives."""
    decay = np.exp(-2 * h)
    tanh = ((1 - decay) / (1 + decay)) ** sign
    sech2 = sign * 4 * decay / (1 + sign * decay) ** 2
    return _Log(
        float((h + np.log1p(sign * decay)).sum()),
        float((first * tanh).sum()),
        float((second * tanh + first**2 * sech2).sum()),
    )


def _torus(side: int, temperature: float) -> _Log:
    """log Z of the L×L torus and its derivatives with respect to K = 1/T.

    Kaufman, Phys. Rev. 76, 1232 (1949), in the form of Ferdinand & Fisher, Phys. Rev. 185, 832 (1969):
    Z = ½ (2 sinh 2K)^{N/2} (Z₁ + Z₂ + Z₃ + Z₄), products over modes γ_l of 2cosh or 2sinh(Lγ_l/2) with
    odd (Z₁, Z₂) or even l (Z₃, Z₄). Here sinh²(γ_l/2) = (s − 1)²/2s + sin²(πl/2L), s = sinh 2K, which
    loses no digits at T_c, where γ_0 = 2K + log tanh K passes through zero and Z₄ with it.
    """
    k, n = 1 / temperature, side * side
    s, c = np.sinh(2 * k), np.cosh(2 * k)
    l = np.arange(1, 2 * side)  # noqa: E741 (Kaufman's index)
    gamma = 2 * np.arcsinh(np.sqrt((s - 1) ** 2 / (2 * s) + np.sin(np.pi * l / (2 * side)) ** 2))
    first = 2 * c * (1 - s**-2) / np.sinh(gamma)  # γ' from cosh γ_l = s + 1/s − cos(πl/L)
    second = (4 * s - 4 / s + 8 * c**2 / s**3 - np.cosh(gamma) * first**2) / np.sinh(gamma)
    modes = side / 2 * np.array([gamma, first, second])  # (3, 2L − 1)
    odd, even = modes[:, ::2], modes[:, 1::2]
    h0, h1, h2 = side / 2 * np.array([2 * k + np.log(np.tanh(k)), 2 + 2 / s, -4 * c / s**2])

    # Everything in units of Z₁, so that nothing overflows and the second derivative loses no digits.
    z1 = _log_product(+1, *odd)
    z2 = _log_product(-1, *odd) - z1
    zero_mode = np.sign(h0) * np.array([h0, h1, h2]) if h0 else np.array([0.0, h1, h2])
    z3 = _log_product(+1, *np.column_stack([zero_mode, even])) - z1
    rest = _log_product(-1, *even) - z1  # Z₄ = 2sinh(h0) · rest
    scale, decay = np.exp(abs(h0) + rest.value), np.exp(-2 * abs(h0))
    sinh, cosh = np.sign(h0) * scale * (1 - decay), scale * (1 + decay)
    ratio, slope, curvature = 1.0 + sinh, cosh * h1 + sinh * rest.first, sinh * h1**2 + cosh * h2
    curvature += 2 * cosh * h1 * rest.first + sinh * (rest.first**2 + rest.second)
    for z in (z2, z3):
        weight = np.exp(z.value)
        ratio += weight
        slope += weight * z.first
        curvature += weight * (z.first**2 + z.second)
    slope, curvature = slope / ratio, curvature / ratio
    return _Log(
        float(n / 2 * np.log(2 * s) + z1.value + np.log(ratio / 2)),
        float(n * c / s + z1.first + slope),
        float(-2 * n / s**2 + z1.second + curvature - slope**2),
    )


def log_partition(side: int, temperature: float) -> float:
    """log Z of the L×L torus in nats, total (Kaufman 1949)."""
    return _torus(side, temperature).value


def energy(side: int, temperature: float) -> float:
    """Energy per site of the L×L torus, in units of J."""
    return -_torus(side, temperature).first / side**2


def specific_heat(side: int, temperature: float) -> float:
    """Specific heat per site of the L×L torus, in units of k_B."""
    return _torus(side, temperature).second / (side * temperature) ** 2


# -- the infinite lattice: Onsager, Yang -----------------------------------------------------------
def limit_energy(temperature: float) -> float:
    """Energy per site of the infinite lattice (Onsager, Phys. Rev. 65, 117, 1944, eq. 115)."""
    k = 1 / temperature
    dual = 2 * np.tanh(2 * k) ** 2 - 1
    elliptic = ellipkm1(dual**2) if dual else 0.0  # dual · K → 0 at T_c
    return float(-(1 + 2 / np.pi * dual * elliptic) / np.tanh(2 * k))


def limit_specific_heat(temperature: float) -> float:
    """Specific heat per site of the infinite lattice (Onsager 1944, eq. 116); infinite at T_c."""
    k = 1 / temperature
    tanh2 = np.tanh(2 * k) ** 2
    dual = 2 * tanh2 - 1
    first, second = ellipkm1(dual**2), ellipe(1 - dual**2)
    bracket = first - second - (1 - tanh2) * (np.pi / 2 + dual * first)
    return float(4 / np.pi * k**2 / tanh2 * bracket)


def limit_entropy(temperature: float) -> float:
    """Entropy per site of the infinite lattice in nats, from Onsager's ln Z (1944, eq. 109b)."""
    from scipy.integrate import quad

    k = 1 / temperature
    modulus = 2 * np.sinh(2 * k) / np.cosh(2 * k) ** 2

    def log_root(angle: float) -> float:
        return float(np.log((1 + np.sqrt(max(0.0, 1 - (modulus * np.sin(angle)) ** 2))) / 2))

    integral, _ = quad(log_root, 0, np.pi / 2, epsabs=1e-12, limit=200)
    return float(np.log(2 * np.cosh(2 * k)) + integral / np.pi + k * limit_energy(temperature))


def limit_product_kl(temperature: float) -> float:
    """KL per site, in the limit, from the equal mixture of two product laws with magnetisation ±|m|.

    What remains of the Ising model for latents that know its phase and nothing else: the entropy of
    independent spins of Yang's magnetisation, minus Onsager's entropy. It peaks at T_c.
    """
    up = (1 + spontaneous_magnetisation(temperature)) / 2
    independent = -sum(p * np.log(p) for p in (up, 1 - up) if p > 0)
    return float(independent - limit_entropy(temperature))


def spontaneous_magnetisation(temperature: float) -> float:
    """|m| of the infinite lattice (Yang, Phys. Rev. 85, 808, 1952, eq. 96)."""
    return float(max(0.0, 1 - np.sinh(2 / temperature) ** -4.0) ** 0.125)


# -- the transfer matrix ---------------------------------------------------------------------------
def _columns(side: int) -> np.ndarray:
    """Every state of a column, ±1 (2^L, L); the bits of the row index, lowest last."""
    bits = np.arange(2**side)[:, None] >> np.arange(side)[::-1]
    return 2.0 * (bits & 1) - 1


def _ring_bonds(columns: np.ndarray) -> np.ndarray:
    """Σ_i c_i c_{i+1} around every column, (2^L,)."""
    return (columns * np.roll(columns, 1, axis=1)).sum(1)


def _orbits(side: int) -> tuple[np.ndarray, np.ndarray]:
    """One column of each orbit under rotations, reflection and flip, and how many are in it."""
    mask = 2**side - 1
    states = np.arange(2**side)
    mirrored = sum(((states >> i) & 1) << (side - 1 - i) for i in range(side))
    least = states
    for image in (states, mirrored):
        for shift in range(side):
            rotated = ((image << shift) | (image >> (side - shift))) & mask
            least = np.minimum(least, np.minimum(rotated, mask ^ rotated))
    return np.unique(least, return_counts=True)


def _couple(vectors: np.ndarray, coupling: float, observe_first: bool = False) -> np.ndarray:
    """e^{−KL} exp(K c·c') times vectors (2^L, R), a few sites at a time: ∝ L 2^L steps each, not 4^L.

    With ``observe_first`` e^{−KL} c_1 c'_1 exp(K c·c').
    """
    unlike = np.exp(-2 * coupling)
    site, observed = np.array([[1, unlike], [unlike, 1]]), np.array([[1, -unlike], [-unlike, 1]])
    sites = [observed if observe_first else site] + [site] * (len(vectors).bit_length() - 2)
    done = 1
    for start in range(0, len(sites), SITES_AT_ONCE):
        group = reduce(np.kron, sites[start : start + SITES_AT_ONCE])
        coupled = np.empty_like(vectors)
        length = min(vectors.size // (done * len(group)), PRODUCT_LENGTH * vectors.shape[1])
        old, new = (
            array.reshape(done, len(group), -1, length).swapaxes(1, 2) for array in (vectors, coupled)
        )
        np.matmul(group.astype(vectors.dtype), old, out=new)
        vectors, done = coupled, done * len(group)
    return vectors


def _powers(
    side: int, coupling: float, column_weight: np.ndarray, highest: int
) -> Iterator[tuple[np.ndarray, np.ndarray, list[np.ndarray]]]:
    """Columns of the powers 0 … ``highest`` of S = √w(c) e^{K(c·c' − L)} √w(c'), a few at a time.

    Sums over all pairs (c, c') of what rotations, reflection and flip leave alone need one c' of each
    orbit only. Yields those c' (R,), the sizes of their orbits (R,), and the powers, each (2^L, R).
    """
    representatives, sizes = _orbits(side)
    root = np.sqrt(column_weight)[:, None]
    for start in range(0, len(sizes), COLUMNS_AT_ONCE):
        block = slice(start, start + COLUMNS_AT_ONCE)
        vectors = np.zeros((2**side, len(sizes[block])), dtype=root.dtype)
        vectors[representatives[block], np.arange(vectors.shape[1])] = 1
        powers = [vectors]
        for _ in range(highest):
            vectors = root * _couple(root * vectors, coupling)
            powers.append(vectors)
        yield representatives[block], sizes[block], powers


@cache
def half_information(
    side: int, temperature: float, boundary: Literal["torus", "cylinder"] = "torus"
) -> float:
    """Exact I(A;B) in nats of two halves of L/2 columns each of L×L spins, L even, 4 ≤ L ≤ 16.

    On the torus the halves touch along two cuts, on the cylinder (columns are rings, open ends) along
    one. On the torus L = 12 takes 0.04 s, L = 16 about ten seconds and 0.3 GB.
    """
    if side % 2 or not 4 <= side <= MAX_SIDE:
        raise InputError("L", side, f"an even integer from 4 to {MAX_SIDE} for the transfer matrix")
    information = _torus_information if boundary == "torus" else _cylinder_information
    return information(side, 1 / temperature, _ring_bonds(_columns(side)))


def _torus_information(side: int, coupling: float, bonds: np.ndarray) -> float:
    """p(x_A) = (weight of A) M(c, c')/Z, c and c' the outer columns of A and M the sum over B.

    Hence H(A) = log Z − ⟨log weight of A⟩ − ⟨log M⟩, and with H(AB) = log Z − ⟨log weight of AB⟩
    I = log Z + K⟨Σ over cut bonds⟩ − 2⟨log M⟩. With V the ring weights, M = V^{-½} S^{L/2+1} V^{-½}.
    """
    half = side // 2
    log_rings = coupling * (bonds - side)  # ≤ 0; e^{KL} of every ring and of every coupling is apart
    norm = mean_log = 0.0
    for states, sizes, powers in _powers(side, coupling, np.exp(log_rings), half + 1):
        outer = powers[half + 1]
        joint = sizes * powers[half - 1] * outer
        norm += float(joint.sum())
        mean_log += float(xlogy(joint, outer).sum())
        mean_log -= float(joint.sum(0) @ log_rings[states] + log_rings @ joint.sum(1)) / 2
    # M holds L/2 rings and L/2 + 1 couplings of columns, the trace L of each.
    mean_log = mean_log / norm + coupling * side * (side + 1)
    log_z = np.log(norm) + 2 * coupling * side**2
    cut = -coupling * side * energy(side, 1 / coupling)  # 2L bonds of −u/2 each
    return float(log_z + cut - 2 * mean_log)


def _cylinder_information(side: int, coupling: float, bonds: np.ndarray) -> float:
    """I(c;c') of the columns at the cut: p(c, c') = f(c) e^{Kc·c'} f(c')/Z, f the sum over a half."""
    rings = np.exp(coupling * (bonds - side))[:, None]
    f = rings
    for _ in range(side // 2 - 1):
        f = rings * _couple(f, coupling)
        f /= f.max()
    across, correlated = _couple(f, coupling), _couple(f, coupling, observe_first=True)
    norm = float((f * across).sum())
    marginal = f * across / norm
    one_bond = float((f * correlated).sum()) / norm  # ⟨c_1 c'_1⟩, that of all L bonds of the cut
    column_entropy = -float(xlogy(marginal, marginal).sum())
    mean_log = 2 * float(xlogy(marginal, f).sum()) + coupling * side * (one_bond - 1) - np.log(norm)
    return float(2 * column_entropy + mean_log)


def pair_observables(side: int, temperature: float) -> dict[str, float]:
    """Exact ⟨m²⟩ and ⟨s_0 s_r⟩ at r = L/2 along an axis of the L×L torus (transfer matrix, L ≤ 16)."""
    columns = _columns(side)
    coupling, half = 1 / temperature, side // 2
    magnetisation = columns.sum(1)
    across = (columns * np.roll(columns, half, axis=1)).mean(1)
    rings = np.exp(coupling * (_ring_bonds(columns) - side))
    norm = square = distant = 0.0
    for states, sizes, powers in _powers(side, coupling, rings, side):
        column_law = sizes * (powers[half] ** 2).sum(0)  # of one column, S being symmetric
        norm += float(column_law.sum())
        distant += float(column_law @ across[states])
        weights = sizes * magnetisation[states]
        square += sum(
            float(magnetisation @ (powers[d] * powers[side - d]) @ weights) for d in range(side)
        )
    return {
        "magnetisation_squared": square / norm / side**3,
        "half_distance_correlation": distant / norm,
    }


def magnetisation_law(side: int, temperature: float) -> np.ndarray:
    """Exact law of M = −N, −N + 2, …, N on the L×L torus, (N + 1,); absolute error about 1e-15.

    The transfer matrix in an imaginary field gives the characteristic function; 0.4 s at L = 10.
    """
    columns = _columns(side)
    coupling, n = 1 / temperature, side * side
    rings = np.exp(coupling * (_ring_bonds(columns) - side))
    angles = 2 * np.pi * np.arange(n // 2 + 1) / (n + 1)
    characteristic = np.zeros(len(angles))  # of M/2, even in the angle: a flip conjugates, reals remain
    for index, angle in enumerate(angles):
        weight = rings * np.exp(0.5j * angle * columns.sum(1))
        for _, sizes, powers in _powers(side, coupling, weight, side // 2):
            characteristic[index] += ((powers[-1] ** 2).sum(0) @ sizes).real
    law = np.fft.irfft(characteristic / characteristic[0] * np.exp(-0.5j * n * angles), n + 1)
    return np.maximum(law, 0)
