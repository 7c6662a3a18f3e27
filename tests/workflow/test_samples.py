"""Tables of samples come back as they were written, or not at all, and say what they hold."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mfvae.errors import InputError
from mfvae.registry import EXTENSIONS_VARIABLE
from mfvae.sites.spin import Spin
from mfvae.workflow.files.samples import (
    CONFIGURATION_COLUMN,
    METADATA_KEY,
    PACKED_AT_ONCE,
    SampleMetadata,
    read_samples,
    versions,
    write_samples,
)
from tests.helpers.files import assert_input_error, names_in

shapes = st.tuples(st.integers(1, 20), st.integers(1, 40))
spin_arrays = shapes.flatmap(
    lambda shape: arrays(np.int8, shape, elements=st.sampled_from([np.int8(-1), np.int8(1)]))
)


def metadata_of(spins: np.ndarray, **changes) -> SampleMetadata:
    known = {
        "system": "hopfield",
        "point": f"N~{spins.shape[1]}/p~2/beta~1.0",
        "site_family": "spin",
        "n_sites": spins.shape[1],
        "seed": 2026,
    }
    return SampleMetadata(**(known | changes))


@pytest.fixture
def spins() -> np.ndarray:
    return np.random.default_rng(0).choice([-1, 1], size=(300, 61)).astype(np.int8)


@pytest.fixture
def columns(spins) -> dict:
    split = np.where(np.arange(len(spins)) % 3, "train", "test")
    return {"split": split, "log_prob": np.random.default_rng(1).normal(size=len(spins))}


@pytest.fixture
def sample_file(tmp_path, spins, columns):
    path = tmp_path / "samples.parquet"
    write_samples(path, spins, columns, metadata_of(spins))
    return path


@given(spins=spin_arrays)
def test_spins_survive_packing(tmp_path_factory, spins):
    path = tmp_path_factory.getbasetemp() / "round_trip.parquet"
    write_samples(path, spins, {"row": np.arange(len(spins))}, metadata_of(spins))
    found = read_samples(path)
    assert found.configurations.dtype == np.int8
    np.testing.assert_array_equal(found.configurations, spins)
    assert found.columns["row"].tolist() == list(range(len(spins)))


def test_random_spins_take_little_more_than_a_bit_each(tmp_path):
    spins = np.random.default_rng(0).choice([-1, 1], size=(4000, 64)).astype(np.int8)
    write_samples(tmp_path / "a.parquet", spins, {}, metadata_of(spins))
    assert spins.size / 8 < (tmp_path / "a.parquet").stat().st_size < 1.5 * spins.size / 8


def test_files_of_several_row_groups_come_back_whole(tmp_path):
    row = np.arange(1_100_000)
    spins = np.where(row[:, None] >> np.arange(11) & 1, 1, -1).astype(np.int8)
    write_samples(tmp_path / "a.parquet", spins, {}, metadata_of(spins))
    assert pq.ParquetFile(tmp_path / "a.parquet").num_row_groups > 1
    np.testing.assert_array_equal(read_samples(tmp_path / "a.parquet").configurations, spins)


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_blocks_of_packing_leave_no_seam(tmp_path, extra):
    n = PACKED_AT_ONCE + extra
    spins = np.where(np.arange(n)[:, None] >> np.arange(14) & 1, 1, -1).astype(np.int8)
    write_samples(tmp_path / "a.parquet", spins, {}, metadata_of(spins))
    np.testing.assert_array_equal(read_samples(tmp_path / "a.parquet").configurations, spins)


class Ternary(Spin):
    """Sites −1, 0, 1 with a second index, a byte each: a family that shares nothing with spins."""

    name = "ternary"
    units = "thirds"

    def pack(self, x: np.ndarray) -> np.ndarray:
        return (x.reshape(len(x), -1) + 1).astype(np.uint8)

    def unpack(self, packed: np.ndarray, n_sites: int) -> np.ndarray:
        return packed.reshape(len(packed), n_sites, 2).astype(np.int8) - 1


def test_configurations_are_packed_by_their_site_family(tmp_path, monkeypatch):
    extension = tmp_path / "ternary.py"
    extension.write_text(
        'from tests.workflow.test_samples import Ternary\n\nSITE_FAMILIES = {"ternary": Ternary}\n'
    )
    monkeypatch.setenv(EXTENSIONS_VARIABLE, str(extension))
    x = np.random.default_rng(2).integers(-1, 2, size=(50, 7, 2)).astype(np.int8)
    metadata = SampleMetadata("potts", "N~7", "ternary", 7, 1)
    path = tmp_path / "a.parquet"
    write_samples(path, x, {}, metadata)
    np.testing.assert_array_equal(read_samples(path).configurations, x)
    assert pq.read_schema(path).field(CONFIGURATION_COLUMN).type.byte_width == 14
    assert json.loads(pq.read_schema(path).metadata[METADATA_KEY])["units"] == "thirds"
    monkeypatch.delenv(EXTENSIONS_VARIABLE)
    with pytest.raises(InputError) as caught:
        read_samples(path)
    assert_input_error(caught.value, path, "'ternary'")


def test_columns_and_metadata_come_back(sample_file, spins, columns):
    found = read_samples(sample_file, system="hopfield")
    assert found.metadata == metadata_of(spins)
    found_columns = pd.DataFrame(found.columns)
    pd.testing.assert_frame_equal(found_columns, pd.DataFrame(columns), check_dtype=False)
    assert found.columns["log_prob"].tolist() == columns["log_prob"].tolist()


def test_metadata_can_be_read_without_this_library(sample_file, spins):
    header = json.loads(pq.read_schema(sample_file).metadata[METADATA_KEY])
    assert header["versions"] == versions()
    assert header.items() >= asdict(metadata_of(spins)).items()
    assert "+1" in header["units"]


def test_splits_are_chosen_by_column(sample_file, spins):
    samples = read_samples(sample_file)
    np.testing.assert_array_equal(samples.split("test"), spins[::3])
    assert len(samples.split("train")) + len(samples.split("test")) == len(spins)
    with pytest.raises(InputError, match="validation"):
        samples.split("validation")


def test_equal_samples_are_equal_bytes(tmp_path, sample_file, spins, columns):
    write_samples(tmp_path / "again.parquet", spins, columns, metadata_of(spins))
    assert (tmp_path / "again.parquet").read_bytes() == sample_file.read_bytes()
    spins[17, 5] *= -1
    write_samples(tmp_path / "other.parquet", spins, columns, metadata_of(spins))
    assert (tmp_path / "other.parquet").read_bytes() != sample_file.read_bytes()


def test_samples_of_another_system_are_refused_with_both_names(sample_file):
    with pytest.raises(InputError) as caught:
        read_samples(sample_file, system="curie_weiss")
    assert_input_error(caught.value, sample_file, "'curie_weiss'", "'hopfield'")


def test_samples_at_another_point_are_refused_with_both_points(sample_file):
    assert read_samples(sample_file, point="N~61/p~2/beta~1.0").metadata.n_sites == 61
    with pytest.raises(InputError) as caught:
        read_samples(sample_file, "hopfield", "N~61/p~2/beta~1.1")
    assert_input_error(caught.value, sample_file, "'N~61/p~2/beta~1.1'", "'N~61/p~2/beta~1.0'")


def test_a_foreign_parquet_is_refused(tmp_path):
    path = tmp_path / "foreign.parquet"
    pd.DataFrame({"spins": [1, 2]}).to_parquet(path)
    with pytest.raises(InputError) as caught:
        read_samples(path)
    assert_input_error(caught.value, path, "mfvae samples")


@pytest.mark.parametrize("content", [None, b"", b"split,seed\n", b"PAR1 and nothing more PAR1"])
def test_a_missing_or_other_file_is_refused(tmp_path, content):
    path = tmp_path / "absent.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_samples(path)
    assert_input_error(caught.value, path)


def test_a_truncated_file_is_refused_at_every_length(sample_file):
    whole = sample_file.read_bytes()
    for length in range(0, len(whole), 97):
        sample_file.write_bytes(whole[:length])
        with pytest.raises(InputError) as caught:
            read_samples(sample_file)
        assert_input_error(caught.value, sample_file)


def page_data(path, column: str) -> range:
    """Bytes in the second half of a column chunk: page data, which the checksum covers."""
    group = pq.ParquetFile(path).metadata.row_group(0)
    chunks = (group.column(i) for i in range(group.num_columns))
    chunk = next(chunk for chunk in chunks if chunk.path_in_schema == column)
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    end = start + chunk.total_compressed_size
    return range((start + end) // 2, end)


@pytest.mark.parametrize("column", [CONFIGURATION_COLUMN, "log_prob"])
def test_one_flipped_byte_of_data_fails_the_checksum(sample_file, column):
    whole = sample_file.read_bytes()
    positions = page_data(sample_file, column)
    for position in positions[:: len(positions) // 20]:
        damaged = bytearray(whole)
        damaged[position] ^= 0x10
        sample_file.write_bytes(damaged)
        with pytest.raises(InputError) as caught:
            read_samples(sample_file)
        assert_input_error(caught.value, sample_file, "whole Parquet file")


def test_one_flipped_bit_anywhere_is_refused_or_harmless(tmp_path, spins, columns):
    """The footer (metadata, names and numbers of columns and rows) lies outside Parquet's checksums."""
    path, few = tmp_path / "samples.parquet", slice(20)
    write_samples(path, spins[few], {k: v[few] for k, v in columns.items()}, metadata_of(spins))
    whole, intact = path.read_bytes(), read_samples(path)
    refused = 0
    for position in range(0, len(whole), 2):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << (position // 2 % 8)
        path.write_bytes(damaged)
        try:
            found = read_samples(path)
        except InputError as error:
            assert_input_error(error, path)
            refused += 1
        else:
            assert found.metadata == intact.metadata
            np.testing.assert_array_equal(found.configurations, intact.configurations)
            for name, column in intact.columns.items():
                np.testing.assert_array_equal(found.columns[name], column)
            assert list(found.columns) == list(intact.columns)
    assert refused > 100


def test_samples_that_cannot_be_written_leave_nothing(tmp_path, spins):
    with pytest.raises(ValueError, match="split"):
        write_samples(tmp_path / "a.parquet", spins, {"split": ["train"]}, metadata_of(spins))
    assert names_in(tmp_path) == []


# -- gaps --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("sites", [5, 8, 19])
def test_masks_come_back_and_what_stood_in_the_gaps_does_not(tmp_path, sites):
    rng = np.random.default_rng(sites)
    x = rng.choice([-1, 1], size=(40, sites)).astype(np.int8)
    observed = rng.random(x.shape) < 0.7
    split = {"split": np.where(np.arange(40) < 30, "train", "test")}
    metadata = SampleMetadata("votes", "whole", "spin", sites, 1)
    for name, hidden in (("a", 0), ("b", 1)):
        write_samples(tmp_path / name, np.where(observed, x, hidden), split, metadata, observed=observed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    found = read_samples(tmp_path / "a")
    np.testing.assert_array_equal(found.observed, observed)
    np.testing.assert_array_equal(found.observed_in("test"), observed[30:])
    np.testing.assert_array_equal(found.configurations[observed], x[observed])
    assert set(found.columns) == {"split"}
    with pytest.raises(InputError, match=r"missing = '\d+ %': a tree needs rows"):
        found.check_complete("a tree")


def test_a_complete_mask_is_none(tmp_path, spins):
    metadata = SampleMetadata("votes", "whole", "spin", spins.shape[1], 1)
    whole = np.ones(spins.shape, dtype=bool)
    write_samples(tmp_path / "a", spins, {}, metadata, observed=whole)
    write_samples(tmp_path / "b", spins, {}, metadata)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    found = read_samples(tmp_path / "a")
    assert found.observed is None
    assert found.observed_in("train") is None
    found.check_complete("anything")
