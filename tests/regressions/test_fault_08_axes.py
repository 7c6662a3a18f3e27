"""Recordings with other axes were read without a word about which length is whose."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.io import savemat

from mfvae.data.loader import load
from mfvae.errors import InputError
from mfvae.workflow.files.samples import METADATA_KEY
from tests.scripts.calls import succeed

SPIKES = (np.random.default_rng(0).random((4, 5, 30)) < 0.3).astype(np.uint8)
AXES = ("groups", "sites", "rows")


@pytest.mark.parametrize("order", [(0, 2, 1), (2, 1, 0), (1, 2, 0)])
def test_axes_in_another_order_are_read_as_they_are_named(tmp_path, order):
    path = tmp_path / "other.mat"
    savemat(path, {"bint": SPIKES.transpose(order)})
    found = load(path, axes=" ".join(AXES[axis] for axis in order)).array
    np.testing.assert_array_equal(found, 2 * SPIKES.transpose(0, 2, 1).reshape(120, 5).astype(int) - 1)


def test_a_square_recording_is_unclear_until_its_axes_are_named(tmp_path):
    path = tmp_path / "square.mat"
    savemat(path, {"bint": np.eye(6, dtype=np.uint8)[None].repeat(3, axis=0)})
    with pytest.raises(InputError, match=r"3 × 6 × 6.*axes="):
        load(path)
    assert load(path, axes=" ".join(AXES)).array.shape == (18, 6)


def test_other_names_of_axes_are_refused(tmp_path):
    savemat(tmp_path / "named.mat", {"bint": SPIKES})
    with pytest.raises(InputError, match=r"axes = 'groups sites colours'"):
        load(tmp_path / "named.mat", axes="groups sites colours")


def test_log_and_samples_say_which_length_is_whose(tmp_path, capsys):
    savemat(tmp_path / "small.mat", {"bint": SPIKES})
    about = ["--files", tmp_path / "small.mat", "--system", "small", "--point", "whole"]
    output = tmp_path / "words.parquet"
    succeed("data/prepare", *about, "--seed", 1, "--output", output)
    line = "4 × 5 × 30 = repeats × neurons × bins"
    assert line in capsys.readouterr().out
    source = json.loads(json.loads(pq.read_schema(output).metadata[METADATA_KEY])["source"])
    assert source["axes"]["names"] == ["repeats", "neurons", "bins"]
