"""Files are whole or not at all."""

from __future__ import annotations

import csv
import errno
import math
import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfvae.errors import InputError
from mfvae.workflow.files.atomic import (
    atomic_path,
    read_arrays,
    read_json,
    write_arrays,
    write_csv,
    write_json,
)
from tests.helpers.files import assert_input_error, names_in

# -- whole or not at all ---------------------------------------------------------------------------


def test_a_new_file_appears_only_when_the_block_ends(tmp_path):
    path = tmp_path / "deep/er/file.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.parent == path.parent  # the same file system: the rename is atomic
    assert path.read_text() == "new"
    assert names_in(path.parent) == ["file.txt"]


def write_half(path, error: BaseException | type[BaseException]) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        raise error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_writer_leaves_nothing(tmp_path, error):
    with pytest.raises(error):
        write_half(tmp_path / "file.txt", error)
    assert names_in(tmp_path) == []


def test_an_interrupted_writer_keeps_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        write_half(path, RuntimeError)
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["file.txt"]


def test_a_writer_that_wrote_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "file.txt"):
        pass
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_takes_no_file_is_bad_input_that_names_the_file(tmp_path, number):
    path = tmp_path / "file.txt"
    for named in ((), (f"{path.parent}",)):  # by the system or, as by a library, by nobody
        with pytest.raises(InputError) as caught:
            write_half(path, OSError(number, "refused", *named))
        assert_input_error(caught.value, path, os.strerror(number))
    assert names_in(tmp_path) == []


def test_trouble_with_another_file_is_no_trouble_with_this_one(tmp_path):
    with pytest.raises(PermissionError):
        write_half(tmp_path / "file.txt", OSError(errno.EACCES, "refused", "another/file.txt"))
    assert names_in(tmp_path) == []


# -- JSON and CSV ----------------------------------------------------------------------------------
finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(json_values)
def test_json_round_trip(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "round_trip.json"
    write_json(path, content)
    assert read_json(path) == content
    assert path.read_bytes().endswith(b"\n")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_json_refuses_what_is_not_a_number(tmp_path, value):
    path = tmp_path / "metrics.json"
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"loss": [1.0, value]})
    assert names_in(tmp_path) == []
    write_json(path, {"loss": [1.0]})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"loss": [1.0, value]})
    assert read_json(path) == {"loss": [1.0]}


@pytest.mark.parametrize("content", [None, b"", b'{"half":', b"\xff\xfe"])
def test_unreadable_json_is_refused_by_name(tmp_path, content):
    path = tmp_path / "metrics.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_json(path)
    assert_input_error(caught.value, path, "JSON")


def test_equal_tables_are_equal_bytes_in_full_precision(tmp_path):
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"beta": rng.normal(size=50), "name": [f"row {i}" for i in range(50)]})
    write_csv(tmp_path / "a.csv", table)
    write_csv(tmp_path / "b.csv", table.copy())
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert b"\r" not in (tmp_path / "a.csv").read_bytes()
    with open(tmp_path / "a.csv", newline="") as handle:
        found = list(csv.DictReader(handle))
    assert [float(row["beta"]) for row in found] == table["beta"].tolist()
    assert [row["name"] for row in found] == table["name"].tolist()
    table.loc[7, "beta"] = np.nextafter(table.loc[7, "beta"], 9)
    write_csv(tmp_path / "c.csv", table)
    assert (tmp_path / "c.csv").read_bytes() != (tmp_path / "a.csv").read_bytes()


def test_arrays_come_back_and_equal_ones_are_equal_bytes(tmp_path):
    arrays = {"a/d~2": np.arange(6.0).reshape(2, 3), "label": np.array([1, 2])}
    for name in ("one", "two"):
        write_arrays(tmp_path / name, arrays)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    found = read_arrays(tmp_path / "one")
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize(
    "damage", [lambda b: b[:50], lambda b: b"text", lambda b: b[:-9], lambda b: b""]
)
def test_damaged_arrays_are_refused_by_name(tmp_path, damage):
    path = tmp_path / "x.npz"
    write_arrays(path, {"a": np.arange(100.0)})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=r"x\.npz"):
        read_arrays(path)
    with pytest.raises(InputError, match="absent"):
        read_arrays(tmp_path / "absent.npz")
