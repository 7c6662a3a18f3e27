"""Compiled sums over the nodes of a generalized Hopfield model, for Monte Carlo and for descents."""

from __future__ import annotations

import numpy as np
from numba import njit

from mfvae.errors import InputError
from mfvae.hamiltonian.model import GeneralizedHopfield

REACH = 500.0  # nats by which weights of nodes may change before they are computed anew ...


SITE_REACH = 150.0  # ... and by one flip: together below log 1e308


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
def run_ladder(  # type: ignore[no-untyped-def]
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
