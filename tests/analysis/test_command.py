"""The command ``mfvae`` from end to end, in a folder whose name has a space and an umlaut."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from mfvae.analysis.command import main
from mfvae.workflow.settings.dataset import DatasetSettings
from tests.analysis.conftest import independent_rows
from tests.helpers.paths import ROOT

WRITTEN = (
    *("report.html", "patterns.csv", "nats.csv", "missing.csv", "couplings.csv"),
    *("effective_couplings.csv", "law.json", "law.pt", "models"),
)
QUICK = ("--latents", "1", "--epochs", "3", "--baselines", "mixture of 8")

# The command, also where a shell's background job would ignore Ctrl-C.
HEARS_SIGNALS = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("mfvae.analysis.command", run_name="__main__", alter_sys=True)
"""


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
        ("analyse", "good.npy", "--bin", "20"),
        ("analyse", "good.npy", "--latents", "0"),
        ("analyse", "good.npy", "--threads", "0"),
        ("analyse", "good.npy", "--holdout", "group"),
        ("analyse", "good.npy", "--device", "abacus"),
        ("analyse", "good.npy", "--epochs", "0"),
        ("analyse", "good.npy", "--missing", "allow", "--baselines", "oracle"),
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
        assert len(last) == 1, words  # nothing was trained before
    assert not list(folder.glob("a.*"))


def test_a_width_needs_its_unit(folder, capsys):
    (folder / "spikes.csv").write_text("unit,time\na,0.01\nb,0.03\na,0.05\nb,0.05\n")
    reading = ("inspect", "spikes.csv", "--long", "unit", "time", "--clip", "--bin")
    assert "--bin 20: a unit is needed: 20ms or 20s" in call(capsys, *reading, "20")[2]
    for width in ("20ms", "0.02s"):
        assert "bins of 0.02 s" in call(capsys, *reading, width)[1]


def test_values_are_declared_with_their_numbers(folder, capsys):
    """As the message says that refuses two words in several spellings."""
    votes = np.where(independent_rows(6, 800, 6), "Yes", "no").astype(object)
    votes[::7, 0] = "NO"
    pd.DataFrame(votes).to_csv("votes.csv", index=False, header=[f"member {i}" for i in range(6)])
    code, _, said = call(capsys, "inspect", "votes.csv")
    (typed,) = re.findall(r"--values ((?:\w+=[01] ?)+)joins", said)
    assert (code, typed.split()) == (1, ["NO=0", "Yes=1", "no=0"])
    code, said, _ = call(capsys, "inspect", "votes.csv", "--values", *typed.split())
    assert "'Yes' is +1 (one), 'NO', 'no' is −1" in said
    code, said, _ = call(capsys, "inspect", "votes.csv", "--values", "no=0", "Yes=1", "NO=")
    assert (code, "missing: 115" in said) == (0, True)


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


def test_what_was_trained_before_a_signal_is_found_again(folder):
    """Ctrl-C after the first law: its model is not trained again."""
    np.save("spikes.npy", independent_rows(8, 3000, 30))
    words = [sys.executable, "-c", HEARS_SIGNALS, "analyse", "spikes.npy", "--epochs", "60"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}
    running = subprocess.Popen([*words, "--latents", "2", "--baselines"], **pipes)
    for line in running.stdout:
        if line.startswith("1 latent "):
            running.send_signal(signal.SIGINT)
            break
    said = running.communicate(timeout=60)[1].strip().splitlines()[-1]
    assert running.returncode == 130
    assert said.endswith("in spikes_mfvae: the same command goes on from there")
    model = folder / "spikes_mfvae" / "models" / "1_latent.pt"
    before = model.stat().st_mtime_ns
    done = subprocess.run([*words, "--latents", "2", "--baselines"], **pipes, timeout=120)
    assert done.returncode == 0
    assert "1 trained models were found" in done.stdout
    assert model.stat().st_mtime_ns == before


