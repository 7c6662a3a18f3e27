"""Published files, as they are: what the loader makes of each, against counts made without it."""

from __future__ import annotations

import csv

import h5py
import numpy as np
import pytest
from scipy.io import loadmat

from mfvae.data import hold_out, load, sources
from mfvae.data.constant import constant_sites
from mfvae.errors import InputError


def test_a_matlab_73_file_is_neurons_by_bins(data_folder):
    path = sources.find("example50.mat")
    with pytest.raises(InputError, match="'sites rows' if it is turned"):
        load(path)
    data = load(path, axes="neurons bins")
    with h5py.File(path) as file:  # HDF5 sees bins × neurons
        np.testing.assert_array_equal(data.array, 2 * file["spikes50"][...].astype(int) - 1)
    assert data.array.shape == (40_000, 50)


@pytest.mark.parametrize("width", [0.02, 0.001])
def test_spikes_of_an_nwb_file_are_all_accounted_for(data_folder, width):
    path = sources.find("A8604-211122.nwb")
    data = load(path, bin_s=width, clip=True)
    with h5py.File(path) as file:
        times, ends = file["units/spike_times"][...], file["units/spike_times_index"][...].astype(int)
        ids = file["units/id"][...]
    units = np.repeat(np.arange(3), np.diff([0, *ends]))
    # times are whole microseconds
    micro = np.rint(times * 1e6).astype(np.int64)
    np.testing.assert_allclose(times * 1e6, micro, rtol=0, atol=1e-5)
    bins = micro // round(width * 1e6)
    expected = np.full((bins.max() - bins.min() + 1, 3), -1)
    expected[bins - bins.min(), units] = 1
    np.testing.assert_array_equal(data.array, expected)
    assert data.site_names == tuple(map(str, ids))
    spikes = data.record["spikes"]
    assert spikes["in"] == len(times) == spikes["out"] + spikes["clipped"]
    assert spikes["out"] == np.count_nonzero(expected > 0)


def test_an_nwb_file_is_filtered_by_area_and_cut_by_epochs(data_folder):
    path = sources.find("A8604-211122.nwb")
    with pytest.raises(InputError, match="epochs"):
        load(path, bin_s=0.02, clip=True, groups="trials")
    with h5py.File(path) as file:
        areas = [area.decode() for area in file["units/location"][...]]
        stop = float(file["intervals/epochs/stop_time"][0])
    data = load(path, bin_s=0.02, clip=True, groups="epochs", where={"location": areas[0]})
    assert data.n_sites == areas.count(areas[0])
    assert data.n_rows == int(stop * 50)
    assert set(data.groups) == {0}


@pytest.mark.parametrize(
    "name", ["original_data_num_neurons_50_1.mat", "k_pairwise_num_neurons_50_1.mat"]
)
def test_words_of_fifty_cells(data_folder, name):
    path = sources.find(name)
    key = "data" if name.startswith("original") else "samples_batch_all"
    data = load(path)
    assert data.record["key"] == key
    np.testing.assert_array_equal(data.array > 0, loadmat(path)[key] > 0)


def test_repeats_of_fifty_cells_are_groups_of_which_a_tenth_is_held_out(data_folder):
    data = load(sources.find("original_data_num_neurons_50_1.mat"), groups=953)
    parts = hold_out(data)
    for repeat in range(297):
        assert len(set(parts[data.groups == repeat])) == 1
    assert (parts == "test").sum() == 30 * 953


def test_votes_with_absences(data_folder):
    path = sources.find("S116_votes.csv")
    data = load(
        path,
        long=("rollnumber", "icpsr", "cast_code"),
        values={1: 1, 6: 0},
        missing=[0, 7, 9],
        units={"site": "senator", "row": "vote"},
    )
    assert data.array.shape == (720, 103)
    with open(path, newline="") as handle:
        lines = list(csv.DictReader(handle))
    names = {name: place for place, name in enumerate(data.site_names)}
    rolls = {
        roll: place for place, roll in enumerate(sorted({int(line["rollnumber"]) for line in lines}))
    }
    expected = np.zeros((720, 103), dtype=int)
    for line in lines:
        vote = {"1": 1, "6": -1}.get(line["cast_code"].removesuffix(".0"), 0)
        expected[rolls[int(line["rollnumber"])], names[str(int(float(line["icpsr"])))]] = vote
    np.testing.assert_array_equal(data.array, expected)
    np.testing.assert_array_equal(data.observed, expected != 0)


@pytest.mark.parametrize(("name", "n_sites"), [("nltcs", 16), ("plants", 69), ("accidents", 111)])
def test_benchmarks_keep_their_split_and_their_constant_sites(data_folder, name, n_sites):
    files = {part: sources.find(f"{name}.{part}.data") for part in ("train", "valid", "test")}
    data = load(files, constant_sites="keep")
    rows = {part: np.loadtxt(path, delimiter=",", dtype=int) for part, path in files.items()}
    assert data.n_sites == n_sites
    np.testing.assert_array_equal(data.array, 2 * np.concatenate(list(rows.values())) - 1)
    for part, of_part in rows.items():
        assert (data.split == part).sum() == len(of_part)
    by_hand = np.flatnonzero(rows["train"].min(0) == rows["train"].max(0))
    np.testing.assert_array_equal(constant_sites(data, data.split == "train"), by_hand)
    assert len(by_hand) == (0 if name == "nltcs" else 1)


def test_the_recording_is_repeats_of_neurons_and_bins(data_folder, recording, all_words):
    data = load(sources.find("bint_fishmovie32_100.mat"))
    np.testing.assert_array_equal(data.array, all_words)
    np.testing.assert_array_equal(data.groups, np.repeat(np.arange(297), 953))
