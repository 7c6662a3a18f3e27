"""Recordings of other values or kinds: the message named neither values nor kind."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_array

from mfvae.data.loader import load
from mfvae.errors import InputError

SPIKES = (np.random.default_rng(0).random((4, 5, 30)) < 0.3).astype(np.uint8)
CELLS = np.empty((1, 12), dtype=object)
CELLS[0] = [SPIKES[0]] * 12
AXES = "groups sites rows"


def message(path, content) -> str:
    savemat(path, {"bint": content})
    with pytest.raises(InputError) as caught:
        load(path, axes=AXES)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_counts_above_one_are_named_with_their_share_and_what_to_do(tmp_path, kind, order):
    spikes = np.array(SPIKES, dtype=kind, order=order)
    spikes[2, 3, 7] = spikes[3, 1, 9] = 2
    spikes[3, 4, 20] = 3
    found = message(tmp_path / "other.mat", spikes)
    assert found.startswith("clip = False: 0.5 % of the values")  # three of six hundred
    assert "up to 3" in found
    assert "clip=True" in found


@pytest.mark.parametrize("value", [0.5, -1.0, np.inf])
def test_other_numbers_are_named(tmp_path, value):
    spikes = SPIKES.astype(float)
    spikes[0, 1, 2] = value
    found = message(tmp_path / "other.mat", spikes)
    assert found.startswith("values = [")
    assert f"{value:g}" in found.partition(":")[0]


def test_missing_values_are_counted(tmp_path):
    spikes = SPIKES.astype(float)
    spikes[0, 1, 2] = np.nan
    found = message(tmp_path / "other.mat", spikes)
    assert found.startswith("missing = 'refuse': 1 of 600 values")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (CELLS, "a cell array of 1 × 12"),
        ({"spikes": SPIKES}, "a structured array of fields spikes"),
        ("spikes", "1 axes, 1"),
        (SPIKES * 1j, "complex numbers"),
        (csc_array(SPIKES[0].astype(float)), "2 axes, 5 × 30"),
    ],
)
def test_other_kinds_are_named(tmp_path, content, kind):
    assert kind in message(tmp_path / "other.mat", content)


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int8, np.int64, np.float32, np.float64])
def test_every_type_of_number_is_read(tmp_path, kind):
    savemat(tmp_path / "same.mat", {"bint": SPIKES.astype(kind)})
    found = load(tmp_path / "same.mat", axes=AXES).array
    assert found.dtype == np.int8
    np.testing.assert_array_equal(found, 2 * SPIKES.transpose(0, 2, 1).reshape(120, 5).astype(int) - 1)
