"""Every spike is in the bin that exact arithmetic says, and none is lost without a word."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfvae.data import load
from mfvae.data.spikes import Windows, bins_of, count_spikes, seconds_in
from mfvae.errors import InputError

CLOCK = 30_000  # ticks a second
ticks = st.lists(st.integers(0, 200 * CLOCK), min_size=1, max_size=40)
milliseconds = st.integers(1, 1000)


def refusal(source: Any, **options: Any) -> InputError:
    """The InputError that ``load`` raises, whose message is one line."""
    with pytest.raises(InputError) as caught:
        load(source, **options)
    assert "\n" not in str(caught.value)
    return caught.value


# -- edges ------------------------------------------------------------------------------------------
@given(ticks, milliseconds, st.integers(0, 100 * CLOCK))
def test_ticks_of_a_clock_are_in_the_bins_of_whole_numbers(ticks, width, start):
    """Whole numbers alone: 30 ticks are a millisecond."""
    expected = [(tick - start) // (30 * width) for tick in ticks]
    for times in (np.array(ticks) / CLOCK, np.array(ticks) * (1 / CLOCK)):
        assert bins_of(times, width / 1000, start / CLOCK).tolist() == expected
        assert bins_of(times, width * 1e-3, start * (1 / CLOCK)).tolist() == expected


@given(st.lists(st.integers(0, 10**6), min_size=1), milliseconds)
def test_edges_are_in_the_later_bin_however_they_were_rounded(bins, width):
    exact = [float(Fraction(k * width, 1000)) for k in bins]
    ways = (
        exact,
        np.array(bins) * (width / 1000),
        np.array(bins) * width * 1e-3,
        np.nextafter(exact, 0),
    )
    for times in ways:
        assert bins_of(np.asarray(times), width / 1000).tolist() == bins


def test_the_floor_of_a_quotient_puts_spikes_on_edges_into_the_bin_before():
    """The fault that is avoided: it is not rare."""
    edges = np.arange(1000) * 0.02
    assert (np.floor(edges / 0.02) == bins_of(edges, 0.02) - 1).any()
    assert (np.floor(np.arange(1000) / 50 / 0.02) < np.arange(1000)).any()


@given(st.lists(st.integers(0, 40_000), min_size=1, unique=True))
def test_edges_in_single_precision_are_in_the_later_bin(bins):
    times = [np.array([k * 0.02 for k in bins], dtype=np.float32), np.array([0.0, 1000.0], np.float32)]
    data = load(times, bin_s=0.02, constant_sites="keep")
    assert np.flatnonzero(data.array[:, 0] > 0).tolist() == sorted(bins)


def test_a_time_before_an_edge_is_in_the_earlier_bin():
    assert bins_of(np.array([0.02 - 1 / CLOCK, 0.02, 0.02 + 1 / CLOCK]), 0.02).tolist() == [0, 1, 1]
    assert bins_of(np.array([-0.001, 0.0]), 0.02).tolist() == [-1, 0]


# -- nothing is lost --------------------------------------------------------------------------------
@given(st.lists(ticks, min_size=2, max_size=4), milliseconds)
def test_spikes_in_are_spikes_out_and_clipped(units, width):
    # one tick of the clock has a single spike of a unit, and the first unit spikes in two bins or more
    units = [sorted({*of_unit}) for of_unit in units]
    units[0] = sorted({*units[0], 0, 150 * CLOCK})
    source = {f"u{place}": np.array(of_unit) / CLOCK for place, of_unit in enumerate(units)}
    data = load(source, bin_s=width / 1000, clip=True, constant_sites="keep")
    first = 0
    bins = [{tick // (30 * width) - first for tick in of_unit} for of_unit in units]
    for site, of_unit in enumerate(bins):
        assert {*np.flatnonzero(data.array[:, site] > 0).tolist()} == of_unit
    spikes = data.record["spikes"]
    assert spikes["in"] == sum(map(len, units)) == spikes["out"] + spikes["clipped"]
    assert spikes["out"] == sum(map(len, bins))
    assert spikes["outside"] == 0
    assert data.record["clipped"]["counts"] == spikes["clipped"]
    assert data.site_names == tuple(source)


steps_of_windows = st.lists(st.integers(1, 10 * CLOCK), min_size=2, max_size=12)


@given(ticks, steps_of_windows, st.integers(1, 200), st.integers(0, 5))
def test_windows_count_their_own_spikes_and_say_what_is_outside(spikes, steps, width, seed):
    """Windows with gaps between them, in any order, against a count in whole numbers."""
    edges = np.cumsum(steps)
    edges = np.random.default_rng(seed).permutation(edges[: len(edges) // 2 * 2].reshape(-1, 2))
    lengths = [int(stop - start) // (30 * width) for start, stop in edges]
    windows = Windows(edges[:, 0] / CLOCK, edges[:, 1] / CLOCK)
    times = [np.array(spikes) / CLOCK]
    if not any(lengths):
        with pytest.raises(InputError, match="are shorter"):
            count_spikes(times, width / 1000, windows)
        return
    expected = np.zeros(sum(lengths), dtype=int)
    outside = 0
    for tick in spikes:
        for place, (start, _) in enumerate(edges):
            bin_ = (tick - int(start)) // (30 * width)
            if 0 <= bin_ < lengths[place]:
                expected[sum(lengths[:place]) + bin_] += 1
                break
        else:
            outside += 1
    binned = count_spikes(times, width / 1000, windows)
    np.testing.assert_array_equal(binned.counts[:, 0], expected)
    np.testing.assert_array_equal(binned.window, np.repeat(np.arange(len(edges)), lengths))
    assert binned.outside == outside == len(spikes) - int(binned.counts.sum())


def test_windows_may_come_in_any_order_and_touch_but_not_overlap():
    times = [np.array([0.0, 0.5, 1.0, 1.5, 1.9])]
    windows = Windows(np.array([1.0, 0.0]), np.array([2.0, 1.0]))
    np.testing.assert_array_equal(count_spikes(times, 0.5, windows).counts[:, 0], [1, 2, 1, 1])
    for starts, stops, word in (
        ([0.0, 0.5], [1.0, 2.0], "overlap"),
        ([0.0, 1.0], [1.0, 1.0], "end after"),
        ([0.0, np.nan], [1.0, 2.0], "end after"),
        ([], [], "none"),
    ):
        with pytest.raises(InputError, match=word) as caught:
            count_spikes(times, 0.5, Windows(np.array(starts), np.array(stops)))
        assert caught.value.field == "groups"


def test_many_spikes_in_a_bin_do_not_wrap():
    times = [np.linspace(0, 199.99, 70_000), np.array([0.0, 399.0])]
    binned = count_spikes(times, 200.0)
    np.testing.assert_array_equal(binned.counts, [[70_000, 1], [0, 1]])


def test_no_spikes_have_no_bins_but_those_of_windows():
    nothing = [np.empty(0), np.empty(0)]
    with pytest.raises(InputError, match="there is none"):
        count_spikes(nothing, 0.02)
    windows = Windows(np.array([0.0]), np.array([0.1]))
    assert count_spikes(nothing, 0.02, windows).counts.tolist() == [[0, 0]] * 5


# -- units of time ----------------------------------------------------------------------------------
TIMES = {
    name: np.sort(np.random.default_rng(seed).uniform(0, 600, 3000)) for seed, name in enumerate("ab")
}


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 1e3), ("us", 1e6), (1 / CLOCK, CLOCK)])
def test_units_of_time_give_the_same_spikes(unit, factor):
    expected = load(TIMES, bin_s=0.02, clip=True)
    scaled = {name: times * factor for name, times in TIMES.items()}
    data = load(scaled, bin_s=0.02, clip=True, time_unit=unit)
    np.testing.assert_array_equal(data.array, expected.array)
    assert data.units["row"] == "bin of 20 ms"


@pytest.mark.parametrize(
    ("factor", "unit", "bin_s", "word"),
    [
        (1e6, "s", 0.02, "would last 6e"),  # microseconds
        (1e3, "us", 0.02, "in a bin of 0.02 s, where a neuron has 41"),  # milliseconds
        (1, "ms", 0.02, "in a bin of 0.02 s, where a neuron has 41"),  # seconds
    ],
)
def test_a_wrong_unit_of_time_is_refused(factor, unit, bin_s, word):
    source = {name: times * factor for name, times in TIMES.items()}
    error = refusal(source, bin_s=bin_s, clip=True, time_unit=unit)
    assert error.field == "time_unit"
    assert word in str(error)


def test_whole_seconds_are_refused_as_ticks_of_a_clock():
    source = {name: np.rint(times * 1e3) for name, times in TIMES.items()}
    error = refusal(source, bin_s=0.02, clip=True)
    assert error.field == "time_unit"
    assert "all 6000 spike times" in str(error)
    bins = [(times // 20).astype(int) for times in source.values()]
    for unit in ("ms", 1e-3):
        array = load(source, bin_s=0.02, clip=True, time_unit=unit).array
        for site, of_unit in enumerate(bins):
            placed = np.unique(of_unit) - min(map(min, bins))
            np.testing.assert_array_equal(np.flatnonzero(array[:, site] > 0), placed)


@pytest.mark.parametrize("unit", ["h", 0, -1, np.inf, True, None])
def test_what_is_no_unit_of_time_is_refused(unit):
    with pytest.raises(InputError) as caught:
        seconds_in(unit)
    assert caught.value.field == "time_unit"


# -- sources ----------------------------------------------------------------------------------------
def test_lists_and_tables_of_spikes_are_as_mappings():
    expected = load(TIMES, bin_s=0.02, clip=True)
    assert load(list(TIMES.values()), bin_s=0.02, clip=True).site_names is None
    table = pd.DataFrame([(name, time) for name, times in TIMES.items() for time in times])
    table = table.sample(frac=1, random_state=0).set_axis(["unit", "time"], axis=1)
    data = load(table, long=("unit", "time"), bin_s=0.02, clip=True)
    np.testing.assert_array_equal(data.array, expected.array)
    assert data.site_names == ("a", "b")
    assert data.record["spikes"] == expected.record["spikes"]


@pytest.mark.parametrize(
    ("source", "options", "field"),
    [
        (TIMES, {}, "bin_s"),
        (TIMES, {"bin_s": 0}, "bin_s"),
        (TIMES, {"bin_s": np.nan}, "bin_s"),
        (TIMES, {"bin_s": "20 ms"}, "bin_s"),
        (TIMES, {"bin_s": 1e4}, "bin_s"),  # a single bin
        (TIMES, {"bin_s": 1e-7}, "bin_s"),  # too many
        (TIMES, {"bin_s": 0.02}, "clip"),
        (TIMES, {"bin_s": 0.02, "clip": True, "axes": "sites rows"}, "axes"),
        ({"a": [0.1, np.nan], "b": [0.2]}, {"bin_s": 0.02}, "source"),
        ({"a": [], "b": []}, {"bin_s": 0.02}, "source"),
        ({"a": ["x"], "b": [0.2]}, {"bin_s": 0.02}, "source"),
        ({"a": [[0.1]], "b": [0.2]}, {"bin_s": 0.02}, "source"),
        ({"a": [0.0, 0.001, 1.0, 1.001], "b": [0.1, 0.101]}, {"bin_s": 0.01}, "clip"),  # 0 and 2 alone
    ],
)
def test_spike_times_that_are_unclear_are_refused(source, options, field):
    assert refusal(source, **options).field == field


# -- pynapple ---------------------------------------------------------------------------------------
class Times:
    def __init__(self, values):
        self.t = self.values = np.asarray(values, dtype=float)


class TsGroup(dict):
    """What the reader asks of pynapple's object of this name, which its version 0.11 has."""

    def __init__(self, times, support, areas):
        super().__init__({unit: Times(of_unit) for unit, of_unit in times.items()})
        self.time_support, self.areas = Times(support), areas
        self.metadata_columns = ["rate", "area"]

    def get_info(self, name):
        assert name == "area"
        return self.areas


def test_a_group_of_pynapple_is_cut_through_its_support():
    group = TsGroup(
        {3: [0.0, 0.06, 10.02], 5: [0.01, 10.0], 9: [0.021, 0.03, 5.0]},
        [[0, 0.1], [10, 10.06]],
        ["CA1", "V1", "CA1"],
    )
    data = load(group, bin_s=0.02, clip=True)
    np.testing.assert_array_equal(
        data.array > 0,
        np.array(
            [[1, 1, 0], [0, 0, 1], [0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0]]
        ),
    )
    np.testing.assert_array_equal(data.groups, [0] * 5 + [1] * 3)
    assert data.site_names == ("3", "5", "9")
    spikes = data.record["spikes"]
    assert (spikes["in"], spikes["out"], spikes["clipped"], spikes["outside"]) == (8, 6, 1, 1)
    assert load(group, bin_s=0.02, clip=True, where={"area": "CA1"}).site_names == ("3", "9")
    assert refusal(group, bin_s=0.02, where={"area": "M1"}).field == "where"
    assert "rate, area" in str(refusal(group, bin_s=0.02, where={"depth": 3}))
    assert refusal(group, bin_s=0.02, time_unit="ms").field == "time_unit"
    assert refusal(group).field == "bin_s"