def test_options_are_named_as_they_are_typed(folder, capsys):
    """No message of the command says what a caller in Python would do."""
    gaps = np.where(independent_rows(1, 300, 4), 1.0, 0.0)
    gaps[0, 0] = np.nan
    np.save("gaps.npy", gaps)
    np.save("counts.npy", np.random.default_rng(0).integers(5, size=(300, 4)))
    np.save("turned.npy", independent_rows(1, 300, 4).T)
    np.save("many.npy", np.random.default_rng(0).normal(size=(300, 4)))
    pd.DataFrame({"a": ["yes", "no"] * 20, "b": ["no", "yes"] * 20}).to_csv("words.csv", index=False)
    for file, typed in (
        ("gaps.npy", "--missing allow"),
        ("counts.npy", "--clip makes"),
        ("turned.npy", "--axes 'rows sites'"),
        ("many.npy", "--site gaussian"),
        ("words.csv", "--values no yes"),
    ):
        code, _, said = call(capsys, "inspect", file)
        assert code == 1
        assert typed in said
        assert not re.search(r"\w=['\{]|=True", said)
    assert call(capsys, "inspect", "words.csv", "--values", "no", "yes")[0] == 0
    assert call(capsys, "inspect", "gaps.npy", "--missing", "allow")[0] == 0


def test_what_an_analysis_takes_is_said_before_and_on_the_way(folder, capsys):
    np.save("spikes.npy", independent_rows(6, 800, 10))
    _, said, _ = call(capsys, "analyse", "spikes.npy", *QUICK)
    lines = said.splitlines()
    estimate = next(i for i, line in enumerate(lines) if line.startswith("Training takes about "))
    ladder = next(i for i, line in enumerate(lines) if line.startswith("1 latent "))
    assert estimate < ladder
    assert " left)" in lines[ladder]


def test_the_configuration_of_the_workflow_is_printed_and_accepted(folder, capsys):
    frame = pd.DataFrame(independent_rows(9, 300, 4) * 2, columns=["a", "b", "c", "d"])
    frame.to_csv("Zählung 1.csv", index=False)
    words = ("config", "Zählung 1.csv", "--format", "csv", "--threshold", "0.5")
    code, said, _ = call(capsys, *words)
    assert code == 0
    block = yaml.safe_load(said)["datasets"]
    expected = {"file": "Zählung 1.csv", "reader": {"format": "csv"}, "threshold": 0.5}
    assert block == {"z_hlung_1": expected}
    DatasetSettings.model_validate(block["z_hlung_1"])
    assert "# 300 × 4" in said
    assert call(capsys, *words, "--name", "mine", "--out", "mine.yaml")[0] == 0
    assert yaml.safe_load((folder / "mine.yaml").read_text())["datasets"] == {"mine": expected}
    for refused in ("--groups 3", "--site gaussian", "--name Mine"):
        code, _, said = call(capsys, *words, *refused.split())
        assert (code, said.startswith(f"mfvae: {refused}: ")) == (1, True)
    _, said, _ = call(capsys, "config", "Zählung 1.csv", "--threshold", "0")
    assert yaml.safe_load(said)["datasets"]["z_hlung_1"]["threshold"] == 0
    np.save("codes.npy", np.where(independent_rows(9, 300, 4), 1, 6))
    _, said, _ = call(capsys, "config", "codes.npy", "--values", "6", "1", "--missing", "7", "no")
    block = yaml.safe_load(said)["datasets"]["codes"]
    assert (block["values"], block["missing"]) == ([6, 1], [7, "no"])


def test_where_there_is_no_clone_the_paper_is_not_made(folder, capsys, monkeypatch):
    monkeypatch.setattr("mfvae.__file__", str(folder / "site-packages" / "mfvae" / "__init__.py"))
    code, _, said = call(capsys, "paper", "--smoke")
    assert code == 1
    assert "git clone" in said


