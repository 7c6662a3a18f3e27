"""Recordings with other axes were read without a word about which length is whose."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.io import savemat

from mfvae.errors import InputError
from mfvae.workflow.files.fetch import read_recording
from mfvae.workflow.files.samples import METADATA_KEY
from tests.scripts.calls import succeed

SPIKES = (np.random.default_rng(0).random((4, 5, 30)) < 0.3).astype(np.uint8)


@pytest.mark.parametrize("order", [(0, 2, 1), (2, 1, 0), (1, 2, 0)])
def test_unclear_axes_are_refused_with_their_lengths_until_they_are_named(tmp_path, order):
    path = tmp_path / "other.mat"
    other = SPIKES.transpose(order)
    savemat(path, {"bint": other})
    lengths = " × ".join(map(str, other.shape))
    with pytest.raises(InputError, match=f"repeats × neurons × bins would be {lengths}.*'axes'"):
        read_recording(path)
    names = np.array(["repeats", "neurons", "bins"])[list(order)]
    savemat(path, {"bint": other, "axes": " ".join(names)})
    np.testing.assert_array_equal(read_recording(path).spikes, SPIKES)


def test_a_square_recording_is_unclear(tmp_path):
    savemat(tmp_path / "square.mat", {"bint": np.eye(6, dtype=np.uint8)[None].repeat(3, axis=0)})
    with pytest.raises(InputError, match="3 × 6 × 6"):
        read_recording(tmp_path / "square.mat")


def test_other_names_of_axes_are_refused(tmp_path):
    savemat(tmp_path / "named.mat", {"bint": SPIKES, "axes": "trials neurons bins"})
    with pytest.raises(InputError, match="axes = 'trials neurons bins': repeats, neurons, bins"):
        read_recording(tmp_path / "named.mat")


def test_log_and_samples_say_which_length_is_whose(tmp_path, capsys):
    savemat(tmp_path / "small.mat", {"bint": SPIKES})
    about = ["--recording", tmp_path / "small.mat", "--system", "small", "--point", "repeats~4"]
    output = tmp_path / "words.parquet"
    succeed("data/prepare", *about, "--seed", 1, "--output", output)
    line = f"4 repeats × 5 neurons × 30 bins, {100 * SPIKES.mean():.3g} % ones"
    assert line in capsys.readouterr().out
    assert json.loads(pq.read_schema(output).metadata[METADATA_KEY])["source"] == line
