"""Every job has its place in the queue of a cluster: here, or in a group that waits for no later one."""

from __future__ import annotations

import re
import subprocess
import sys

import yaml

from tests.test_rules import ROOT, RULES, rules_of

SLURM = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())
RANK = {group: rank for rank, group in enumerate(SLURM["group-components"])}


def local_rules() -> set[str]:
    """Those that run where Snakemake does."""
    every = RULES | rules_of((ROOT / "Snakefile").read_text())
    return {name for name, sections in every.items() if sections.get("localrule", "").strip() == "True"}


def edges(*targets: str) -> set[tuple[str, str]]:
    """(rule, rule that needs it) of the small pipeline, nothing being made."""
    command = [sys.executable, "-m", "snakemake", "--configfile", "config/smoke.yaml"]
    graph = subprocess.run(
        [*command, "--rulegraph", "dot", "--forceall", "--", *targets],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    ).stdout
    names = dict(re.findall(r'(\d+)\[label\s*=\s*"(\w+)', graph))
    return {(names[first], names[second]) for first, second in re.findall(r"(\d+)\s*->\s*(\d+)", graph)}


def test_every_rule_is_local_or_in_one_of_the_groups() -> None:
    grouped = SLURM["groups"]
    assert set(grouped) | local_rules() == {*RULES, "all"}
    assert not set(grouped) & local_rules()
    assert set(grouped.values()) == set(RANK)


def test_no_group_waits_for_a_later_one() -> None:
    """However jobs are joined, then, none can wait for itself."""
    rank = {rule: RANK[group] for rule, group in SLURM["groups"].items()}
    found = {edge for edge in edges("all", "reproduce", "report") if rank.keys() >= set(edge)}
    assert {rule for edge in found for rule in edge} >= rank.keys() - {"tabulate_replicas", "read_draws"}
    assert not [(first, second) for first, second in found if rank[first] > rank[second]]


def test_what_fetches_from_the_network_runs_where_there_is_one() -> None:
    assert "fetch_file" in local_rules()
