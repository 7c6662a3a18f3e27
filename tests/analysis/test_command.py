"""The command ``mfvae`` from end to end, in a folder whose name has a space and an umlaut."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mfvae.analysis.command import main
from tests.analysis.conftest import independent_rows
from tests.helpers.paths import ROOT

WRITTEN = (
    *("report.html", "patterns.csv", "nats.csv", "couplings.csv"),
    *("law.json", "law.pt", "models"),
)
QUICK = ("--latents", "1", "--epochs", "3", "--baselines", "mixture of 8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    here = tmp_path / "Größe und mehr"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(words)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_from_a_system_to_a_report(folder, capsys):
    drawn = ("sample", "curie_weiss", "N=20", "beta=1.3", "-n", "1200", "-o", "wörter.npz")
    assert call(capsys, *drawn)[0] == 0
    code, said, _ = call(capsys, "inspect", "wörter.npz")
    assert code == 0
    assert "1200 rows of 20 sites" in said
    assert "Nothing is odd." in said

    code, said, _ = call(capsys, "analyse", "wörter.npz", *QUICK)
    assert code == 0
    assert "over independent sites" in said
    assert "1 ±1 pattern" in said
    out = folder / "wörter_mfvae"
    files = {path.name for path in out.iterdir()}
    assert files == set(WRITTEN)
    patterns = pd.read_csv(out / "patterns.csv")
    assert len(patterns) == 20
    assert (patterns["pattern_1"].abs() == 1).all()
    page = (out / "report.html").read_text()
    sentence = next(line for line in said.splitlines() if line.startswith("One latent describes"))
    assert sentence in page
    assert "data:image/png;base64," in page
    assert not re.search(r"https?:|<script|<link|src=\"(?!data:)", page)
    assert not [path for path in folder.rglob("*") if path.name.startswith(".")]

    # a second call trains nothing, and says the same
    before = {path: path.stat().st_mtime_ns for path in (out / "models").iterdir()}
    code, again, errors = call(capsys, "analyse", "wörter.npz", *QUICK)
    assert code == 0
    assert "0 are new" in again
    assert "step" not in errors
    assert sentence in again
    assert before == {path: path.stat().st_mtime_ns for path in (out / "models").iterdir()}

    # damage is noticed and mended
    (out / "models" / "1_latent.pt").write_bytes(b"damaged")
    code, mended, _ = call(capsys, "analyse", "wörter.npz", *QUICK)
    assert (code, "1 are new" in mended) == (0, True)


def test_data_without_collective_variable_quote_no_coupling(folder, capsys):
    np.save("spikes.npy", independent_rows(6, 800, 10))
    code, said, _ = call(capsys, "analyse", "spikes.npy", *QUICK, "--out", "here")
    assert code == 0
    assert "no collective variable" in said
    page = (folder / "here" / "report.html").read_text()
    assert "βJ" not in said + page
    assert not (pd.read_csv("here/couplings.csv")).shape[0]


def test_bad_input_ends_in_one_line(folder, capsys):
    np.save("flat.npy", np.zeros((50, 3)))
    np.save("turned.npy", independent_rows(7, 800, 10).T)
    np.save("good.npy", independent_rows(7, 800, 10))
    (folder / "text.npy").write_text("no array")
    for words in (
        ("analyse", "missing.npz"),
        ("analyse", "text.npy"),
        ("inspect", "flat.npy"),
        ("analyse", "turned.npy"),
        ("analyse", "good.npy", "--bin", "wide"),
        ("analyse", "good.npy", "--latents", "0"),
        ("analyse", "good.npy", "--threads", "0"),
        ("analyse", "good.npy", "--holdout", "group"),
        ("analyse", "good.npy", "--latents", "1", "--epochs", "1", "--baselines", "oracle"),
        ("sample", "potts", "-o", "a.npz"),
        ("sample", "curie_weiss", "N=20", "-o", "a.npz"),
        ("sample", "curie_weiss", "N=20", "beta=cold", "-o", "a.npz"),
        ("sample", "curie_weiss", "N=20", "beta=1", "-o", "a.pdf"),
        ("sample", "curie_weiss", "N=20", "beta=1", "-n", "0", "-o", "a.npz"),
    ):
        code, _, said = call(capsys, *words)
        last = said.strip().splitlines()
        assert code == 1, words
        assert last[-1].startswith("mfvae: "), words
        assert len([line for line in last if not line.startswith("step ")]) == 1, words
    assert not list(folder.glob("a.*"))


def test_wrong_usage_is_another_code(capsys):
    for words in ((), ("analyze", "x"), ("analyse",), ("sample", "hopfield")):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2
    assert "usage: mfvae" in capsys.readouterr().err


def test_an_interrupted_analysis_says_how_to_go_on(folder, capsys, monkeypatch):
    np.save("spikes.npy", independent_rows(8, 800, 10))

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mfvae.analysis.fit.fit", interrupted)
    code, _, said = call(capsys, "analyse", "spikes.npy")
    assert code == 130
    assert said.strip().splitlines() == [
        "mfvae: interrupted; what was trained is in spikes_mfvae: the same command goes on from there"
    ]


def test_spike_tables_and_thresholds_are_read(folder, capsys):
    frame = pd.DataFrame(independent_rows(9, 300, 4) * 2, columns=["a", "b", "c", "d"])
    frame["trial"] = np.arange(300) // 30
    frame.to_csv("counts.csv", index=False)
    code, said, _ = call(capsys, "inspect", "counts.csv", "--threshold", "0.5", "--groups", "trial")
    assert code == 0
    assert "groups: 10" in said
    assert "held out by group" in said


def test_it_runs_as_a_program_and_help_needs_nothing_heavy(tmp_path):
    code = (
        "import sys; from mfvae.analysis.command import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'torch', 'pandas', 'matplotlib'} & set(sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    for words in (["-c", code], ["-m", "mfvae.analysis.command", "--version"]):
        done = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "mfvae" in done.stdout
