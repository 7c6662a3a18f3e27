"""Large populations and recordings took many times the memory of the words themselves."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from scipy.io import savemat

from mfvae.data.loader import load
from mfvae.population import moments as population_moments
from mfvae.population import words as population
from mfvae.population.moments import bootstrap_errors, moments, random_triplets, repeat_sums


def words_of(bins: int, neurons: int, repeats: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    spins = np.where(rng.random((repeats * bins, neurons), dtype=np.float32) < 0.05, 1, -1)
    return spins.astype(np.int8), np.repeat(np.arange(repeats), bins), np.tile(np.arange(bins), repeats)


def peak(call: Callable[[], object]) -> int:
    """Bytes that a call holds at most beside what was there."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_recording_is_read_and_cut_in_about_its_own_size(tmp_path):
    spikes = (np.random.default_rng(0).random((10, 200, 10_000), dtype=np.float32) < 0.05).astype(
        np.uint8
    )
    savemat(tmp_path / "large.mat", {"bint": spikes}, do_compression=True)
    assert peak(lambda: load(tmp_path / "large.mat", axes="groups sites rows")) < 4.2 * spikes.size


def test_resampling_pairs_does_not_keep_all_of_them():
    spins, repeats, _ = words_of(50, 1000, 10)
    rng = np.random.default_rng(1)
    sums = repeat_sums(spins, repeats, random_triplets(1000, 100, rng))
    assert sums.pairs.nbytes == 10 * 1000 * 999 // 2  # a byte each: repeats have 50 bins
    every = 100 * sums.pairs.shape[1] * 8
    assert peak(lambda: bootstrap_errors(sums, 100, rng)) < 0.6 * every


def test_silence_of_shuffled_repeats_takes_little_more_than_the_words(monkeypatch):
    monkeypatch.setattr(population, "BLOCK_ENTRIES", 100_000)
    spins, repeats, bins = words_of(2000, 200, 10)
    assert peak(lambda: population.trial_shuffled_silence(spins, repeats, bins)) < 2 * spins.nbytes


def moments_at_once(
    sums: population_moments.RepeatSums, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Correlations (S, P) and triplet covariances (S, T), spelled out."""
    n, total = sums.single.shape[1], weights @ sums.bins
    p = weights @ sums.single / total[:, None]
    square = np.zeros((len(weights), n, n))
    square[:, *np.triu_indices(n, k=1)] = weights @ sums.pairs.astype(float) / total[:, None]
    cov = square - p[:, :, None] * p[:, None]
    spread = np.sqrt(p * (1 - p))
    correlations = (cov / (spread[:, :, None] * spread[:, None]))[:, *np.triu_indices(n, k=1)]
    i, j, k = sums.triplets.T
    triple = weights @ sums.triple / total[:, None]
    triple -= square[:, i, j] * p[:, k] + square[:, i, k] * p[:, j] + square[:, j, k] * p[:, i]
    return correlations, triple + 2 * p[:, i] * p[:, j] * p[:, k]


@pytest.mark.parametrize("entries", [1, 70, 4_000_000])
def test_blocks_change_no_number(monkeypatch, entries):
    spins, repeats, bins = words_of(60, 12, 7)
    whole = population.covariance_spectrum(spins, repeats)
    silence = population.trial_shuffled_silence(spins, repeats, bins)
    monkeypatch.setattr(population_moments, "PAIR_ENTRIES", entries)
    monkeypatch.setattr(population, "BLOCK_ENTRIES", entries)
    sums = repeat_sums(spins, repeats, random_triplets(12, 50, np.random.default_rng(1)))
    stated = bootstrap_errors(sums, 20, np.random.default_rng(2))
    weights = np.random.default_rng(2).multinomial(7, np.full(7, 1 / 7), size=20).astype(float)
    for found, reduced in (
        (moments(sums), [one[0] for one in moments_at_once(sums, np.ones((1, 7)))]),
        (stated, [np.std(one, axis=0, ddof=1) for one in moments_at_once(sums, weights)]),
    ):
        np.testing.assert_allclose(found.correlations, reduced[0], rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(found.triplet_covariances, reduced[1], rtol=1e-10, atol=1e-14)
    again = population.covariance_spectrum(spins, repeats)
    np.testing.assert_array_equal(again, whole)
    np.testing.assert_allclose(
        population.trial_shuffled_silence(spins, repeats, bins), silence, rtol=1e-12
    )
    rates = (spins > 0).reshape(7, 60, 12).mean(0)
    assert silence[0][0] == pytest.approx(np.prod(1 - rates, axis=1).mean(), rel=1e-12)
