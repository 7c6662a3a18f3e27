"""reproduce/collect.py and reproduce/compare.py: every number in one file, and a verdict on each."""

from __future__ import annotations

from mfvae.workflow.metrics import read_metrics
from tests.scripts.calls import assert_one_line, in_here, succeed

PARTS = ("facts", "information", "capacity", "statistics")


def test_all_numbers_of_a_chain_are_collected(chain):
    of_decoding = ("comparison",) if chain.patterns else ()
    parts = [*PARTS, *of_decoding]
    assert chain.path("comparison.json").exists() == bool(of_decoding)
    assert chain.metrics("metrics") == chain.metrics(*parts)


def test_numbers_of_a_chain_have_verdicts(chain):
    metrics = read_metrics([chain.path("metrics.json")])
    text = chain.path("reproduce.md").read_text()
    raw, every = (
        text.partition(f"## {title}\n\n")[2].partition("\n\n")[0] for title in ("Raw data", "All")
    )
    found = {line.split("|")[1].strip(): line.split("|")[-3].strip() for line in every.splitlines()[2:]}
    first, *others = (metric.label for metric in metrics)
    assert found == {first: "NEW", "absent: absent": "MISSING"} | dict.fromkeys(others, "ok")
    assert raw.splitlines()[2].endswith("| ok      |")
    assert f"| {others[0]}" in text.partition("## Beside published numbers")[2].partition("##")[0]
    page = chain.path("reproduce.html").read_text()
    assert all(f"<td>{name}</td>" in page for name in found)


def test_metrics_that_cannot_be_joined_are_refused(inputs):
    output = ["--models", "{}", "--table", inputs.path("out/metrics.csv")]
    output += ["--output", inputs.path("out/metrics.json")]
    twice = [inputs.path("facts.json")] * 2
    assert_one_line(in_here("reproduce/collect", "--inputs", *twice, *output), "log_partition_per_site")
    damaged = inputs.truncate("capacity.json")
    assert_one_line(in_here("reproduce/collect", "--inputs", twice[0], damaged, *output), damaged)
    inputs.nothing_is_left()


def test_of_a_run_of_parts_what_was_measured_is_judged_and_no_raw_data_are_needed(chain, tmp_path):
    names = ("metrics.json", "expected.csv", "published.json")
    files = [(f"--{name.partition('.')[0]}", chain.path(name)) for name in names]
    output = ["--html", tmp_path / "page.html", "--output", tmp_path / "reproduce.md"]
    options = [word for pair in files for word in pair]
    succeed("reproduce/compare", *options, "--part", *output)
    text = (tmp_path / "reproduce.md").read_text()
    verdicts = {line.split("|")[-3].strip() for line in text.splitlines() if line.startswith("| ")}
    assert {"NEW", "ok"} <= verdicts
    assert "MISSING" not in verdicts
    assert "Raw data" not in text


def test_damaged_expectations_are_refused(inputs):
    names = {"metrics": "metrics.json", "expected": "expected.csv", "published": "published.json"}
    files = {name: inputs.path(file) for name, file in names.items()}
    files |= {"files": inputs.path("samples.parquet")}
    output = ["--html", inputs.path("out/page.html"), "--output", inputs.path("out/reproduce.md")]
    for name in ("expected", "published"):
        damaged = files | {name: inputs.truncate(names[name])}
        options = [word for option, path in damaged.items() for word in (f"--{option}", path)]
        ended = in_here("reproduce/compare", *options, "--sha256", "0", *output)
        assert_one_line(ended, damaged[name])
    inputs.nothing_is_left()
