"""Renewing expected metrics: what changed is said, what matters first."""

from __future__ import annotations

import json
import runpy
import sys
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfvae.errors import InputError
from mfvae.workflow.metrics import write_metrics
from mfvae.workflow.reproduce.changelog import changes
from mfvae.workflow.reproduce.expected import COLUMNS, Expected, read_expected, write_expected
from tests.helpers.metrics import expected_of, metric_of
from tests.helpers.paths import ROOT

BEFORE = [
    expected_of("same", 1.0, 0.1),
    expected_of("near", 1.0, 0.1),
    expected_of("far", 1.0, 0.1),
    expected_of("further", 1.0, 0.1),
    expected_of("exact", 1.0, 0.0),
    expected_of("looser", 1.0, 0.1),
    expected_of("argued", 1.0, 0.1),
    expected_of("lost", 2.5, 0.1),
]
AFTER = [
    expected_of("fresh", 7.0, 1.0),
    expected_of("same", 1.0, 0.1),
    expected_of("near", 1.05, 0.1),
    expected_of("far", 1.3, 0.1),
    expected_of("further", 0.0, 0.1),
    expected_of("exact", 1.0000001, 0.0),
    expected_of("looser", 1.0, 0.2),
    expected_of("argued", 1.0, 0.1, "another"),
]


def test_what_is_out_of_tolerance_comes_first_the_furthest_ahead():
    assert changes(BEFORE, AFTER) == [
        "out of tolerance: exact: exact: 1.0 → 1.0000001 (± 0)",
        "out of tolerance: further: further: 1 → 0 (± 0.1)",
        "out of tolerance: far: far: 1 → 1.3 (± 0.1)",
        "gone: lost: lost: 2.5",
        "new: fresh: fresh: 7",
        "changed: near: near: 1 → 1.05 (± 0.1)",
        "changed: looser: looser: 1 (± 0.1 → 0.2)",
        "changed: argued: argued: 1 (± 0.1)",
    ]
    assert changes(BEFORE, BEFORE) == []


def test_an_undefined_number_is_out_of_tolerance():
    (line,) = changes([expected_of("a", 1.0, 9.0)], [expected_of("a", float("nan"), 9.0)])
    assert line == "out of tolerance: a: a: 1 → nan (± 9)"


def test_numbers_that_are_not_judged_are_never_out_of_tolerance():
    recorded, other = (expected_of("a", value, None) for value in (1.0, 9.0))
    assert changes([recorded], [other]) == ["changed: a: a: 1 → 9 (± not judged)"]
    assert changes([recorded], [expected_of("a", 1.0, 0.5)]) == ["changed: a: a: 1 (± not judged → 0.5)"]


CLAIMS = [
    {
        "about": {"dataset": "cw", "model": "exact", "quantity": "kl", "where": {"beta": [0.0, 1.0]}},
        "absolute_tolerance": 0.02,
        "reason": "a",
    },
    {
        "about": {"dataset": "cw", "quantity": "coupling"},
        "relative_tolerance": 0.01,
        "standard_errors": 2.0,
        "reason": "b",
    },
    {
        "about": {"dataset": "retina", "quantity": "nats"},
        "value": 16.0,
        "absolute_tolerance": 0.2,
        "reason": "c",
    },
]
METRICS = [
    metric_of("cw/beta=0.5/exact/kl", 0.01, "trained", 0.001, 0.0),
    metric_of("cw/beta=1.5/exact/kl", 0.3, "trained", 0.001, 0.0),  # beyond the claim
    metric_of("cw/beta=1.5/exact/coupling", 1.51, "trained", 0.004, 1.5),
    metric_of("retina/nats", 16.1, "trained", 0.05),
    metric_of("cw/beta=1.5/entropy", 40.0, "exact"),
    metric_of("cw/beta=1.5/energy", -0.5, "statistical", 0.003, -0.502, "exact at this size"),
    metric_of("chains/r_hat", 1.01, "statistical"),
]


