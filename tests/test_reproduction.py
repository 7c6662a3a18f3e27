"""Verdicts on metrics, and the tables that people read."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfvae.metrics import Metric
from mfvae.reproduction import compare, headline_table, reproduction_table

finite = st.floats(-1e9, 1e9)


def expected(value: float, tolerance: float) -> dict:
    return {"value": value, "tolerance": tolerance, "reason": "chosen for this test"}


def verdicts(metrics, targets) -> dict[str, str]:
    return {line.name: line.verdict for line in compare(metrics, targets)}


# -- verdicts --------------------------------------------------------------------------------------
def test_every_name_of_either_side_has_its_verdict():
    metrics = [Metric(name, 1.0, "trained") for name in ("near", "far", "unforeseen")]
    targets = {"gone": expected(1, 1), "near": expected(1.1, 0.2), "far": expected(1.3, 0.2)}
    lines = compare(metrics, targets)
    assert [(line.name, line.verdict) for line in lines] == [
        ("near", "ok"), ("far", "OUTSIDE"), ("unforeseen", "NEW"), ("gone", "MISSING")
    ]  # fmt: skip
    assert lines[0].metric is metrics[0]
    assert lines[0].expected == targets["near"]
    assert lines[2].expected is None
    assert lines[3].metric is None


@given(finite, finite, st.floats(0, 1e9))
def test_within_the_tolerance_is_ok_and_nothing_else(value, target, tolerance):
    found = verdicts([Metric("a", value, "exact")], {"a": expected(target, tolerance)})
    assert found == {"a": "ok" if abs(value - target) <= tolerance else "OUTSIDE"}


def test_the_edge_of_the_tolerance_is_ok():
    targets = {"a": expected(1.0, 0.5)}
    assert verdicts([Metric("a", 1.5, "exact")], targets) == {"a": "ok"}
    assert verdicts([Metric("a", math.nextafter(1.5, 2), "exact")], targets) == {"a": "OUTSIDE"}
    assert verdicts([Metric("a", 1.0, "exact")], {"a": expected(1.0, 0.0)}) == {"a": "ok"}


@pytest.mark.parametrize(("value", "target"), [(math.nan, 1.0), (1.0, math.nan), (math.inf, 1.0)])
def test_undefined_numbers_are_never_ok(value, target):
    assert verdicts([Metric("a", value, "exact")], {"a": expected(target, 1e9)}) == {"a": "OUTSIDE"}


def test_nothing_compared_with_nothing_is_nothing():
    assert compare([], {}) == []


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
    Metric("cw/beta=1.0/elbo/coupling", 1.02345678, "trained", 0.0123, 1.0, "βJ of the system"),
    Metric("cw/beta=1.0/entropy", 40.0, "exact"),
]
TARGETS = {
    "cw/beta=1.0/elbo/coupling": expected(1.5, 0.04),
    "cw/beta=2.0/entropy": expected(0.000123456789, 1e-9),
}


def test_the_reproduction_table_shows_every_side():
    header, *rows = rows_of(reproduction_table(compare(METRICS, TARGETS)))
    assert header == ["metric", "expected", "exact", "source of exact", "ours", "verdict"]
    assert rows == [
        [
            "cw/beta=1.0/elbo/coupling",
            "1.5 ± 0.04",
            "1",
            "βJ of the system",
            "1.02346 ± 0.01",
            "OUTSIDE",
        ],
        ["cw/beta=1.0/entropy", "", "", "", "40", "NEW"],
        ["cw/beta=2.0/entropy", "0.000123457 ± 1e-09", "", "", "", "MISSING"],
    ]


def test_the_headline_table_shows_the_metrics_that_are_asked_for():
    header, *rows = rows_of(headline_table(METRICS, ["cw/*/coupling", "none/*"]))
    assert header == ["metric", "ours", "exact"]
    assert rows == [["cw/beta=1.0/elbo/coupling", "1.02346 ± 0.01", "1"]]
    assert len(rows_of(headline_table(METRICS, ["*"]))) == 1 + len(METRICS)
    assert len(rows_of(headline_table(METRICS, ["*", "cw/*"]))) == 1 + len(METRICS)  # each once
    assert rows_of(headline_table(METRICS, [])) == [header]
    assert rows_of(headline_table([], ["*"])) == [header]


names = st.from_regex(r"[a-z]+(/[a-z]=[0-9.]+){0,2}/[a-z_]+", fullmatch=True)


@given(
    st.dictionaries(names, st.tuples(finite, st.none() | st.floats(0, 10)), max_size=5),
    st.dictionaries(names, st.tuples(finite, st.floats(0, 10)), max_size=5),
)
def test_any_comparison_is_a_table_with_a_row_for_every_name(ours, theirs):
    metrics = [Metric(name, value, "trained", stderr) for name, (value, stderr) in ours.items()]
    targets = {name: expected(*target) for name, target in theirs.items()}
    lines = compare(metrics, targets)
    rows = rows_of(reproduction_table(lines))[1:]
    assert sorted(row[0] for row in rows) == sorted({*ours, *theirs})
    assert [row[-1] for row in rows] == [line.verdict for line in lines]
