"""The retina recording: its published facts, its words, and its split by repeats."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import loadmat

from mfvae.data.holdout import is_test_repeat
from mfvae.data.loader import load
from mfvae.data.sources import sha256_of
from mfvae.errors import InputError
from mfvae.population.words import (
    coincidence_by_repeat,
    count_distribution,
    pairwise_correlations,
    spike_probabilities,
    word_counts,
)
from mfvae.workflow.files.fetch import check_local_file
from tests.helpers.statistics import assert_within_floor

AXES = "groups sites rows"


# -- facts: every reference is right to its last printed digit ---------------------------------------
@pytest.fixture(scope="module")
def facts(exact_values) -> dict:
    return exact_values["retina"]


def test_the_file_is_the_published_one(recording_file, facts):
    assert recording_file.stat().st_size == facts["size_bytes"]
    assert sha256_of(recording_file) == facts["sha256"]
    check_local_file("file", recording_file, facts["sha256"])


def test_its_shape_and_number_of_spikes(recording, facts):
    repeats, neurons, bins = facts["repeats, neurons, bins"]
    assert recording.array.shape == (repeats * bins, neurons)
    np.testing.assert_array_equal(np.bincount(recording.groups), np.full(repeats, bins))
    assert np.count_nonzero(recording.array == 1) == facts["ones"]


def test_the_mean_rate(all_words, facts):
    assert spike_probabilities(all_words).mean() == pytest.approx(facts["mean_p_per_bin"], abs=0.5e-6)


def test_the_distribution_of_spike_counts(all_words, facts):
    distribution = count_distribution(all_words)
    assert distribution[0] == pytest.approx(facts["P(K=0)"], abs=0.5e-5)
    np.testing.assert_allclose(distribution[:6], facts["P(K=0..5)"], rtol=0, atol=0.5e-5)
    assert distribution.sum() == pytest.approx(1, abs=1e-12)


def test_the_pairwise_correlations(all_words, facts):
    correlations = pairwise_correlations(all_words)
    assert len(correlations) == 160 * 159 // 2
    assert correlations.mean() == pytest.approx(facts["mean_pairwise_correlation"], abs=0.5e-4)
    assert correlations.std() == pytest.approx(facts["sd_pairwise_correlation"], abs=0.5e-4)


def test_the_distinct_words_and_their_coincidences(all_words, facts):
    counts = word_counts(all_words)
    assert len(counts) == facts["distinct_words"]
    assert counts.sum() == len(all_words)
    reference = facts["word_coincidence_probability"]
    halves = np.arange(len(all_words)) % 2  # the error from them is not asked for
    (found,), _ = coincidence_by_repeat(all_words, halves)
    assert found == pytest.approx(reference, abs=0.5e-4)


@pytest.fixture
def spikes(recording_file) -> np.ndarray:
    """Repeats × neurons × bins."""
    return loadmat(recording_file)["bint"]


def silence(spikes: np.ndarray) -> float:
    return float((spikes.sum(1) == 0).mean())


def test_the_published_silences_with_and_without_shuffled_repeats(spikes, facts):
    """P(K=0) as published, and with the repeats of every neuron and bin shuffled independently."""
    assert_within_floor(silence(spikes), *facts["P(K=0) published"])
    shuffled = np.random.default_rng(0).permuted(spikes, axis=0)
    assert_within_floor(silence(shuffled), *facts["P(K=0) trial-shuffled, published"])


def test_twin_silences_of_the_other_kind_are_caught(spikes, facts):
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(silence(spikes), *facts["P(K=0) trial-shuffled, published"])


# -- words and the split by repeats -------------------------------------------------------------------
def numbered_recording(repeats: int = 297, bins: int = 4) -> np.ndarray:
    """A recording whose every word spells its repeat (nine neurons) and its bin (three), in binary."""
    repeat, bit, time = np.ogrid[:repeats, :12, :bins]
    return (np.where(bit < 9, repeat >> bit, time >> (bit - 9).clip(0)) & 1).astype(np.uint8)


def spelled(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(repeat, bin) of every word of ``numbered_recording``."""
    bits = words > 0
    return bits[:, :9] @ (1 << np.arange(9)), bits[:, 9:] @ (1 << np.arange(3))


def test_words_are_bins_repeat_after_repeat():
    data = load(numbered_recording(), axes=AXES, constant_sites="keep")
    assert data.array.dtype == np.int8
    assert set(np.unique(data.array)) == {-1, 1}
    repeat, time = spelled(data.array)
    np.testing.assert_array_equal(repeat, np.repeat(np.arange(297), 4))
    np.testing.assert_array_equal(repeat, data.groups)
    np.testing.assert_array_equal(time, np.tile(np.arange(4), 297))


def test_held_out_repeats_are_every_tenth():
    repeats = np.arange(297)
    np.testing.assert_array_equal(repeats[is_test_repeat(repeats)], range(0, 297, 10))


def test_no_held_out_word_comes_from_a_training_repeat():
    data = load(numbered_recording(), axes=AXES, constant_sites="keep")
    held_out = is_test_repeat(data.groups)
    test, _ = spelled(data.array[held_out])
    train, _ = spelled(data.array[~held_out])
    assert set(test) == set(range(0, 297, 10))
    assert set(train) == set(range(297)) - set(test)
    assert len(test) + len(train) == 297 * 4


def test_words_of_the_recording_are_its_spikes(recording, recording_file):
    spikes = loadmat(recording_file)["bint"]
    bins = spikes.shape[2]
    rng = np.random.default_rng(1)
    for repeat, time in zip(rng.integers(297, size=200), rng.integers(bins, size=200), strict=True):
        expected = 2 * spikes[repeat, :, time].astype(int) - 1
        np.testing.assert_array_equal(recording.array[repeat * bins + time], expected)


def test_the_recording_itself_truncated_is_refused(tmp_path, recording_file):
    path = tmp_path / "truncated.mat"
    path.write_bytes(recording_file.read_bytes()[:700_000])
    with pytest.raises(InputError, match="truncated"):
        load(path)
