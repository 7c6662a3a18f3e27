"""A particle in a box with a sinusoidal perturbation, to first order, for any real quantum number.

Box [0, L], H⁰ = −(αL²/π²) d²/dz² with functions ψ_n(z) = √(2/L) sin(πnz/L) and energies E⁰_n = αn²; the
perturbation is V(z) = sin(πtz/L), of t half waves (Andrés-Terré & Lió, arXiv:1907.05267). With

  g(a) = ∫₀¹ sin(πaz) dz = (1 − cos πa)/(πa) = (πa/2) sinc²(a/2),

a function without poles, ⟨m|V|n⟩ = ½[g(t+m−n) + g(t−m+n) − g(t+m+n) − g(t−m−n)] for all real m, n, t.
At m = n this is twice

  ∫₀¹ sin²(πnz) sin(πtz) dz
    = {cos πt·[4n² + t² cos 2πn − t²] + 2n[t sin 2πn sin πt − 2n]} / (2πt[t² − 4n²]),

whose poles at t = 0, ±2n are removable. The source prints N² in place of t² and a factor (−1)^t before
the first term, which belongs to no such potential. Formulas work on NumPy arrays and PyTorch tensors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace

Array = Any  # a NumPy array or a PyTorch tensor


def box_function(n: Array, z: Array, length: float = 1.0) -> Array:
    """ψ_n(z), of norm 1 for integers n; it vanishes at z = L for these alone."""
    namespace = array_namespace(n, z)
    return (2 / length) ** 0.5 * namespace.sin(np.pi * n * z / length)


def mean_of_sine(a: Array) -> Array:
    """g(a) = ∫₀¹ sin(πaz) dz, at a = 0, too."""
    return (np.pi / 2) * a * array_namespace(a).sinc(a / 2) ** 2


def matrix_element(m: Array, n: Array, t: Array) -> Array:
    """⟨m|V|n⟩, which no length changes; of V's strength, 1."""
    g = mean_of_sine
    return 0.5 * (g(t + m - n) + g(t - m + n) - g(t + m + n) - g(t - m - n))


def energy(n: Array, alpha: float) -> Array:
    """E⁰_n = αn², in units of V's strength."""
    return alpha * n**2


def first_order_shift(n: Array, t: Array) -> Array:
    """E¹_n = ⟨n|V|n⟩ = 2∫₀¹ sin²(πnz) sin(πtz) dz, even in n and odd in t.

    As in the source it is not divided by ⟨n|n⟩ = 1 − sin(2πn)/(2πn), which is 1 for integers alone: at
    n → 0 both functions and shift vanish.
    """
    return mean_of_sine(t + 0 * n) - 0.5 * (mean_of_sine(t + 2 * n) + mean_of_sine(t - 2 * n))


def first_order_state(n: int, t: float, alpha: float, states: int) -> np.ndarray:
    """c_{m,n} = ⟨m|V|n⟩/(E⁰_n − E⁰_m) for m = 1 … ``states`` and 0 at m = n: |n⟩¹ = Σ_m c_{m,n} |m⟩."""
    m = np.arange(1.0, states + 1)
    others = m != n
    gap = np.where(others, energy(float(n), alpha) - energy(m, alpha), 1.0)
    return np.where(others, matrix_element(m, np.full(states, float(n)), t) / gap, 0.0)


def quantum_number(psi: Array, z: Array, length: float = 1.0, floor: float = 0.0) -> Array:
    """n = (L/π) arcsin(Lψ²/2)/|z|, the source's, of a value ψ at z; for |ψ| ≤ √(2/L) it is ≤ L/(2|z|).

    |z| is replaced by √(z² + floor²), so that z = 0 has a finite n; energies are even in n. This is not
    the inverse of ψ_n, which would need arcsin √(Lψ²/2); both have the same range.
    """
    namespace = array_namespace(psi, z)
    distance = (z**2 + floor**2) ** 0.5
    return (length / np.pi) * namespace.asin(length * psi**2 / 2) / distance
