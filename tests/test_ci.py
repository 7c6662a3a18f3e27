"""What is said to others about this repository: its CI, its citation, its entry in a catalogue."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.helpers.paths import ROOT

WORKFLOW = ROOT / ".github/workflows/ci.yaml"
MAKE = re.compile(r"^.*\bmake .*$", flags=re.MULTILINE)


def valid(schema: str, path: Path) -> bool:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("schema", "path", "needed"),
    [
        ("vendor.github-workflows", WORKFLOW, "runs-on"),
        ("vendor.citation-file-format", ROOT / "CITATION.cff", "authors"),
    ],
)
def test_files_for_others_follow_their_schemas(schema, path, needed, tmp_path):
    assert valid(schema, path)
    damaged = tmp_path / path.name
    damaged.write_text(re.sub(rf"^( *){needed}:", r"\1x:", path.read_text(), flags=re.MULTILINE))
    assert not valid(schema, damaged)


def test_github_runs_what_ci_runs_and_keeps_the_report():
    steps = yaml.safe_load(WORKFLOW.read_text())["jobs"]["everything"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    assert commands == MAKE.findall((ROOT / ".ci/run").read_text())
    targets = re.search(r"^.PHONY: (.*)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)[
        1
    ].split()
    assert {re.search(r"make ([\w-]+)", command)[1] for command in commands} <= set(targets)
    kept = next(step["with"]["path"] for step in steps if "upload-artifact" in step.get("uses", ""))
    assert "results/report.html" in kept.split()


def test_the_catalogue_finds_what_it_asks_for():
    """Which is all of its standardized usage but workflow/Snakefile."""
    entry = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    deployment = entry["software-stack-deployment"]
    assert deployment["conda"] == any((ROOT / "envs").glob("*.yaml"))
    assert entry["report"]
    assert not deployment["apptainer"]
    assert isinstance(entry["mandatory-flags"]["flags"], list)
    assert {"snakemake", "workflow"} <= set(re.findall(r"\w+", (ROOT / "README.md").read_text().lower()))
    text = (ROOT / "config/README.md").read_text()
    described = set(re.findall(r"`(\w+)`", text))
    assert set(yaml.safe_load((ROOT / "config/config.yaml").read_text())) <= described
    for name in (ROOT / "config").glob("*.*"):
        assert name.name == "README.md" or name.name in text
