"""What all scripts share: help, missing options, one line and status 1 for bad input."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.scripts.calls import SCRIPTS, Ended, as_process, in_here

NAMES = [path.relative_to(ROOT / "scripts").with_suffix("").as_posix() for path in SCRIPTS]


@pytest.mark.parametrize("script", NAMES)
def test_every_script_explains_itself(script, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert in_here(script, "--help") == Ended(0, "")
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.startswith(f"usage: {Path(script).name}.py")
    assert any(word in shown.out for word in ("--output", "--prefix", "one other", "files"))
    assert len(shown.out.splitlines()) < 80
    assert list(tmp_path.iterdir()) == []


def test_a_script_without_options_says_which_are_missing():
    result = as_process("data/draw")
    assert result.status == 2
    assert "--point" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_process_ends_with_one_line_and_status_one(inputs):
    """What all other tests here see from inside, seen from outside."""
    other = inputs.other / "samples.parquet"
    inputs.refused("train/vae", other, samples=other, call=as_process)
    inputs.refused("measure/capacity", inputs.truncate("models/elbo.pt"), call=as_process)
    inputs.diverges("step 2: ", call=as_process)
