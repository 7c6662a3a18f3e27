"""Repeats of more than 32,767 bins: their numbers wrapped to negative ones, and bins were mixed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import savemat

from mfvae.errors import InputError
from mfvae.population.words import trial_shuffled_silence
from mfvae.workflow.files.samples import index_column, read_samples
from tests.scripts.calls import succeed
from tests.scripts.chain import AS_REPEATS


def test_bins_of_a_long_repeat_keep_their_numbers(tmp_path):
    bins = 33_000
    spikes = (np.random.default_rng(0).random((3, 2, bins)) < 0.1).astype(np.uint8)
    savemat(tmp_path / "long.mat", {"bint": spikes})
    output = tmp_path / "words.parquet"
    about = ["--system", "long", "--point", "repeats~3", "--seed", 1]
    succeed("data/prepare", *AS_REPEATS, "--files", tmp_path / "long.mat", *about, "--output", output)
    samples = read_samples(output)
    np.testing.assert_array_equal(samples.columns["bin"], np.tile(np.arange(bins), 3))
    silence, _ = trial_shuffled_silence(
        samples.configurations, samples.columns["repeat"], samples.columns["bin"]
    )
    assert silence[0] == pytest.approx(np.prod(1 - spikes.mean(0), axis=0).mean(), rel=1e-12)


@pytest.mark.parametrize(
    ("last", "kind"), [(32_767, np.int16), (32_768, np.int64), (2**31, np.int64), (2**40, np.int64)]
)
def test_columns_are_wide_enough_and_no_wider_for_short_repeats(last, kind):
    column = index_column(np.array([0, last]))
    assert column.dtype == kind
    assert column.tolist() == [0, last]


def test_bins_below_zero_are_refused():
    words, wrapped = np.ones((4, 2), dtype=np.int8), np.array([0, -1, 0, -1])
    with pytest.raises(InputError, match="bin = -1"):
        trial_shuffled_silence(words, np.array([0, 0, 1, 1]), wrapped)
