"""collect_metrics.py and compare_metrics.py: every number in one file, and a verdict on each."""

from __future__ import annotations

from mfvae.metrics import read_metrics
from tests.scripts.calls import assert_one_line, in_here

PARTS = ("facts", "information", "capacity", "statistics")


def test_all_numbers_of_a_chain_are_collected(chain):
    parts = [*PARTS, *(part for part in ("law", "comparison") if chain.path(f"{part}.json").exists())]
    assert len(parts) == {"binary": 6, "orthonormal": 5, None: 4}[chain.patterns]
    assert chain.metrics("metrics") == chain.metrics(*parts)


def test_numbers_of_a_chain_have_verdicts(chain):
    metrics = read_metrics([chain.path("metrics.json")])
    lines = chain.path("reproduce.md").read_text().splitlines()[2:]
    found = {line.split("|")[1].strip(): line.split("|")[-2].strip() for line in lines}
    first, *others = (metric.name for metric in metrics)
    assert found == {first: "NEW", "absent": "MISSING"} | dict.fromkeys(others, "ok")


def test_metrics_that_cannot_be_joined_are_refused(inputs):
    output = ["--output", inputs.path("out/metrics.json")]
    twice = [inputs.path("facts.json")] * 2
    assert_one_line(in_here("collect_metrics", "--inputs", *twice, *output), "log_partition_per_site")
    damaged = inputs.truncate("capacity.json")
    assert_one_line(in_here("collect_metrics", "--inputs", twice[0], damaged, *output), damaged)
    inputs.nothing_is_left()


def test_damaged_expectations_are_refused(inputs):
    output = ["--output", inputs.path("out/reproduce.md")]
    options = ["--metrics", inputs.path("metrics.json"), "--expected", inputs.truncate("expected.json")]
    assert_one_line(in_here("compare_metrics", *options, *output), inputs.path("expected.json"))
    inputs.nothing_is_left()
