"""Every command and configuration in README.md and the documentation works, and README.md's programs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.docs.blocks import fences, words
from tests.helpers.checkout import copy_workflow
from tests.helpers.paths import LOCAL_FILE_VARIABLE, ROOT

PATH = re.compile(
    r"`((?:benchmarks|config|docs|envs|mfvae|profiles|report|rules|scripts|tests)/[\w./]+)`"
)
LINK = re.compile(r"\]\(([\w./-]+)\)")
TARGET = re.compile(r"`make ([\w-]+)[^`]*`")
NAME = re.compile(r"# (\w+\.yaml)\n")  # the first line of a configuration that is a whole file
PROMPT, LEFT_OUT = "$ ", "…"
README = (ROOT / "README.md").read_text()
MOST_LINES = 120  # of README.md, which a newcomer reads to its end
PAGES = {str(path.relative_to(ROOT)): path.read_text() for path in sorted((ROOT / "docs").rglob("*.md"))}
PAGES |= {name: (ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md")}
NOT_RUN = {  # command → why it can neither be run nor be tried
    "pip install .": "tests/end_to_end/test_install.py installs a wheel of the package",
    "pytest -m cluster": "it needs to be root",
}
DATA = {"votes.npy": lambda: np.random.default_rng(0).integers(2, size=(200, 6), dtype=np.uint8)}


def blocks(text: str, *languages: str) -> list[str]:
    return [content for language, content in fences(text) if language in languages]


def lines(block: str) -> list[str]:
    """Commands of a block, without comments and with continued lines joined."""
    joined = block.replace("\\\n", " ").splitlines()
    return [line for line in joined if shlex.split(line, comments=True)]


def is_commands(block: str) -> bool:
    """Whether a block of no language is one for a shell, and not a drawing."""
    return "->" not in block


CONFIGURATIONS = {
    found[1]: block
    for text in PAGES.values()
    for block in blocks(text, "yaml")
    if (found := NAME.match(block))
}
COMMANDS = sorted(
    {
        " ".join(shlex.split(line, comments=True))
        for text in PAGES.values()
        for block in blocks(text, "")
        if is_commands(block)
        for line in lines(block)
    }
)


def tried(line: str) -> list[str] | None:
    """What tries a command without doing it: its words, the variables ahead of it with ``env``."""
    parts = shlex.split(line, comments=True)
    number = next(i for i, word in enumerate(parts) if not re.match(r"\w+=", word))
    variables, command = parts[:number], parts[number:]
    if command[0] not in ("make", "snakemake"):
        assert line in NOT_RUN, f"{line!r} is not known: run it here, or say why not in NOT_RUN"
        return None
    start = ["make"] if command[0] == "make" else [sys.executable, "-m", "snakemake"]
    return ["env", *variables, *start, "-n", *command[1:]]


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The workflow, and every configuration under the name that its first line gives."""
    folder = tmp_path_factory.mktemp("readme")
    copy_workflow(folder)
    for file in (ROOT / "Makefile", ROOT / "pyproject.toml", *ROOT.glob("requirements*.lock")):
        shutil.copy(file, folder)
    for name, block in CONFIGURATIONS.items():
        (folder / name).write_text(block)
    for name, array in DATA.items():
        np.save(folder / name, array())
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
        timeout=600,
    )


def test_the_readme_is_short_and_every_block_is_of_a_language_that_is_tried():
    assert len(README.splitlines()) <= MOST_LINES
    assert {language for language, _ in fences(README)} <= {"", "console", "python"}
    assert README.count("```") == 2 * len(fences(README))
    assert blocks(README, "")
    assert blocks(README, "console")


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_can_be_run(name, copy):
    run = ended([sys.executable, "-m", "snakemake", "-n", "--configfile", name], copy)
    assert run.returncode == 0, run.stdout
    assert "train_vae" in run.stdout


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_is_understood(line, copy):
    command = tried(line)
    if command is not None:
        run = ended(command, copy)
        assert run.returncode == 0, run.stdout


def test_the_programs_of_the_readme_run_and_print_what_it_shows(tmp_path):
    for block in blocks(README, "console"):
        command, *shown = block.splitlines()
        name, *arguments = shlex.split(command.removeprefix(PROMPT))
        assert name == "mfvae"
        run = ended([sys.executable, "-m", "mfvae.analysis.command", *arguments], tmp_path)
        assert run.returncode == 0, run.stdout
        assert missing(shown, run.stdout) == []
    for block in blocks(README, "python"):
        run = ended([sys.executable, "-c", block], tmp_path)
        assert run.returncode == 0, run.stdout


def missing(shown: list[str], printed: str) -> list[str]:
    """Lines that begin no line that the program printed; their numbers may be others."""
    known = words(printed)
    return [
        line
        for line in words("\n".join(shown))
        if line != LEFT_OUT and not any(one.startswith(line) for one in known)
    ]


def test_paths_links_and_targets_of_the_text_exist():
    named = [*PATH.findall(README), *LINK.findall(README)]
    assert len(named) >= 8
    assert [path for path in named if not (ROOT / path).exists()] == []
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(TARGET.findall("\n".join(PAGES.values()))) <= set(targets)


# -- that these tests can fail ---------------------------------------------------------------------
def test_an_unknown_command_is_seen():
    with pytest.raises(AssertionError, match="NOT_RUN"):
        tried("mfvae --train")
    assert tried("A=1 make figures # all") == ["env", "A=1", "make", "-n", "figures"]


def test_a_line_that_is_not_printed_is_seen():
    printed = "1 latent   21.41 ± 0.13\nstep 3"
    assert missing(["1 latent  20.00 ± 0.10", LEFT_OUT], printed) == []
    assert missing(["2 lattices  20.00 ± 0.10"], printed) == ["# lattices # ± #"]


@pytest.mark.parametrize(
    "line",
    ["make figurs", "snakemake --configfile absent.yaml", "snakemake --no-such-option", "snakemake x"],
)
def test_a_wrong_command_fails(line, copy):
    assert ended(tried(line), copy).returncode != 0
