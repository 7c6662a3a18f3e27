"""Potts states, vectors and counts: what is read as they are, and what is refused in one line."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from mfvae.data import load
from mfvae.data.constant import constant_sites
from mfvae.data.dependence import dependence_of
from mfvae.data.weights import sequence_weights
from mfvae.errors import InputError
from mfvae.sites import SITE_FAMILIES

RNG = np.random.default_rng(2026)
STATES = RNG.integers(4, size=(200, 5))
LETTERS = np.array(list("TCAG"))[STATES]
ANGLES = RNG.uniform(-9, 9, size=(200, 5))
COUNTS = RNG.poisson(2.0, size=(200, 5))


def refused(source, **options) -> str:
    with pytest.raises(InputError) as caught:
        load(source, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# -- Potts states ----------------------------------------------------------------------------------
def test_integers_are_states_as_they_stand():
    data = load(STATES, site="potts")
    assert (data.site, data.array.dtype) == ("potts4", np.uint8)
    np.testing.assert_array_equal(data.array, STATES)
    assert load(STATES, site="potts7").site == "potts7"
    SITE_FAMILIES[data.site].check(data.array)


def test_letters_are_sorted_or_in_the_order_that_is_declared():
    data = load(LETTERS, site="potts")
    np.testing.assert_array_equal(np.array(list("ACGT"))[data.array], LETTERS)
    assert data.record["states"] == list("ACGT")
    declared = load(LETTERS, site="potts", values="TCAG-")
    np.testing.assert_array_equal(declared.array, STATES)
    assert declared.site == "potts5"
    assert "states: 4 (A, C, G, T), numbered from 0 in this order" in data.describe()


def test_categories_of_a_table_with_gaps():
    table = pd.DataFrame(LETTERS, columns=list("abcde"))
    table.iloc[3, 1], table.iloc[5, 0] = None, "?"
    data = load(table, site="potts", missing=["?"])
    assert data.site == "potts4"
    assert (data.array[3, 1], data.array[5, 0]) == (255, 255)
    np.testing.assert_array_equal(np.argwhere(~data.observed), [[3, 1], [5, 0]])
    assert "1 of 1000 values of a frame of pandas" in refused(table, site="potts", values="TCAG?")
    assert dependence_of(data)["dependent"] is False


@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        (STATES, {"site": "potts3"}, ["3 states", "values are others (3)"]),
        (STATES - 1, {"site": "potts"}, ["others (-1)"]),
        (STATES + 0.5, {"site": "potts"}, ["are others (0.5"]),
        (LETTERS, {"site": "potts", "values": "TCA"}, ["others ('G')"]),
        (LETTERS, {"site": "potts", "values": "TCAGG"}, ["each value once"]),
        (LETTERS, {"site": "potts21"}, ["site = 'potts21'", "has 4 states"]),
        (STATES, {"site": "potts1"}, ["potts or vector is needed"]),
        (np.arange(9000).reshape(-1, 5), {"site": "potts"}, ["thousands of different values"]),
        (STATES, {"site": "potts", "clip": True}, ["clip are for spins"]),
    ],
)
def test_what_is_no_state_is_refused(source, options, words):
    said = refused(source, **options)
    assert all(word in said for word in words), said


def test_a_site_that_never_changes_is_set_aside():
    states = STATES.copy()
    states[:, 2] = 1
    data = load(states, site="potts")
    assert data.array.shape == (200, 4)
    assert constant_sites(data).size == 0
    assert data.site == "potts4"


# -- vectors ---------------------------------------------------------------------------------------
def test_angles_and_components_are_one():
    by_angle = load(ANGLES, site="vector")
    components = np.stack([np.cos(ANGLES), np.sin(ANGLES)], -1)
    assert (by_angle.site, by_angle.array.shape) == ("vector2", (200, 5, 2))
    for source, options in [
        (components, {"site": "vector"}),
        (components, {"site": "vector2", "axes": "rows sites components"}),
        (components.reshape(200, 10), {"site": "vector2"}),
    ]:
        data = load(source, **options)
        assert data.site == "vector2"
        np.testing.assert_allclose(data.array, by_angle.array, atol=2e-6)
        SITE_FAMILIES["vector2"].check(data.array)


def test_vectors_with_gaps():
    angles = ANGLES.copy()
    angles[4, 2] = np.nan
    data = load(angles, site="vector", missing="allow")
    np.testing.assert_array_equal(np.argwhere(~data.observed), [[4, 2]])
    assert np.isnan(data.array[4, 2]).all()
    assert "1 of 1000 values" in refused(angles, site="vector")


@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        (np.where(ANGLES > 8, np.inf, ANGLES), {"site": "vector"}, ["finite numbers are needed"]),
        (RNG.normal(size=(200, 5, 3)), {"site": "vector3"}, ["unit vectors", "1000 of 1000 are none"]),
        (RNG.normal(size=(200, 5)), {"site": "vector3"}, ["3 columns a site"]),
        (RNG.normal(size=(200, 5, 1)), {"site": "vector"}, []),
        (ANGLES, {"site": "vector", "values": [0, 1]}, ["values"]),
    ],
)
def test_what_is_no_vector_is_refused(source, options, words):
    said = refused(source, **options)
    assert all(word in said for word in words), said


# -- counts ----------------------------------------------------------------------------------------
def test_counts_are_read():
    data = load(COUNTS.astype(float), site="count")
    assert (data.site, data.array.dtype) == ("count", np.int32)
    np.testing.assert_array_equal(data.array, COUNTS)
    gaps = COUNTS.astype(float)
    gaps[0, 0] = np.nan
    data = load(gaps, site="count", missing="allow")
    assert data.array[0, 0] == -1
    assert not data.observed[0, 0]
    assert "drift: mean" in data.describe()


@pytest.mark.parametrize(
    ("value", "shown"), [(-1, "-1"), (0.5, "0.5"), (70_000, "70000"), (np.inf, "inf")]
)
def test_what_is_no_count_is_refused(value, shown):
    counts = COUNTS.astype(float)
    counts[7, 3] = value
    said = refused(counts, site="count")
    assert shown in said


# -- FASTA -----------------------------------------------------------------------------------------
ALIGNED = ">a first\nACD\nEF\n>b\nAC-EY\n>c\nACDWF\n>a\nGCDEF\n>d\nGC-EF\n>e\nGCDEY\n"
EXPECTED = ["ACDEF", "AC-EY", "ACDWF", "GCDEF", "GC-EF", "GCDEY"]
ALPHABET = "ACDEFGHIKLMNPQRSTVWY-"


def written(folder, text, name="x.fasta"):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def letters_of(data) -> list[str]:
    return ["".join(np.array([*ALPHABET, *"?" * 234])[row]) for row in data.array]


@pytest.mark.parametrize("name", ["x.fasta", "x.fa", "x.fasta.gz", "x.afa"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_sequences_are_states(tmp_path, name, ends):
    path = written(tmp_path, ALIGNED.replace("\n", ends), name)
    data = load(path, site="potts", constant_sites="keep")
    assert data.site == "potts21"
    assert letters_of(data) == EXPECTED
    assert data.record["states"] == list(ALPHABET)
    assert "names: 1 sequences have a name that was there before" in data.describe()


def test_gaps_can_be_missing(tmp_path):
    data = load(written(tmp_path, ALIGNED), site="potts", missing=["-"], constant_sites="keep")
    assert data.site == "potts20"
    np.testing.assert_array_equal(np.argwhere(~data.observed), [[1, 2], [4, 2]])


def test_lower_case_is_a_mask_or_an_insertion(tmp_path):
    masked = ALIGNED.replace("ACDWF", "acdwf")
    data = load(written(tmp_path, masked), site="potts", constant_sites="keep")
    assert letters_of(data) == EXPECTED
    assert data.record["lower_case"] == "upper case"
    inserted = ALIGNED.replace("ACDWF", "ACggD.WF")
    data = load(written(tmp_path, inserted), site="potts", constant_sites="keep")
    assert letters_of(data) == EXPECTED
    assert data.record["lower_case"] == "insertions, left out"


@pytest.mark.parametrize("letter", "BZXJ*")
def test_uncertain_letters_are_missing(tmp_path, letter):
    path = written(tmp_path, ALIGNED.replace("ACDWF", f"A{letter}DWF"))
    assert "1 of 30 values" in refused(path, site="potts")
    data = load(path, site="potts", missing="allow", constant_sites="keep")
    assert data.site == "potts21"
    np.testing.assert_array_equal(np.argwhere(~data.observed), [[2, 1]])


def test_nucleotides_have_their_own_alphabet(tmp_path):
    text = ">a\nACGU\n>b\nA-GT\n>c\nCCNA\n>d\nCAGA\n>e\nAAAA\n"
    data = load(written(tmp_path, text), site="potts", missing="allow")
    assert data.site == "potts5"
    assert data.record["states"] == list("ACGT-")
    assert data.array[0, 3] == data.array[1, 3] == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ACD\n>a\nACD\n", ["line 1 must begin with '>'"]),
        (">a\nACD\n>b\nACDE\n", ["sequence = 'b'", "a has 3 columns, this 4"]),
        (">a\nACD\n>b\nA1D\n", ["letter = '1'", "sequence b at column 1"]),
        (">a\n>b\n", ["sequence = 'a'"]),
        ("; nothing\n", ["one sequence at least"]),
    ],
)
def test_what_is_no_alignment_is_refused(tmp_path, text, words):
    said = refused(written(tmp_path, text), site="potts")
    assert all(word in said for word in words), said


def test_damaged_and_other_compressed_files_are_refused(tmp_path):
    whole = written(tmp_path, ALIGNED, "x.fasta.gz")
    whole.write_bytes(whole.read_bytes()[:-20])
    assert "a whole FASTA file is needed" in refused(whole, site="potts")
    assert "unpack it" in refused(written(tmp_path, "1,0\n", "x.csv.gz"))


def test_relatives_share_a_weight(tmp_path):
    """Against all pairs, written out; with gaps the sites that both have."""
    x = RNG.integers(3, size=(60, 10))
    x[30:] = np.where(RNG.random((30, 10)) < 0.12, (x[:30] + 1) % 3, x[:30])
    gaps = np.where(RNG.random(x.shape) < 0.1, np.nan, x)
    for source, options in ((x, {}), (gaps, {"missing": "allow"})):
        data = load(source, site="potts", **options)
        known = ~np.isnan(source)
        both = (known[:, None] & known).sum(2)
        equal = ((source[:, None] == source) & known[:, None] & known).sum(2)
        expected = 1 / (equal >= 0.8 * both - 1e-9).sum(1)
        np.testing.assert_allclose(sequence_weights(data), expected)
        assert expected.sum() < 55
    with pytest.raises(InputError, match="weights are for Potts states"):
        sequence_weights(load(COUNTS, site="count"))
    with pytest.raises(InputError, match="identity = 0"):
        sequence_weights(data, 0)
