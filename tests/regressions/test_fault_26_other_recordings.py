"""Recordings of other values or kinds: the message named neither values nor kind."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_array

from mfvae.errors import InputError
from mfvae.workflow.files.fetch import read_recording

SPIKES = (np.random.default_rng(0).random((4, 5, 30)) < 0.3).astype(np.uint8)
CELLS = np.empty((1, 12), dtype=object)
CELLS[0] = [SPIKES[0]] * 12


def message(path, content) -> str:
    savemat(path, {"bint": content})
    with pytest.raises(InputError) as caught:
        read_recording(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_other_values_are_counted_named_and_located(tmp_path, kind, order):
    spikes = np.array(SPIKES, dtype=kind, order=order)
    spikes[2, 3, 7] = spikes[3, 1, 9] = 2
    spikes[3, 4, 20] = 3
    found = message(tmp_path / "other.mat", spikes)
    assert "only 0 and 1 are allowed in a binary recording, 3 of 600 values are others (2, 3)" in found
    assert found.endswith(
        ("the first at (3, 4, 8), counted from 1", "the first at (4, 2, 10), counted from 1")
    )


@pytest.mark.parametrize("value", [np.nan, 0.5, -1.0, np.inf])
def test_other_numbers_are_named(tmp_path, value):
    spikes = SPIKES.astype(float)
    spikes[0, 1, 2] = value
    assert f"1 of 600 values are others ({value:g}), the first at (1, 2, 3)" in message(
        tmp_path / "other.mat", spikes
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (CELLS, "a cell array of 1 × 12"),
        ({"spikes": SPIKES}, "a struct of fields spikes"),
        ("spikes", "text"),
        (SPIKES * 1j, "complex numbers"),
        (csc_array(SPIKES[0].astype(float)), "a sparse matrix"),
    ],
)
def test_other_kinds_are_named(tmp_path, content, kind):
    found = message(tmp_path / "other.mat", content)
    assert "one array of numbers, repeats × neurons × bins, is needed" in found
    assert f"'bint' is {kind}" in found


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int8, np.int64, np.float32, np.float64])
def test_every_type_of_number_is_read(tmp_path, kind):
    savemat(tmp_path / "same.mat", {"bint": SPIKES.astype(kind)})
    spikes = read_recording(tmp_path / "same.mat").spikes
    assert spikes.dtype == np.uint8
    np.testing.assert_array_equal(spikes, SPIKES)
