"""Compiled Gibbs chains of binary units with pairwise couplings, and annealed importance sampling.

p(s) ∝ exp(Σ_i h_i s_i + Σ_{i<j} J_ij s_i s_j), s_i ∈ {0, 1}, J symmetric with an empty diagonal. A chain
carries its local fields h_i + Σ_j J_ij s_j, so that only flips cost N additions, and flips are rare
where spikes are.
"""

from __future__ import annotations

import numpy as np
from numba import njit

BOUNDS = np.exp(-np.arange(64.0))


@njit(cache=True)
def _sweep(s, field, couplings, rng):  # type: ignore[no-untyped-def]
    """One sweep of one chain, s (N,) and its local fields (N,), in place, site after site."""
    n = s.shape[0]
    for i in range(n):
        u = rng.random()
        f = field[i]
        # sigmoid(f) ≤ e^f ≤ e^{-floor(-f)}: most silences are decided without an exponential.
        if f < 0.0 and u > BOUNDS[min(int(-f), 63)]:
            spike = 0
        else:
            spike = 1 if u * (1.0 + np.exp(-f)) < 1.0 else 0
        if spike != s[i]:
            s[i] = spike
            row = couplings[i]
            if spike:
                for j in range(n):
                    field[j] += row[j]
            else:
                for j in range(n):
                    field[j] -= row[j]


@njit(cache=True)
def _local_fields(s, bias, couplings):  # type: ignore[no-untyped-def]
    field = bias.copy()
    for i in range(s.shape[0]):
        if s[i]:
            field += couplings[i]
    return field


@njit(cache=True)
def advance(chains, bias, couplings, sweeps, rng):  # type: ignore[no-untyped-def]
    """``sweeps`` sweeps of all ``chains``, int8 0/1 (C, N), in place.

    Returns ⟨s_i s_j⟩ (N, N), with ⟨s_i⟩ on the diagonal, averaged over chains and sweeps.
    """
    count, n = chains.shape
    together = np.zeros((n, n))
    active = np.empty(n, dtype=np.int64)
    for c in range(count):
        s = chains[c]
        field = _local_fields(s, bias, couplings)
        for _ in range(sweeps):
            _sweep(s, field, couplings, rng)
            k = 0
            for i in range(n):
                if s[i]:
                    active[k] = i
                    k += 1
            for a in range(k):
                for b in range(k):
                    together[active[a], active[b]] += 1.0
    return together / (count * sweeps)


@njit(cache=True)
def draw(chains, bias, couplings, thinning, n, rng):  # type: ignore[no-untyped-def]
    """n words int8 0/1 (n, N), from all ``chains`` in turn with ``thinning`` sweeps between theirs."""
    count = chains.shape[0]
    words = np.empty((n, chains.shape[1]), dtype=np.int8)
    for c in range(count):
        s = chains[c]
        field = _local_fields(s, bias, couplings)
        for index in range(c, n, count):
            for _ in range(thinning):
                _sweep(s, field, couplings, rng)
            words[index] = s
    return words


@njit(cache=True)
def annealed_log_weights(chains, bias, couplings, start_bias, temperatures, rng):  # type: ignore[no-untyped-def]
    """Log weights (C,) of annealed importance sampling, E[e^w] = Z / Z_0; moves ``chains`` in place.

    Neal, Stat. Comput. 11, 125 (2001): from draws of independent units of bias ``start_bias`` to the
    model, along h = (1−β) h_0 + β h and βJ, one sweep at each of ``temperatures`` equidistant β > 0.
    """
    count, n = chains.shape
    log_weights = np.zeros(count)
    change = bias - start_bias
    for step in range(temperatures):
        beta = (step + 1) / temperatures
        field_bias, scaled = start_bias + beta * change, beta * couplings
        for c in range(count):
            s = chains[c]
            field = _local_fields(s, field_bias, scaled)
            slope = 0.0  # of the log weight of s as β grows
            for i in range(n):
                if s[i]:
                    slope += change[i] + 0.5 * (field[i] - field_bias[i]) / beta
            log_weights[c] += slope / temperatures
            _sweep(s, field, scaled, rng)
    return log_weights