def update(folder, metrics, claims) -> dict[str, Expected]:
    """What the script writes, beside what may be in the folder, by label."""
    write_metrics(folder / "metrics.json", metrics)
    (folder / "claims.yaml").write_text(json.dumps(claims))
    script, output = ROOT / "config/expected/update.py", folder / "expected.csv"
    words = [str(script), "--metrics", str(folder / "metrics.json")]
    words += ["--claims", str(folder / "claims.yaml"), "--output", str(output)]
    with mock.patch.object(sys, "argv", words):
        runpy.run_path(str(script), run_name="__main__")
    return {entry.label: entry for entry in read_expected(output)}


def test_what_is_judged_holds_on_any_machine_and_the_rest_is_recorded(tmp_path, capsys):
    written = update(tmp_path, METRICS, CLAIMS)
    assert capsys.readouterr().out.splitlines()[0].endswith("7 metrics, 5 of them judged, 7 changes")
    assert {label: entry.tolerance for label, entry in written.items()} == {
        "cw beta=0.5, exact: kl": 0.02,
        "cw beta=1.5, exact: kl": None,
        "cw beta=1.5, exact: coupling": pytest.approx(0.01 * 1.5 + 2 * 0.004),
        "retina: nats": 0.2,
        "cw beta=1.5: entropy": pytest.approx(40e-9),
        "cw beta=1.5: energy": pytest.approx(5 * 2**0.5 * 0.003),
        "chains: r_hat": None,
    }
    assert written["cw beta=0.5, exact: kl"].value == 0.0
    assert written["retina: nats"].value == 16.0
    assert written["cw beta=1.5: energy"].value == -0.5
    assert written["cw beta=1.5: energy"].reason == "samples"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b/N=3", "b/N=3/beta=0.5", "b/N=3/exact"]),
            st.floats(allow_nan=False, allow_infinity=False),
            st.none() | st.sampled_from([0.0, 0.125, 1e-9]),
            st.sampled_from(["exact", "recorded", 'a claim, with "quotes" and commas']),
        ),
        max_size=4,
        unique_by=lambda entry: entry[0],
    )
)
def test_expected_metrics_survive_a_file(tmp_path_factory, some):
    path = tmp_path_factory.getbasetemp() / "expected.csv"
    entries = [expected_of(f"{name}/q", *rest) for name, *rest in some]
    write_expected(path, entries)
    assert read_expected(path) == entries


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("cw,N~64,,,,,,kl,one,0.1,exact", "line 2: could not convert"),
        ("cw,N~64,,,,,,kl,1.0,-1,exact", "a tolerance of -1"),
        ("cw,N=64,,,,,,kl,1.0,,recorded", "line 2"),
        ("cw,N~64,,,,,,,1.0,,recorded", "quantity"),
        ("cw,N~64,,,,,,kl,1.0,,recorded\ncw,N~64,,,,,,kl,1.0,,recorded", "twice is cw N=64: kl"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, line, named):
    path = tmp_path / "expected.csv"
    path.write_text(f"{','.join(COLUMNS)}\n{line}\n")
    with pytest.raises(InputError, match=named) as caught:
        read_expected(path)
    assert str(path) in str(caught.value)


def test_what_changed_is_said(tmp_path, capsys):
    before = [expected_of("retina/nats", 15.0, 0.1), expected_of("gone", 1.0, 1.0)]
    write_expected(tmp_path / "expected.csv", before)
    update(tmp_path, METRICS[3:4], CLAIMS[2:])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "out of tolerance: retina: nats: 15 → 16 (± 0.1 → 0.2)",
        "gone: gone: gone: 1",
    ]


@pytest.mark.parametrize(
    ("metrics", "claims", "named"),
    [
        ([metric_of("retina/nats", 16.3, "trained")], CLAIMS[2:], "retina: nats = 16.3"),
        ([metric_of("retina/other", 16.0, "trained")], CLAIMS[2:], "dataset retina, quantity nats"),
        ([metric_of("cw/beta=1.5/exact/coupling", 1.5, "trained")], CLAIMS[1:2], "no exact value"),
    ],
)
def test_a_claim_that_does_not_hold_is_not_written(tmp_path, capsys, metrics, claims, named):
    with pytest.raises(SystemExit, match=named):
        update(tmp_path, metrics, claims)
    assert not (tmp_path / "expected.csv").exists()
