"""NWB files: units by area and quality, trials as groups, and refusals that say what is there."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pynwb
import pytest

from mfvae.data import hold_out, load
from mfvae.errors import InputError

AREAS = ("CA1", "CA1", "V1", "V1")
QUALITY = ("good", "noise", "good", "good")
TRIALS = ((1.0, 2.0), (3.0, 4.01), (5.0, 6.0))
N_SPIKES = 300


def refusal(source: Any, **options: Any) -> InputError:
    """The InputError that ``load`` raises, whose message is one line."""
    with pytest.raises(InputError) as caught:
        load(source, **options)
    assert "\n" not in str(caught.value)
    return caught.value


def times_of(unit: int) -> np.ndarray:
    """Spikes of a unit, milliseconds in whole numbers, so that bins are known exactly."""
    return np.sort(np.random.default_rng(unit).choice(7000, N_SPIKES, replace=False))


def write(path: Path, *, observed: list | None = None, units: bool = True) -> Path:
    content = pynwb.NWBFile("a test", "test", datetime(2026, 1, 1, tzinfo=UTC))
    device = content.create_device("probe")
    groups = {
        area: content.create_electrode_group(area, description="shank", location=area, device=device)
        for area in sorted(set(AREAS))
    }
    for area in AREAS:
        content.add_electrode(location=area, group=groups[area])
    if units:
        content.add_unit_column("quality", "by hand")
        for unit, quality in enumerate(QUALITY):
            intervals = None if observed is None else observed[unit]
            content.add_unit(
                spike_times=times_of(unit) / 1000,
                electrodes=[unit],
                quality=quality,
                obs_intervals=intervals,
                id=10 + unit,
            )
    content.add_trial_column("correct", "the answer")
    content.add_trial_column("part", "what it is for")
    for place, (start, stop) in enumerate(TRIALS):
        part = "test" if place == 2 else "train"
        content.add_trial(start_time=start, stop_time=stop, correct=place != 1, part=part)
    with pynwb.NWBHDF5IO(path, "w") as handle:
        handle.write(content)
    return path


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("nwb") / "session.nwb")


def expected(units: list[int], windows: list[tuple[int, int]], width: int) -> np.ndarray:
    """Spins of units in windows, all in whole milliseconds."""
    rows = []
    for start, stop in windows:
        for low in range(start, stop - width + 1, width):
            rows.append([np.isin(times_of(u), np.arange(low, low + width)).any() for u in units])
    return np.where(rows, 1, -1)


def test_bins_run_from_the_first_spike_to_the_last(session):
    data = load(session, bin_s=0.01, clip=True)
    low = min(times_of(unit).min() for unit in range(4)) // 10 * 10
    high = max(times_of(unit).max() for unit in range(4)) // 10 * 10 + 10
    np.testing.assert_array_equal(data.array, expected([0, 1, 2, 3], [(low, high)], 10))
    assert data.site_names == ("10", "11", "12", "13")
    assert data.groups is None
    spikes = data.record["spikes"]
    assert spikes["in"] == 4 * N_SPIKES == spikes["out"] + spikes["clipped"]


def test_trials_are_groups_and_can_say_what_is_held_out(session):
    data = load(session, bin_s=0.02, clip=True, groups="trials", split="part")
    windows = [(1000, 2000), (3000, 4000), (5000, 6000)]  # 10 ms of the second are no whole bin
    np.testing.assert_array_equal(data.array, expected([0, 1, 2, 3], windows, 20))
    np.testing.assert_array_equal(data.groups, np.repeat(np.arange(3), 50))
    np.testing.assert_array_equal(hold_out(data), np.repeat(["train", "test"], [100, 50]))
    assert (data.units["group"], data.units["row"]) == ("trial", "bin of 20 ms")
    spikes = data.record["spikes"]
    assert spikes["in"] == spikes["out"] + spikes["clipped"] + spikes["outside"] == 4 * N_SPIKES
    inside = sum(((times_of(u) >= a) & (times_of(u) < b)).sum() for u in range(4) for a, b in windows)
    assert spikes["outside"] == 4 * N_SPIKES - inside


def test_units_are_chosen_by_area_and_quality_and_trials_by_answer(session):
    where = {"location": "V1", "quality": ["good", "fair"], "correct": True}
    data = load(session, bin_s=0.02, clip=True, groups="trials", where=where)
    np.testing.assert_array_equal(data.array, expected([2, 3], [(1000, 2000), (5000, 6000)], 20))
    assert data.site_names == ("12", "13")
    assert data.record["chosen_units"] == {"in_file": 4, "chosen": 2}
    assert "units: 2 of 4 in the file" in data.describe()


@pytest.mark.parametrize(
    ("options", "field", "word"),
    [
        ({}, "bin_s", "width"),
        ({"bin_s": 0.02}, "clip", "counts above 1"),
        ({"groups": "trial"}, "groups", "trials"),
        ({"groups": 5}, "groups", "name of a table"),
        ({"split": "part"}, "split", "groups"),
        ({"groups": "trials", "split": "parts"}, "split", "part"),
        ({"where": {"area": "V1"}}, "where", "quality"),
        ({"where": {"correct": True}}, "where", "quality"),  # trials are not asked for
        ({"where": {"location": "M1"}}, "where", "none of 4 units"),
        ({"groups": "trials", "where": {"correct": 7}}, "groups", "none"),
        ({"key": "acquisition"}, "key", "units"),
    ],
)
def test_what_the_file_lacks_is_refused_with_what_it_has(session, options, field, word):
    error = refusal(session, **({"bin_s": 0.02} if options else {}) | options)
    assert error.field == field
    assert word in str(error)


def test_units_that_were_observed_at_the_same_times_are_cut_there(tmp_path):
    intervals = [[1.0, 2.0], [3.0, 5.0]]
    data = load(write(tmp_path / "a.nwb", observed=[intervals] * 4), bin_s=0.01, clip=True)
    np.testing.assert_array_equal(data.array, expected([0, 1, 2, 3], [(1000, 2000), (3000, 5000)], 10))
    assert np.bincount(data.groups).tolist() == [100, 200]
    differ = write(tmp_path / "b.nwb", observed=[intervals, intervals, [[0.0, 7.0]], intervals])
    error = refusal(differ, bin_s=0.01, clip=True)
    assert "units 10 and 12" in str(error)
    assert load(differ, bin_s=0.01, clip=True, where={"location": "CA1"}).n_sites == 2


def test_a_file_without_units_is_refused(tmp_path):
    assert "none" in str(refusal(write(tmp_path / "a.nwb", units=False), bin_s=0.02))


def test_damaged_files_are_refused(session, tmp_path):
    content = session.read_bytes()
    for name, part in (("half", content[: len(content) // 2]), ("text", b"a,b\n" * 99)):
        path = tmp_path / f"{name}.nwb"
        path.write_bytes(part)
        assert refusal(path, bin_s=0.02).field == "file"


def test_a_missing_reader_is_named_with_its_extra(session, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynwb", None)
    assert "pip install mfvae[neuro]" in str(refusal(session, bin_s=0.02))