def test_imputing_asks_for_the_sites_of_the_model(folder, capsys):
    """Sites are found by name, whatever their order; values of others are not mixed up with them."""
    x = independent_rows(6, 400, 4)
    frame = pd.DataFrame(x * 1, columns=list("abcd"))
    frame.to_csv("whole.csv", index=False)
    assert call(capsys, "analyse", "whole.csv", *QUICK)[0] == 0
    gaps = frame[list("dcba")].astype(object)
    gaps.loc[0, "a"] = None
    gaps["other"] = np.arange(400) % 2
    gaps.to_csv("gaps.csv", index=False)
    out = ("--fit", "whole_mfvae", "--out", "filled.csv")
    code, said, _ = call(capsys, "impute", "gaps.csv", *out)
    assert (code, "1 sites of the file are not in the model" in said) == (0, True)
    filled = pd.read_csv("filled.csv")
    assert filled.columns.tolist() == list("abcd")
    assert np.array_equal(filled.to_numpy()[1:], x[1:])
    mean = x[:, 0].mean()
    assert abs(filled["a"][0] - mean) < 5 * np.sqrt(mean * (1 - mean) / 300)
    assert call(capsys, "impute", "gaps.csv", *out, "--draw")[0] == 0
    assert pd.read_csv("filled.csv")["a"][0] in {0, 1}
    turned = ("--values", "1", "0")
    code, _, said = call(capsys, "impute", "gaps.csv", *out, *turned)
    assert (code, "--values 1 0: the model reads 1 as plus" in said) == (1, True)
    gaps.drop(columns="b").to_csv("less.csv", index=False)
    code, _, said = call(capsys, "impute", "less.csv", *out)
    assert (code, "has no site 'b'" in said) == (1, True)
    code, _, said = call(capsys, "impute", "gaps.csv", "--fit", "nowhere", "--out", "filled.csv")
    assert (code, len(said.strip().splitlines())) == (1, 1)


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


def test_what_has_no_name_is_not_called_an_option(folder, capsys):
    for words, said_first in (
        (("potts",), "potts: one of"),
        (("curie_weiss", "N=20", "beta=cold"), "beta=cold: name=number"),
        (("curie_weiss", "N=20", "beta=1", "-n", "0"), "-n 0: 1 or more"),
    ):
        code, _, said = call(capsys, "sample", *words, "-o", "a.npz")
        assert (code, said.startswith(f"mfvae: {said_first}")) == (1, True)


def test_draws_of_any_law_are_compared_with_data(folder, capsys):
    """Other draws of the same law are as close as rows of the data are; independent sites are not."""
    for seed, name in ((0, "data"), (1, "draws")):
        words = ("sample", "curie_weiss", "N=20", "beta=1.3", "-n", "4000", "--seed", str(seed))
        assert call(capsys, *words, "-o", f"{name}.npy")[0] == 0
    np.save("others.npy", np.random.default_rng(0).permuted(np.load("draws.npy"), axis=0))
    ratio = {}
    for name in ("draws", "others"):
        code, said, _ = call(capsys, "compare", "data.npy", f"{name}.npy")
        line = next(line for line in said.splitlines() if line.startswith("Covariances"))
        model, rows = map(float, re.findall(r"by (\d\.\d+)", line))
        ratio[name] = model / rows
        assert code == 0
        assert said.startswith("Not faithful: at least") == (name == "others")
    assert ratio["draws"] < 3 < 10 < ratio["others"]
    np.save("fewer.npy", np.load("draws.npy")[:, 1:])
    code, _, said = call(capsys, "compare", "data.npy", "fewer.npy")
    assert (code, "the 20 spin sites of the data" in said) == (1, True)


def test_draws_need_neither_groups_nor_a_split(folder, capsys):
    frame = pd.DataFrame(independent_rows(3, 300, 4), columns=list("abcd")).astype(int)
    frame.assign(trial=np.arange(300) // 30).to_csv("data.csv", index=False)
    frame.to_csv("draws.csv", index=False)
    code, said, _ = call(capsys, "compare", "data.csv", "draws.csv", "--groups", "trial")
    assert (code, "Covariances of pairs" in said) == (0, True)
