"""One array in every format gives one result; what cannot be read is refused in one line."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
from scipy import sparse

from mfvae.data import load
from mfvae.errors import InputError
from tests.helpers.data_files import WRITERS, write, write_matlab_73

WITHOUT_CHECKSUMS = {"v4.mat", "v5.mat", "sparse.mat"}
WITHOUT_NAMES = {"bare.csv", "bare.data", "floats.txt"}


def refusal(*arguments: Any, **options: Any) -> InputError:
    """The InputError that ``load`` raises, whose message is one line."""
    with pytest.raises(InputError) as caught:
        load(*arguments, **options)
    assert "\n" not in str(caught.value)
    return caught.value


# -- files ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_spins(tmp_path, words, spins, name):
    data = load(write(tmp_path, name, words))
    assert data.array.dtype == np.int8
    assert data.array.flags.c_contiguous
    np.testing.assert_array_equal(data.array, spins)
    assert data.observed is None
    assert data.groups is None
    columns = name not in WITHOUT_NAMES and name.endswith(("csv", "tsv", "parquet"))
    assert data.site_names == (tuple(f"cell {site}" for site in range(5)) if columns else None)


@pytest.mark.parametrize("name", WRITERS)
def test_a_truncated_file_is_refused_or_has_fewer_rows(tmp_path, words, name):
    path = write(tmp_path, name, words)
    content = path.read_bytes()
    if path.suffix in (".csv", ".tsv", ".txt", ".data"):  # text does not say where it ends
        path.write_bytes(content[: content.rindex(b"\n", 0, len(content) // 2) + 1])
        assert 20 < load(path, constant_sites="keep").n_rows < 40
    else:
        path.write_bytes(content[: len(content) // 2])
        assert refusal(path).field == "file"


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_of_another_kind_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(pickle.dumps({"a": 1}) * 50)
    assert str(path) in str(refusal(path))


# SciPy itself may crash on such files of MATLAB v4 to v6, which have no checksums.
@pytest.mark.parametrize("name", [name for name in WRITERS if name not in WITHOUT_CHECKSUMS])
def test_files_with_wrong_bytes_are_refused_or_read(tmp_path, words, name):
    path = write(tmp_path, name, words)
    whole, rng = path.read_bytes(), np.random.default_rng(7)
    for n_wrong in (1, 3, 20) * 8:
        content = np.frombuffer(whole, dtype=np.uint8).copy()
        content[rng.integers(len(content), size=n_wrong)] = rng.integers(256, size=n_wrong)
        path.write_bytes(content.tobytes())
        try:
            data = load(path)
        except InputError:  # nothing else is raised
            continue
        assert {*np.unique(data.array)} == {-1, 1}


def test_sparse_matrices_with_places_outside_are_refused(tmp_path, words):
    matrix = sparse.csr_array(words)
    matrix.indices[3] = 1000
    assert "a whole sparse matrix" in str(refusal(matrix))
    sparse.save_npz(tmp_path / "a.npz", matrix)
    assert refusal(tmp_path / "a.npz").field == "file"


def test_what_is_no_file_is_refused(tmp_path):
    assert "there is none" in str(refusal(tmp_path / "absent.npy"))
    assert "this is a folder" in str(refusal(tmp_path))
    (tmp_path / "empty.csv").touch()
    assert "this is empty" in str(refusal(tmp_path / "empty.csv"))
    (tmp_path / "blank.csv").write_text("\n\n")
    assert "at least one row" in str(refusal(tmp_path / "blank.csv"))


def test_a_format_is_named_where_the_suffix_says_none(tmp_path, words, spins):
    path = write(tmp_path, "words.npy", words).rename(tmp_path / "words.bin")
    assert refusal(path).field == "format"
    assert refusal(path, format="docx").value == "docx"
    np.testing.assert_array_equal(load(path, format="npy").array, spins)
    assert refusal(words, format="npy").field == "format"


@pytest.mark.parametrize("suffix", ["npz", "mat", "h5", "v73.mat"])
def test_the_array_is_named_where_there_are_several(tmp_path, words, spins, suffix):
    path, arrays = tmp_path / f"two.{suffix}", {"a": words, "b": 1 - words}
    if suffix == "npz":
        np.savez(path, **arrays)
    elif suffix == "mat":
        scipy.io.savemat(path, arrays)
    elif suffix == "h5":
        with h5py.File(path, "w") as file:
            for name, array in arrays.items():
                file[name] = array
    else:
        write_matlab_73(path, arrays)
    assert "a, b" in str(refusal(path))
    assert "a, b" in str(refusal(path, key="c"))
    np.testing.assert_array_equal(load(path, key="b").array, -spins)


@pytest.mark.parametrize("name", ["words.npy", "words.csv", "words.parquet"])
def test_a_key_is_refused_where_arrays_have_no_names(tmp_path, words, name):
    assert refusal(write(tmp_path, name, words), key="spikes").field == "key"
    assert refusal(words, key="spikes").field == "key"


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_text_under_the_name_of_an_array_is_refused_with_what_reads_it(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_text("1 0 1\n0 1 1\n1 1 0\n0 0 1\n")
    assert "this is text: say format='csv'" in str(refusal(path))
    assert load(path, format="csv").array.shape == (4, 3)


def test_columns_of_one_name_are_refused_by_it(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b,a\n1,0,1\n0,1,1\n1,1,0\n0,0,1\n")
    error = refusal(path)
    assert (error.field, error.value) == ("columns", ["a"])
    assert str(path) in str(error)
    path.write_text("yes,no,yes\nno,yes,no\nno,no,no\nyes,yes,no\n")  # a row of values
    assert load(path, values=("no", "yes")).array.shape == (4, 3)


def test_vectors_alone_are_no_array_of_rows(tmp_path):
    np.savez(tmp_path / "a.npz", times=np.arange(9), units=np.arange(9))
    assert "no array of rows × sites, name one of: times, units" in str(refusal(tmp_path / "a.npz"))


def test_groups_and_split_stand_beside_the_array(tmp_path, words):
    trials, parts = np.repeat([4, 2, 9], 20), np.repeat(["train", "test"], [40, 20])
    np.savez(tmp_path / "a.npz", spikes=words, trials=trials, parts=parts)
    scipy.io.savemat(tmp_path / "a.mat", {"spikes": words, "trials": trials})
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["spikes"], file["trials"], file["parts"] = words, trials, parts.astype("S")
    for path in tmp_path.iterdir():
        data = load(path, groups="trials", split=None if path.suffix == ".mat" else "parts")
        assert data.groups.dtype == data.order.dtype == np.int64
        np.testing.assert_array_equal(data.groups, np.repeat([1, 0, 2], 20))
        np.testing.assert_array_equal(data.order, np.tile(np.arange(20), 3))
        if path.suffix != ".mat":
            np.testing.assert_array_equal(data.split, parts)
        assert refusal(path, groups="absent").value == "absent"
    assert refusal(tmp_path / "a.npz", split="trials").field == "split"


# -- NumPy ------------------------------------------------------------------------------------------
def test_objects_are_never_unpickled(tmp_path):
    path = tmp_path / "objects.npy"
    np.save(path, np.array([[1, None]], dtype=object), allow_pickle=True)
    assert "of objects" in str(refusal(path))


@pytest.mark.parametrize(
    ("array", "word"),
    [
        (np.zeros((9, 3), dtype=[("a", int), ("b", int)]), "structured"),
        (np.zeros((9, 3), dtype=complex), "complex"),
        (np.zeros((9, 3), dtype="M8[s]"), "datetime"),
        (np.zeros((0, 3)), "0 × 3"),
        (np.zeros((9, 0)), "9 × 0"),
        (np.array([[None, 1]] * 4), "objects"),
        ([[1, 0], [1]], "array is needed"),
        (np.float64(1), "0 axes"),
        (np.zeros(9), "1 axes"),
    ],
)
def test_arrays_that_are_no_words_are_refused(array, word):
    assert word in str(refusal(array))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("type_", ["?", "i1", "u2", ">i4", "f2", "<f8"])
def test_types_and_orders_in_memory_do_not_matter(words, spins, type_, order):
    array = np.array(words, dtype=type_, order=order)
    before = array.copy()
    np.testing.assert_array_equal(load(array).array, spins)
    np.testing.assert_array_equal(array, before)


# -- MATLAB -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", ["v5", "v7.3"])
def test_axes_are_those_that_matlab_has(tmp_path, words, spins, version):
    path, content = tmp_path / "a.mat", {"spikes": words.T, "axes": "neurons bins"}
    if version == "v5":
        scipy.io.savemat(path, content)
    else:
        write_matlab_73(path, content)
    data = load(path)
    np.testing.assert_array_equal(data.array, spins)
    assert data.record["axes"] == {"names": ["neurons", "bins"], "from": "the file"}
    assert data.units["site"] == "neuron"


@pytest.mark.parametrize("version", ["v5", "v7.3"])
def test_a_recording_of_repeats_is_cut_by_custom(tmp_path, version):
    spikes = (np.random.default_rng(1).random((3, 4, 50)) < 0.4).astype(np.uint8)
    path = tmp_path / "a.mat"
    if version == "v5":
        scipy.io.savemat(path, {"bint": spikes})
    else:
        write_matlab_73(path, {"bint": spikes})
    data = load(path)
    np.testing.assert_array_equal(data.array[50:100], 2 * spikes[1].T.astype(int) - 1)
    np.testing.assert_array_equal(data.groups, np.repeat(np.arange(3), 50))


@pytest.mark.parametrize("version", ["v5", "v7.3"])
def test_cells_are_refused_unless_they_are_spike_times(tmp_path, version):
    cells = [np.array([0.01, 0.05, 0.055]), np.empty((0, 0)), np.array([0.02])]
    path = tmp_path / "a.mat"
    if version == "v5":
        column = np.empty((3, 1), dtype=object)
        column[:, 0] = cells
        scipy.io.savemat(path, {"times": column})
    else:
        write_matlab_73(path, {"times": cells})
    assert "cell" in str(refusal(path, key="times"))
    data = load(path, bin_s=0.02, clip=True, constant_sites="keep")
    np.testing.assert_array_equal(data.array, [[1, -1, -1], [-1, -1, 1], [1, -1, -1]])
    assert data.record["spikes"] == {
        "bin_s": 0.02,
        "start_s": 0.0,
        "in": 4,
        "outside": 0,
        "out": 3,
        "clipped": 1,
    }


def test_structs_and_text_of_matlab_are_refused(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"s": {"x": np.eye(3), "y": 2}, "t": "text"})
    assert "no array of rows × sites, name one of: s, t" in str(refusal(tmp_path / "a.mat"))
    assert "x, y" in str(refusal(tmp_path / "a.mat", key="s"))


def test_an_empty_sparse_matrix_of_matlab_has_zeros(tmp_path):
    write_matlab_73(tmp_path / "a.mat", {"s": sparse.csc_array((30, 3))})
    assert "all values" in str(refusal(tmp_path / "a.mat"))


def test_hdf5_that_matlab_did_not_write_is_not_turned(tmp_path, words, spins):
    path = write(tmp_path, "words.h5", words).rename(tmp_path / "words.mat")
    assert "format='hdf5'" in str(refusal(path))
    np.testing.assert_array_equal(load(path, format="hdf5").array, spins)


# -- tables -----------------------------------------------------------------------------------------
def long_table(words: np.ndarray) -> pd.DataFrame:
    rows, sites = np.indices(words.shape)
    frame = {"roll": rows.ravel(), "member": sites.ravel() + 100, "vote": words.ravel()}
    return pd.DataFrame(frame).sample(frac=1, random_state=0)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet", None])
def test_a_long_table_is_arranged_by_row_and_site(tmp_path, words, spins, suffix):
    source: Any = long_table(words)
    if suffix is not None:
        path = tmp_path / f"long.{suffix}"
        if suffix == "parquet":
            source.to_parquet(path)
        else:
            source.to_csv(path, index=False, sep="," if suffix == "csv" else "\t")
        source = path
    data = load(source, long=("roll", "member", "vote"))
    np.testing.assert_array_equal(data.array, spins)
    assert data.site_names == ("100", "101", "102", "103", "104")


def test_entries_that_a_long_table_lacks_are_missing(words, spins):
    table = long_table(words)
    lacking = table[~((table.roll == 7) & (table.member == 102))]
    long = ("roll", "member", "vote")
    assert refusal(lacking, long=long).field == "missing"
    data = load(lacking, long=long, missing="allow")
    observed = np.ones(words.shape, dtype=bool)
    observed[7, 2] = False
    np.testing.assert_array_equal(data.observed, observed)
    np.testing.assert_array_equal(data.array, np.where(observed, spins, 0))
    assert data.record["missing"]["entries"] == 1


def test_unclear_long_tables_are_refused(words):
    table, long = long_table(words), ("roll", "member", "vote")
    assert "1 entries come again" in str(refusal(pd.concat([table, table[:1]]), long=long))
    assert refusal(table, long=("roll", "member", "weight")).value == "weight"
    assert "three columns" in str(refusal(table, long=("roll", "member")))
    assert refusal(table, long=long, columns=["vote"]).field == "columns"
    table.loc[table.index[3], "member"] = np.nan
    assert "1 have not" in str(refusal(table, long=long))


def test_groups_columns_and_conditions_of_a_table(tmp_path, words, spins):
    table = pd.DataFrame(words, columns=list("abcde"))
    table["session"], table["state"] = np.repeat(["u", "v"], 30), np.tile(["on", "off"], 30)
    table.to_csv(tmp_path / "a.csv", index=False)
    table.to_parquet(tmp_path / "a.parquet")
    for source in (table, tmp_path / "a.csv", tmp_path / "a.parquet"):
        data = load(source, groups="session", where={"state": "on"}, columns=["e", "a"])
        np.testing.assert_array_equal(data.array, spins[::2, [4, 0]])
        np.testing.assert_array_equal(data.groups, np.repeat([0, 1], 15))
        assert data.record["groups"]["names"] == ["u", "v"]
        assert refusal(source, columns=["a", "z"]).value == "z"
        assert refusal(source, where={"mood": 1}).value == "mood"
        assert "at least one row" in str(refusal(source, groups="session", where={"state": "off?"}))


def test_the_index_of_a_frame_can_name_groups(words):
    index = pd.MultiIndex.from_arrays([np.repeat([1, 2], 30), np.arange(60)], names=["trial", "bin"])
    data = load(pd.DataFrame(words, index=index), groups="trial")
    np.testing.assert_array_equal(data.groups, np.repeat([0, 1], 30))


def test_umlauts_gaps_and_quotes_in_text_files(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('"Müller, A","Özil"\n' + "ja,nein\nnein,ja\nja,\n" * 5, encoding="utf-8")
    data = load(path, values={"ja": 1, "nein": 0}, missing="allow")
    assert data.site_names == ("Müller, A", "Özil")
    np.testing.assert_array_equal(data.array[:3], [[1, -1], [-1, 1], [1, 0]])
    assert int((~data.observed).sum()) == 5


def test_a_header_of_numbers_is_told_when_it_counts_or_is_said(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("0,1,2\n" + "1,0,1\n0,1,0\n" * 4)
    assert load(path).n_rows == 8
    assert refusal(path, header=False).field == "clip"


def test_lines_of_different_lengths_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1,0,1\n" * 4 + "1,0,1,1\n")
    assert re.search("line 5", str(refusal(path)))


def test_lines_that_are_longer_than_the_header_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b,c\n" + "1,0,1,1\n0,1,0,0\n" * 4)
    assert refusal(path).field == "file"
    path.write_text("a,b,c\n" + "1,0,1\n0,1\n" * 4)
    assert refusal(path).field == "missing"


def test_columns_of_one_name_are_refused(words):
    assert refusal(pd.DataFrame(words, columns=list("abcda"))).value == "a"


# -- objects ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil", "bsr", "dia", "dok"])
def test_sparse_matrices_of_every_kind(words, spins, kind):
    np.testing.assert_array_equal(load(getattr(sparse, f"{kind}_array")(words)).array, spins)
    np.testing.assert_array_equal(load(getattr(sparse, f"{kind}_matrix")(words)).array, spins)


def test_entries_that_are_stored_twice_add_up():
    rows, columns = [0, 0, 1, 2], [0, 0, 1, 1]
    matrix = sparse.coo_array((np.ones(4), (rows, columns)), shape=(9, 2))
    assert "counts above 1" in str(refusal(matrix))
    assert load(matrix, clip=True).record["clipped"]["counts"] == 1


def test_sums_of_entries_do_not_wrap():
    ends = np.array([0, 2, 3] + [3] * 7)
    entries = (np.array([200, 200, 1], np.uint16), np.array([0, 0, 1]), ends)
    numbers = load(sparse.csr_array(entries, shape=(9, 2)), site="gaussian").array
    np.testing.assert_array_equal(numbers[:3], [[400, 0], [0, 1], [0, 0]])


def test_frames_lists_and_masked_arrays(words, spins):
    np.testing.assert_array_equal(load(pd.DataFrame(words)).array, spins)
    np.testing.assert_array_equal(load(pd.DataFrame(words).astype("boolean")).array, spins)
    np.testing.assert_array_equal(load(words.tolist()).array, spins)
    hidden = np.zeros(words.shape, dtype=bool)
    hidden[3, 1] = True
    masked = np.ma.masked_array(words, hidden)
    assert refusal(masked).field == "missing"
    np.testing.assert_array_equal(load(masked, missing="allow").observed, ~hidden)
    frame = pd.DataFrame(words).astype("Int8").mask(hidden)
    np.testing.assert_array_equal(load(frame, missing="allow").array, np.where(hidden, 0, spins))


def test_files_of_a_split_are_read_one_after_the_other(tmp_path, words, spins):
    files = {"train": words[:40], "valid": words[40:50], "test": words[50:]}
    for name, part in files.items():
        np.savetxt(tmp_path / f"{name}.data", part, fmt="%d", delimiter=",")
    data = load({name: tmp_path / f"{name}.data" for name in files})
    np.testing.assert_array_equal(data.array, spins)
    np.testing.assert_array_equal(data.split, np.repeat(list(files), [40, 10, 10]))
    assert refusal({"train": words, "test": words[:, :4]}).value == "test"
    assert refusal({"train": words, "test": words}, split="x").field == "split"
    assert refusal({}).field == "source"


def test_a_path_may_be_text(tmp_path, words, spins):
    path = write(tmp_path, "words.npy", words)
    np.testing.assert_array_equal(load(str(path)).array, load(Path(path)).array)
    np.testing.assert_array_equal(load(str(path)).array, spins)


def test_a_turned_table_has_the_names_of_its_lines(words, spins):
    table = pd.DataFrame(words.T, index=[f"cell {site}" for site in range(5)])
    table.columns = [f"bin {row}" for row in range(60)]
    assert "'sites rows' if it is turned" in str(refusal(table))
    data = load(table, axes="sites rows")
    np.testing.assert_array_equal(data.array, spins)
    assert data.site_names == tuple(table.index)
    assert load(table.reset_index(drop=True), axes="sites rows").site_names is None


def test_columns_of_components_give_no_names_to_directors():
    vectors = np.random.default_rng(3).normal(size=(40, 4, 3))
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    vectors[:, 1] = [0, 0, 1]  # constant
    frame = pd.DataFrame(vectors.reshape(40, 12), columns=list("abcdefghijkl"))
    assert load(frame, site="director").site_names == ("0", "2", "3")


def test_turned_files_of_a_split_are_refused(tmp_path, words):
    assert refusal({"train": words.T, "test": words.T}, axes="sites rows").field == "axes"
    scipy.io.savemat(tmp_path / "a.mat", {"spikes": words.T, "axes": "neurons bins"})
    assert refusal({"train": tmp_path / "a.mat", "test": tmp_path / "a.mat"}).field == "axes"
    times = [[0.1, 0.2], [0.3]]
    assert refusal({"train": times, "test": times}, bin_s=0.02).field == "source"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("columns", ["a"]),
        ("long", ("a", "b", "c")),
        ("header", True),
        ("where", {"a": 1}),
        ("bin_s", 0.02),
        ("time_unit", "ms"),
    ],
)
def test_an_option_that_has_no_use_is_refused(tmp_path, words, option, value):
    assert refusal(words, **{option: value}).field == option
    path = write(tmp_path, "words.npz", words)
    assert refusal(path, **{option: value}).field == option
