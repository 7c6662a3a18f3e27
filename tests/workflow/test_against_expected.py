"""Verdicts on metrics, and the tables that people read."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfvae.data.sources import sha256_of
from mfvae.errors import InputError
from mfvae.workflow.render import Table, Text, markdown
from mfvae.workflow.reproduce.against_expected import (
    Comparison,
    Published,
    RawFile,
    compare,
    headline_table,
    read_published,
    report_blocks,
)
from mfvae.workflow.selection import Selection
from tests.helpers.metrics import expected_of, metric_of

finite = st.floats(-1e9, 1e9)


def expected(value: float, tolerance: float | None) -> tuple[float, float | None, str]:
    return value, tolerance, "chosen for this test"


def compared(metrics, targets, published=()) -> list[Comparison]:
    return compare(metrics, [expected_of(name, *entry) for name, entry in targets.items()], published)


def label(name: str) -> str:
    return metric_of(name, 0.0, "exact").label


def verdicts(metrics, targets) -> dict[str, str]:
    return {line.label.rpartition(": ")[2]: line.verdict for line in compared(metrics, targets)}


# -- verdicts --------------------------------------------------------------------------------------
def test_every_name_of_either_side_has_its_verdict():
    metrics = [metric_of(name, 1.0, "statistical") for name in ("near", "far", "unforeseen")]
    targets = {"gone": expected(1, 1), "near": expected(1.1, 0.2), "far": expected(1.3, 0.2)}
    lines = compared(metrics, targets)
    assert [(line.label, line.verdict) for line in lines] == [
        (label(name), verdict)
        for name, verdict in (
            *(("near", "ok"), ("far", "OUTSIDE"), ("unforeseen", "NEW"), ("gone", "MISSING")),
        )
    ]
    assert lines[0].metric is metrics[0]
    assert (lines[0].expected.value, lines[0].expected.tolerance) == targets["near"][:2]
    assert lines[2].expected is None
    assert lines[3].metric is None


@given(finite, finite, st.floats(0, 1e9))
def test_within_the_tolerance_is_ok_and_nothing_else(value, target, tolerance):
    found = verdicts([metric_of("a", value, "exact")], {"a": expected(target, tolerance)})
    assert found == {"a": "ok" if abs(value - target) <= tolerance else "OUTSIDE"}


def test_the_edge_of_the_tolerance_is_ok():
    targets = {"a": expected(1.0, 0.5)}
    assert verdicts([metric_of("a", 1.5, "exact")], targets) == {"a": "ok"}
    assert verdicts([metric_of("a", math.nextafter(1.5, 2), "exact")], targets) == {"a": "OUTSIDE"}
    assert verdicts([metric_of("a", 1.0, "exact")], {"a": expected(1.0, 0.0)}) == {"a": "ok"}


@pytest.mark.parametrize(("value", "target"), [(math.nan, 1.0), (1.0, math.nan), (math.inf, 1.0)])
def test_undefined_numbers_are_never_ok(value, target):
    assert verdicts([metric_of("a", value, "exact")], {"a": expected(target, 1e9)}) == {"a": "OUTSIDE"}


def test_what_nobody_claims_is_shown_and_not_judged():
    recorded = (1.0, None, "recorded")
    metrics = [metric_of(name, 9.0, "trained") for name in ("recorded", "unforeseen")]
    found = verdicts(metrics, {"recorded": recorded, "gone": recorded})
    assert set(found.values()) == {"shown"}
    assert verdicts([metric_of("a", 1.0, "exact")], {}) == {"a": "NEW"}
    assert verdicts([], {"a": expected(1.0, 1.0)}) == {"a": "MISSING"}


def test_recorded_numbers_are_counted_where_they_are_the_same():
    metrics = [
        metric_of(name, value, "trained") for name, value in (("a", 1.0), ("b", 2.0), ("new", 3.0))
    ]
    recorded = dict.fromkeys("abc", (1.0, None, "recorded"))
    blocks = report_blocks(compared(metrics, recorded))
    assert blocks[0].lines[0].endswith("0 NEW; 4 are shown and not judged.")
    assert blocks[0].lines[1].startswith("Of those, 1 are the recorded ones to the last digit.")
    assert "Not as expected" not in tables(blocks)


def test_nothing_compared_with_nothing_is_nothing():
    assert compare([], []) == []


# -- tables ----------------------------------------------------------------------------------------
def rows_of(markdown: str) -> list[list[str]]:
    """Cells of a Markdown table, its second line (of dashes) checked and left out."""
    lines = markdown.splitlines()
    assert all(line.startswith("|") and line.endswith("|") for line in lines)
    assert len({len(line) for line in lines}) == 1  # columns are aligned
    assert set(lines[1]) == {"|", "-"}
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    assert len({len(row) for row in rows}) == 1
    return [rows[0], *rows[2:]]


METRICS = [
    metric_of("cw/beta=1.0/elbo/coupling", 1.02345678, "trained", 0.0123, 1.0, "βJ of the system"),
    metric_of("cw/beta=1.0/entropy", 40.0, "exact"),
]
TARGETS = {
    "cw/beta=1.0/elbo/coupling": expected(1.5, 0.04),
    "cw/beta=2.0/entropy": expected(0.000123456789, 1e-9),
}


def tables(blocks) -> dict[str, Table]:
    """Tables by the heading above."""
    return {
        above.lines[0]: block
        for above, block in pairwise(blocks)
        if isinstance(above, Text) and isinstance(block, Table)
    }


def test_the_reproduction_table_shows_every_side():
    about = Selection({"dataset": "cw", "quantity": "coupling"})
    paper = Published(about, 1.02, "a paper", 0.03)
    blocks = report_blocks(compared(METRICS, TARGETS, [paper]))
    assert blocks[0].lines[0] == (
        "3 metrics: 0 ok, 1 OUTSIDE, 1 MISSING, 1 NEW; 0 are shown and not judged."
    )
    found = tables(blocks)
    assert found["All"].header == ("metric", "paper", "exact", "expected", "ours", "verdict", "notes")
    coupling = (
        *("cw beta=1.0, elbo: coupling", "1.02 ± 0.03", "1", "1.5 ± 0.04", "1.02346 ± 0.01"),
        *("OUTSIDE", "1, 2, 3"),
    )
    assert found["All"].rows == [
        coupling,
        ("cw beta=1.0: entropy", "", "", "", "40", "NEW", ""),
        ("cw beta=2.0: entropy", "", "", "0.000123457 ± 1e-09", "", "MISSING", "3"),
    ]
    assert found["Beside published numbers"].rows == [coupling]
    assert blocks[-1] == Text(
        ["1. paper: a paper", "2. exact: βJ of the system", "3. expected: claim: chosen for this test"]
    )


def test_what_is_as_expected_is_shown_once():
    metrics = [metric_of("near", 1.0, "trained"), metric_of("far", 1.0, "trained")]
    found = tables(report_blocks(compared(metrics, {"near": expected(1, 1), "far": expected(3, 1)})))
    assert [row[0] for row in found["Not as expected"].rows] == [label("far")]
    assert set(tables(report_blocks(compared(metrics[:1], {"near": expected(1, 1)})))) == {"All"}


# -- raw data and published numbers ----------------------------------------------------------------
def test_raw_data_is_known_by_its_content(tmp_path):
    path = tmp_path / "raw.mat"
    path.write_bytes(b"spikes")
    right = RawFile.of(str(path), sha256_of(path))
    wrong = RawFile.of(str(path), "0" * 64)
    assert (right.verdict, wrong.verdict) == ("ok", "OUTSIDE")
    table = tables(report_blocks([], [right, wrong]))["Raw data"]
    sums = (sha256_of(path), sha256_of(path), "ok"), ("0" * 64, sha256_of(path), "OUTSIDE")
    assert table.rows == [("raw.mat", *row) for row in sums]
    with pytest.raises(InputError, match=r"absent\.mat"):
        RawFile.of(str(tmp_path / "absent.mat"), "0" * 64)


@pytest.mark.parametrize(
    "entries",
    [[{"about": {}, "value": 1.0}], [1.0], 3, {"about": {}}, [{"about": {"name": "a"}, "value": 1.0}]],
)
def test_published_numbers_of_another_form_are_refused(entries):
    with pytest.raises(InputError, match=r"published\.json"):
        read_published("published.json", entries)


def test_the_headline_table_shows_the_metrics_that_are_asked_for():
    coupling, all_of_cw = Selection({"quantity": "coup*"}), Selection({"dataset": "cw"})
    header, *rows = rows_of(headline_table(METRICS, [coupling, Selection({"dataset": "none"})]))
    assert header == ["metric", "ours", "exact"]
    assert rows == [["cw beta=1.0, elbo: coupling", "1.02346 ± 0.01", "1"]]
    assert len(rows_of(headline_table(METRICS, [Selection()]))) == 1 + len(METRICS)
    assert len(rows_of(headline_table(METRICS, [Selection(), all_of_cw]))) == 1 + len(
        METRICS
    )  # each once
    assert rows_of(headline_table(METRICS, [])) == [header]
    assert rows_of(headline_table([], [Selection()])) == [header]


names = st.from_regex(r"[a-z]+(/[a-z]{2}=[0-9]){0,1}/[a-z_]+", fullmatch=True)


@given(
    st.dictionaries(names, st.tuples(finite, st.none() | st.floats(0, 10)), max_size=5),
    st.dictionaries(names, st.tuples(finite, st.floats(0, 10)), max_size=5),
)
def test_any_comparison_is_a_table_with_a_row_for_every_metric(ours, theirs):
    metrics = [metric_of(name, value, "trained", stderr) for name, (value, stderr) in ours.items()]
    targets = {name: expected(*target) for name, target in theirs.items()}
    lines = compared(metrics, targets)
    if lines:
        rows = rows_of(markdown([tables(report_blocks(lines))["All"]]))[1:]
        assert sorted(row[0] for row in rows) == sorted({*map(label, ours), *map(label, theirs)})
        assert [row[-2] for row in rows] == [line.verdict for line in lines]


# -- selections ------------------------------------------------------------------------------------
def test_a_selection_covers_what_has_its_values():
    one = METRICS[0]
    for wanted in ({"dataset": "cw"}, {"model": "el*"}, {"quantity": "coupling", "model": "elbo"}, {}):
        assert Selection(wanted).covers(one)
    for wanted in ({"dataset": "c"}, {"model": "exact"}, {"objective": "elbo"}):
        assert not Selection(wanted).covers(one)
    assert not Selection({"model": "*"}).covers(METRICS[1])  # which is of no model
    assert Selection({"objective": "elbo"}).covers(replace(one, objective="elbo"))


def test_parameters_of_a_selection_are_numbers_or_ranges():
    one = METRICS[0]
    for where in ({"beta": 1.0}, {"beta": 1}, {"beta": [0.5, 1.0]}):
        assert Selection({}, where).covers(one)
    for where in ({"beta": 2.0}, {"beta": [1.1, 2.0]}, {"N": [0, 100]}):
        assert not Selection({}, where).covers(one)


@pytest.mark.parametrize(
    ("entry", "named"),
    [({"match": "a"}, "headlines.match"), ({"dataset": 3}, "dataset = 3"), ({"where": [1]}, "where")],
)
def test_a_selection_of_another_form_is_refused(entry, named):
    with pytest.raises(InputError, match=named):
        Selection.of("headlines", entry)
