"""The Maier–Saupe model in the limit N → ∞: its transition of first order, its order parameter."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from mfvae.sites import _bingham as bingham

TRANSITION_BETA = 4.541458992  # ``transition`` computes it
POLAR_NODES = 64


class NematicTransition(NamedTuple):
    """The isotropic–nematic transition of first order, in the limit N → ∞."""

    beta: float  # βU where both phases have one free energy
    order_parameter: float  # S of the nematic there
    superheating: float  # the least βU with a nematic minimum
    supercooling: float  # the largest βU with an isotropic minimum: 5
    entropy_jump: float  # nats per site


def uniaxial_cumulants(r: float) -> tuple[float, float, float]:
    """A and its first two derivatives along η = r T(n), nats: the mean and variance of P₂."""
    t, weight = bingham.half_axis(POLAR_NODES)
    p2 = (3 * t**2 - 1) / 2
    boltzmann = weight * np.exp(r * (p2 - 1))
    total = boltzmann.sum()
    mean = boltzmann @ p2 / total
    return r + float(np.log(total)), float(mean), float(boltzmann @ (p2 - mean) ** 2 / total)


@cache
def transition() -> NematicTransition:
    """The solutions S = A′(r), β = r/S of the mean-field equation with free energy r²/2β − A(r) zero.

    The nematic branch ends at its least β, where A′ = rA″; the isotropic one where βA″(0) = 1.
    """
    from scipy.optimize import brentq

    def free_energy(r: float) -> float:
        a, order, _ = uniaxial_cumulants(r)
        return r * order / 2 - a

    def turn(r: float) -> float:
        _, order, variance = uniaxial_cumulants(r)
        return order - r * variance

    at_turn = brentq(turn, 0.5, 5.0, xtol=1e-14)
    at_transition = brentq(free_energy, at_turn, 5.0, xtol=1e-14)
    order = uniaxial_cumulants(at_transition)[1]
    return NematicTransition(
        at_transition / order,
        order,
        at_turn / uniaxial_cumulants(at_turn)[1],
        1 / uniaxial_cumulants(0.0)[2],
        at_transition * order / 2,
    )


def limit_order_parameter(beta: float) -> float:
    """S of the phase of least free energy: 0 up to the transition, the nematic branch beyond."""
    from scipy.optimize import brentq

    critical = transition()
    if beta <= critical.beta:
        return 0.0
    lowest = critical.beta * critical.order_parameter  # r grows with β
    root = brentq(lambda r: r - beta * uniaxial_cumulants(r)[1], lowest, beta, xtol=1e-14)
    return float(root / beta)
