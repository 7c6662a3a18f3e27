"""Every block of code in README.md works: configurations, commands, programs and the names of rules."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.checkout import copy_workflow
from tests.helpers.paths import LOCAL_FILE_VARIABLE, ROOT

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RULE = re.compile(r"^rule (\w+):", re.MULTILINE)
PATH = re.compile(
    r"`((?:benchmarks|config|docs|envs|mfvae|profiles|report|rules|scripts|tests)/[\w./]+)`"
)
TARGET = re.compile(r"`make ([\w-]+)[^`]*`")
SHELL, KNOWN = ("", "sh", "bash"), {"mermaid", "python", "yaml"}
NOT_RUN: dict[str, str] = {}  # command → why it can neither be run nor be tried
README = (ROOT / "README.md").read_text()


def blocks(text: str, *languages: str) -> list[str]:
    return [content for language, content in BLOCK.findall(text) if language in languages]


def lines(block: str) -> list[str]:
    """Commands of a block, without comments and with continued lines joined."""
    joined = block.replace("\\\n", " ").splitlines()
    return [line for line in joined if shlex.split(line, comments=True)]


def tried(line: str) -> list[str] | None:
    """What tries a command without doing it: its words, the variables ahead of it with ``env``."""
    words = shlex.split(line, comments=True)
    number = next(i for i, word in enumerate(words) if not re.match(r"\w+=", word))
    variables, command = words[:number], words[number:]
    if command[0] not in ("make", "snakemake"):
        assert line in NOT_RUN, f"{line!r} is not known: run it here, or say why not in NOT_RUN"
        return None
    start = ["make"] if command[0] == "make" else [sys.executable, "-m", "snakemake"]
    return ["env", *variables, *start, "-n", *command[1:]]


def unknown_nodes(mermaid: str, rules: set[str], folders: set[str]) -> set[str]:
    """Nodes that are neither a rule, nor labelled with rules, nor a store ``[(…)]`` of a result."""
    header, *rest = mermaid.strip().splitlines()
    assert header.startswith("flowchart")
    parts = [part.strip() for line in rest for part in re.split(r"-->|&", line)]
    labelled = dict(found.groups() for part in parts if (found := re.fullmatch(r"(\w+)\[(.*)\]", part)))
    plain = {part for part in parts if part not in labelled and "[" not in part}
    unknown = plain - rules - set(labelled)
    for label in labelled.values():
        if store := re.fullmatch(r"\((.*)\)", label):
            unknown |= {store[1]} - folders
        else:
            unknown |= set(label.split("<br>")) - rules
    return unknown


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The workflow, and every configuration of the README under the name that its first line gives."""
    folder = tmp_path_factory.mktemp("readme")
    copy_workflow(folder)
    for file in (ROOT / "Makefile", ROOT / "pyproject.toml", *ROOT.glob("requirements*.lock")):
        shutil.copy(file, folder)
    for block in blocks(README, "yaml"):
        name = re.match(r"# (\w+\.yaml)\n", block)
        assert name is not None, "its first line says how the file is called"
        (folder / name[1]).write_text(block)
    return folder


def ended(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    changed = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    environment = {key: value for key, value in os.environ.items() if key != LOCAL_FILE_VARIABLE}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment | changed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=200,
    )


def test_every_block_is_of_a_language_that_is_tried():
    assert {language for language, _ in BLOCK.findall(README)} <= KNOWN | set(SHELL)
    assert README.count("```") == 2 * len(BLOCK.findall(README))
    assert blocks(README, *SHELL)


@pytest.mark.parametrize("block", blocks(README, "yaml"))
def test_a_configuration_can_be_run(block, copy):
    (copy / "block.yaml").write_text(block)
    run = ended([sys.executable, "-m", "snakemake", "-n", "--configfile", "block.yaml"], copy)
    assert run.returncode == 0, run.stdout
    assert "train_vae" in run.stdout


@pytest.mark.parametrize("line", [line for block in blocks(README, *SHELL) for line in lines(block)])
def test_a_command_is_understood(line, copy):
    command = tried(line)
    if command is not None:
        run = ended(command, copy)
        assert run.returncode == 0, run.stdout


def test_programs_run(tmp_path):
    for block in blocks(README, "python"):
        run = ended([sys.executable, "-c", block], tmp_path)
        assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("block", blocks(README, "mermaid"))
def test_a_drawing_names_rules(block):
    rules = {name for path in (ROOT / "rules").glob("*.smk") for name in RULE.findall(path.read_text())}
    assert unknown_nodes(block, rules, {"samples", "models"}) == set()


def test_paths_and_targets_of_the_text_exist():
    assert [path for path in PATH.findall(README) if not (ROOT / path).exists()] == []
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(TARGET.findall(README)) <= set(targets)


# -- that these tests can fail ---------------------------------------------------------------------
def test_a_wrong_node_is_seen():
    text = "flowchart LR\n  a --> b[(store)]\n  c[x<br>y] & a --> d\n  b --> c\n"
    assert unknown_nodes(text, {"a", "x"}, set()) == {"store", "y", "d"}
    assert unknown_nodes(text, {"a", "x", "y", "d"}, {"store"}) == set()


def test_an_unknown_command_is_seen():
    with pytest.raises(AssertionError, match="NOT_RUN"):
        tried("mfvae --train")
    assert tried("A=1 make figures # all") == ["env", "A=1", "make", "-n", "figures"]


@pytest.mark.parametrize(
    "line",
    ["make figurs", "snakemake --configfile absent.yaml", "snakemake --no-such-option", "snakemake x"],
)
def test_a_wrong_command_fails(line, copy):
    assert ended(tried(line), copy).returncode != 0
