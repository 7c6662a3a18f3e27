"""A run of one target ended with headline numbers of an older run of another configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mfvae.workflow.metrics import Metric, write_metrics
from tests.helpers.checkout import Checkout

pytestmark = pytest.mark.workflow
SAMPLES = "results/samples/curie_weiss/N~16/beta~0.8.parquet"
HEADLINE = Metric("retina", {"repeats": 11}, "p_silence", 0.125, "statistical")


@pytest.mark.parametrize("seed", ["1", "2"])
def test_headlines_are_those_of_this_configuration(
    tmp_path: Path, recording_file: Path, seed: str
) -> None:
    checkout = Checkout.make(tmp_path, recording_file)
    first = checkout.snakemake("--cores", "1", "--", SAMPLES)
    assert first.returncode == 0, first.stdout
    assert "metrics.json" not in first.stdout
    metrics = checkout.results / "metrics.json"
    write_metrics(metrics, [HEADLINE])
    facts = (checkout.folder / SAMPLES).with_suffix(".json.provenance")
    digest = json.loads(facts.read_text())["configuration"]
    beside = metrics.with_name("metrics.json.provenance")
    beside.write_text(json.dumps({"configuration": digest}))
    second = checkout.snakemake("--config", f"seed={seed}", "--cores", "1", "--force", "--", SAMPLES)
    assert second.returncode == 0, second.stdout
    said = "results/metrics.json is of another configuration: its headline numbers are not shown."
    same = seed == "1"
    assert (HEADLINE.label in second.stdout) == same
    assert ("0.125" in second.stdout) == same
    assert (said in second.stdout.splitlines()) != same
