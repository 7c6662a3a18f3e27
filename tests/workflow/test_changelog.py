"""Renewing expected metrics: what changed is said, what matters first."""

from __future__ import annotations

import json
import runpy
import sys
from unittest import mock

import pytest

from mfvae.workflow.metrics import Metric, write_metrics
from mfvae.workflow.reproduce.changelog import changes
from tests.helpers.paths import ROOT


def entry(value: float, tolerance: float, reason: str = "a reason") -> dict:
    return {"value": value, "tolerance": tolerance, "reason": reason}


BEFORE = {
    "same": entry(1.0, 0.1),
    "near": entry(1.0, 0.1),
    "far": entry(1.0, 0.1),
    "further": entry(1.0, 0.1),
    "exact": entry(1.0, 0.0),
    "looser": entry(1.0, 0.1),
    "argued": entry(1.0, 0.1),
    "lost": entry(2.5, 0.1),
}
AFTER = {
    "fresh": entry(7.0, 1.0),
    "same": entry(1.0, 0.1),
    "near": entry(1.05, 0.1),
    "far": entry(1.3, 0.1),
    "further": entry(0.0, 0.1),
    "exact": entry(1.0000001, 0.0),
    "looser": entry(1.0, 0.2),
    "argued": entry(1.0, 0.1, "another"),
}


def test_what_is_out_of_tolerance_comes_first_the_furthest_ahead():
    assert changes(BEFORE, AFTER) == [
        "out of tolerance: exact: 1.0 → 1.0000001 (± 0)",
        "out of tolerance: further: 1 → 0 (± 0.1)",
        "out of tolerance: far: 1 → 1.3 (± 0.1)",
        "gone: lost: 2.5",
        "new: fresh: 7",
        "changed: near: 1 → 1.05 (± 0.1)",
        "changed: looser: 1 (± 0.1 → 0.2)",
        "changed: argued: 1 (± 0.1)",
    ]
    assert changes(BEFORE, BEFORE) == []


def test_an_undefined_number_is_out_of_tolerance():
    (line,) = changes({"a": entry(1.0, 9.0)}, {"a": entry(float("nan"), 9.0)})
    assert line == "out of tolerance: a: 1 → nan (± 9)"


def test_numbers_that_are_not_judged_are_never_out_of_tolerance():
    recorded = {"value": 1.0, "tolerance": None, "reason": "a reason"}
    assert changes({"a": recorded}, {"a": recorded | {"value": 9.0}}) == [
        "changed: a: 1 → 9 (± not judged)"
    ]
    assert changes({"a": recorded}, {"a": entry(1.0, 0.5)}) == ["changed: a: 1 (± not judged → 0.5)"]


CLAIMS = [
    {"match": "cw/*/exact/kl", "where": {"beta": [0.0, 1.0]}, "absolute_tolerance": 0.02, "reason": "a"},
    {"match": "cw/*/exact/coupling", "where": {}, "relative_tolerance": 0.01, "standard_errors": 2.0}
    | {"reason": "b"},
    {"match": "retina/nats", "where": {}, "value": 16.0, "absolute_tolerance": 0.2, "reason": "c"},
]
METRICS = [
    Metric("cw/beta=0.5/exact/kl", 0.01, "trained", 0.001, 0.0),
    Metric("cw/beta=1.5/exact/kl", 0.3, "trained", 0.001, 0.0),  # beyond the claim
    Metric("cw/beta=1.5/exact/coupling", 1.51, "trained", 0.004, 1.5),
    Metric("retina/nats", 16.1, "trained", 0.05),
    Metric("cw/beta=1.5/entropy", 40.0, "exact"),
    Metric("cw/beta=1.5/energy", -0.5, "statistical", 0.003, -0.502, "exact at this size"),
    Metric("chains/r_hat", 1.01, "statistical"),
]


def update(folder, metrics, claims) -> dict:
    """What the script writes, beside what may be in the folder."""
    write_metrics(folder / "metrics.json", metrics)
    (folder / "claims.yaml").write_text(json.dumps(claims))
    script, output = ROOT / "config/expected/update.py", folder / "expected.json"
    words = [str(script), "--metrics", str(folder / "metrics.json")]
    words += ["--claims", str(folder / "claims.yaml"), "--output", str(output)]
    with mock.patch.object(sys, "argv", words):
        runpy.run_path(str(script), run_name="__main__")
    return json.loads(output.read_text())


def test_what_is_judged_holds_on_any_machine_and_the_rest_is_recorded(tmp_path, capsys):
    written = update(tmp_path, METRICS, CLAIMS)
    assert capsys.readouterr().out.splitlines()[0].endswith("7 metrics, 5 of them judged, 7 changes")
    tolerances = {name: entry["tolerance"] for name, entry in written.items()}
    assert tolerances == {
        "cw/beta=0.5/exact/kl": 0.02,
        "cw/beta=1.5/exact/kl": None,
        "cw/beta=1.5/exact/coupling": pytest.approx(0.01 * 1.5 + 2 * 0.004),
        "retina/nats": 0.2,
        "cw/beta=1.5/entropy": pytest.approx(40e-9),
        "cw/beta=1.5/energy": pytest.approx(5 * 2**0.5 * 0.003),
        "chains/r_hat": None,
    }
    values = {name: entry["value"] for name, entry in written.items()}
    assert values["cw/beta=0.5/exact/kl"] == 0.0
    assert values["retina/nats"] == 16.0
    assert values["cw/beta=1.5/energy"] == -0.5


def test_what_changed_is_said(tmp_path, capsys):
    before = {"retina/nats": entry(15.0, 0.1), "gone": entry(1.0, 1.0)}
    (tmp_path / "expected.json").write_text(json.dumps(before))
    update(tmp_path, METRICS[3:4], CLAIMS[2:])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "out of tolerance: retina/nats: 15 → 16 (± 0.1 → 0.2)",
        "gone: gone: 1",
    ]


@pytest.mark.parametrize(
    ("metrics", "claims", "named"),
    [
        ([Metric("retina/nats", 16.3, "trained")], CLAIMS[2:], "retina/nats = 16.3"),
        ([Metric("retina/other", 16.0, "trained")], CLAIMS[2:], "retina/nats"),
        ([Metric("cw/beta=1.5/exact/coupling", 1.5, "trained")], CLAIMS[1:2], "no exact value"),
    ],
)
def test_a_claim_that_does_not_hold_is_not_written(tmp_path, capsys, metrics, claims, named):
    with pytest.raises(SystemExit, match=named):
        update(tmp_path, metrics, claims)
    assert not (tmp_path / "expected.json").exists()
