"""Reproduction failed on another processor: 151 numbers of trainings were outside, none of them claimed.

Judged is now what holds on any machine; the bits themselves are tested in tests/end_to_end/emulated.
"""

from __future__ import annotations

import pytest
import yaml

from mfvae.workflow.files.atomic import read_json
from mfvae.workflow.metrics import Metric
from mfvae.workflow.reproduce.against_expected import compare
from tests.helpers.paths import ROOT

EXPECTED = ROOT / "config" / "expected"
PRESETS = ("default", "smoke")


def as_measured(name: str, entry: dict) -> Metric:
    kind = "exact" if entry["reason"].startswith("exact") else "trained"
    return Metric(name, entry["value"], kind)


@pytest.mark.parametrize("preset", PRESETS)
def test_other_numbers_of_trainings_are_shown_and_not_judged(preset):
    expected = read_json(EXPECTED / f"{preset}.json")
    recorded = [name for name, entry in expected.items() if entry["tolerance"] is None]
    assert recorded
    moved = [
        Metric(name, 2 * entry["value"] + 1, "trained") if name in recorded else as_measured(name, entry)
        for name, entry in expected.items()
    ]
    found = compare(moved, expected)
    assert {line.verdict for line in found} == {"ok", "shown"}
    assert {line.name for line in found if line.verdict == "shown"} == set(recorded)


@pytest.mark.parametrize("preset", PRESETS)
def test_twin_what_is_claimed_is_judged(preset):
    expected = read_json(EXPECTED / f"{preset}.json")
    claimed = [name for name, entry in expected.items() if entry["reason"].startswith("claim: ")]
    beyond = [
        Metric(name, expected[name]["value"] + 1.01 * expected[name]["tolerance"] + 1e-12, "trained")
        for name in claimed
    ]
    assert {line.verdict for line in compare(beyond, {name: expected[name] for name in claimed})} == {
        "OUTSIDE"
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_every_claim_is_about_some_metric_and_none_hangs_on_its_value(preset):
    """Of the numbers that are no claim, only exact arithmetic and samples have a tolerance."""
    claims = yaml.safe_load((EXPECTED / f"{preset}.claims.yaml").read_text())
    expected = read_json(EXPECTED / f"{preset}.json")
    reasons = {entry["reason"] for entry in expected.values()}
    assert {f"claim: {claim['reason']}" for claim in claims} <= reasons
    for entry in expected.values():
        kind = entry["reason"].partition(":")[0].partition(",")[0]
        assert kind in ("claim", "exact arithmetic", "samples", "recorded")
        assert (entry["tolerance"] is None) == (kind == "recorded")
