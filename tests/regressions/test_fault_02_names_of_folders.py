"""A space or a quote in the name of a folder split commands: jobs failed, logs fell on other files."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from mfvae.errors import InputError
from mfvae.workflow.settings.folders import check_folder
from tests.helpers.checkout import Checkout
from tests.helpers.paths import ROOT

pytestmark = pytest.mark.workflow
ODD = "o u't (1); ~ $HOME & * ? [a] | < > # ! \\ \" ü"
FOLDERS = {"results": ODD, "logs": "lo gs", "benchmarks": "<results>/be'nch"}
POINT = "curie_weiss/N~16/beta~0.8"


@pytest.fixture
def checkout(tmp_path: Path, recording_file: Path) -> Checkout:
    """In a folder with such a name itself."""
    folder = tmp_path / "Größe ä" / "my project's (1)"
    folder.mkdir(parents=True)
    made = Checkout.make(folder, recording_file)
    made.overlay(yaml.safe_dump({"pathvars": FOLDERS}))
    return made


def words(command: str) -> list[str]:
    """As a shell reads them; what ends a command or redirects it is a word of its own."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    return list(lexer)


def commands(checkout: Checkout, *overlays: str) -> list[list[str]]:
    run = checkout.snakemake(*overlays, "--dry-run", "--printshellcmds", "--quiet", "host")
    assert run.returncode == 0, run.stdout
    return sorted(words(said) for said in re.findall(r"^Shell command: (.*)$", run.stdout, re.MULTILINE))


def renamed(word: str) -> str:
    for plain, name in (
        ("results/logs", FOLDERS["logs"]),
        ("results/benchmarks", f"{ODD}/be'nch"),
        ("results", ODD),
    ):
        if word == plain or word.startswith(f"{plain}/"):
            return name + word.removeprefix(plain)
    return word


def test_every_path_is_one_word_of_every_command(checkout: Checkout) -> None:
    """The commands are those of plain names but for the names."""
    plain = commands(checkout)
    assert len(plain) > 100
    odd = commands(checkout, "overlay.yaml")
    assert odd == sorted([renamed(word) for word in command] for command in plain)


def test_jobs_write_there_and_nowhere_else(checkout: Checkout) -> None:
    victim = checkout.folder / ODD.split()[0]
    victim.write_text("of somebody else")
    before = set(checkout.folder.iterdir())
    target = f"{ODD}/samples/{POINT}.parquet"
    run = checkout.snakemake("overlay.yaml", "--cores", "1", "--", target)
    assert run.returncode == 0, run.stdout
    assert (checkout.folder / target).stat().st_size > 0
    assert (checkout.folder / "lo gs" / "samples" / f"{POINT}.log").exists()
    assert victim.read_text() == "of somebody else"
    new = {path.name for path in set(checkout.folder.iterdir()) - before}
    assert new == {ODD, "lo gs", ".snakemake"}


def test_every_field_of_every_command_is_quoted() -> None:
    """Of ``RUN``, which is the command of nearly all rules, and of those that write their own."""
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    own = re.findall(r"^    shell:\n((?:        .*\n)+)", rules, re.MULTILINE)
    blocks = [block for block in own if block.strip() != "RUN"]
    assert len(own) - len(blocks) > 30
    (shared,) = re.findall(r"^RUN = (.*)$", rules, re.MULTILINE)
    fields = re.findall(r"\{+([^{}]+)\}+", "".join([shared, *blocks]))
    assert len(fields) >= 3
    assert {field for field in fields if not field.endswith(":q")} == {"PYTHON"}


@pytest.mark.parametrize("name", ["a\nb", "a\tb", "a{b}", "{N}", "-x", "~/out", " out", "out ", "a\x1b"])
def test_what_no_quotes_help_with_is_refused(name: str) -> None:
    with pytest.raises(InputError) as refused:
        check_folder("pathvars.logs", name)
    assert str(refused.value).startswith(f"pathvars.logs = {name!r}: the name of a folder")
    assert "\n" not in str(refused.value)


def test_a_name_that_is_refused_stops_the_run_before_it_writes(checkout: Checkout) -> None:
    checkout.overlay(yaml.safe_dump({"pathvars": {"logs": "lo{g}s"}}))
    run = checkout.snakemake("overlay.yaml", "--cores", "1")
    assert run.returncode != 0
    said = "Bad configuration: pathvars.logs = 'lo{g}s': the name of a folder without '{' is needed"
    assert said in run.stdout.splitlines()
    assert "Traceback" not in run.stdout
    assert not checkout.results.exists()


def test_a_recording_may_have_any_name(checkout: Checkout) -> None:
    odd = checkout.folder / "-it's {a} $recording; ü.mat"
    odd.write_bytes(checkout.recording.read_bytes())
    checkout.overlay(yaml.safe_dump({"datasets": {"retina": {"file": odd.name}}}))
    target = "results/raw/retina/bint_fishmovie32_100.mat"
    run = checkout.snakemake("overlay.yaml", "--cores", "1", "--", target, MFVAE_RETINA_FILE="")
    assert run.returncode == 0, run.stdout
    assert (checkout.folder / target).read_bytes() == odd.read_bytes()
