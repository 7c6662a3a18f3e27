"""Every family of sites from a file to a page: a system whose law is known is planted and comes out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mfvae
from mfvae.analysis.command import main
from mfvae.analysis.directions import directions_of
from mfvae.data import load
from mfvae.sites import SITE_FAMILIES

SITES, ROWS, LETTERS = 16, 4000, "ACGT"
BETA = 2.5  # of three states, below the transition: beyond it one curved latent joins the three of them
QUICK = ("--latents", "2", "--epochs", "6")


def analysed(capsys, *words: str) -> str:
    """What ``mfvae analyse`` says."""
    assert main(("analyse", *words, *QUICK)) == 0
    return capsys.readouterr().out


def couplings(folder: Path) -> pd.DataFrame:
    table = pd.read_csv(folder / "couplings.csv")
    return table[table["way"] == "slope"]


def planted(name: str, beta: float) -> tuple[np.ndarray, float]:
    """Configurations of a system, and its coupling βJ."""
    system = mfvae.build(name, {"N": SITES, "beta": beta}, seed=0)
    return system.sample(ROWS, np.random.default_rng(0)), system.coupling


def check_couplings(found: pd.DataFrame, truth: float) -> None:
    """Within four standard errors and 3 % for what so short a training leaves; none at another β."""
    error = 4 * found["stderr"] + 0.03 * truth
    assert len(found) == 2
    assert (abs(found["value"] - truth) < error).all()
    assert not (abs(found["value"] - 1.2 * truth) < error).any()  # a twin


def test_sequences_have_patterns_over_letters(tmp_path, monkeypatch, capsys):
    """A file needs no option; states are letters in the patterns and on the page."""
    monkeypatch.chdir(tmp_path)
    states, _ = planted("curie_weiss_potts3", BETA)
    rows = ("".join(row) for row in np.array(list("AC-"))[states])
    Path("family.fasta").write_text("".join(f">s{i}\n{row}\n" for i, row in enumerate(rows)))
    assert main(("inspect", "family.fasta")) == 0
    assert f"{ROWS} rows of {SITES} sites" in capsys.readouterr().out
    said = analysed(capsys, "family.fasta")
    assert "Two latents describe" in said
    out = tmp_path / "family_mfvae"
    table = pd.read_csv(out / "patterns.csv")
    assert table["state"].tolist()[:5] == ["A", "C", "G", "T", "-"]
    sums = table.groupby("site")[["pattern_1", "pattern_2"]].sum()
    np.testing.assert_allclose(sums, 0, atol=1e-4)  # of a site's states, as of the corners of a simplex
    page = (out / "report.html").read_text()
    assert "of potts5 neither was tried" in page
    assert "Letters above 0 become more likely together" in page


@pytest.mark.parametrize(
    ("site", "system", "beta", "axes"),
    [("potts", "curie_weiss_potts3", BETA, "rows sites"),
     ("vector", "mean_field_xy", 2.5, "rows sites components")],
)  # fmt: skip
def test_planted_couplings_come_out(site, system, beta, axes, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    x, coupling = planted(system, beta)
    np.save("planted.npy", x)
    said = analysed(capsys, "planted.npy", "--site", site, "--axes", axes)
    assert "Two latents describe" in said
    check_couplings(couplings(tmp_path / "planted_mfvae"), coupling)
    assert "data:image/png" in (tmp_path / "planted_mfvae" / "report.html").read_text()


def test_counts_that_share_a_rate_have_one_pattern(tmp_path, monkeypatch, capsys):
    """log rate = ½ + 0.6 ξ_i z: the pattern is ξ up to sign, its scale is set to 1."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    pattern = np.where(np.arange(SITES) % 2, 1.0, -1.0)
    x = rng.poisson(np.exp(0.5 + 0.6 * rng.normal(size=(ROWS, 1)) * pattern))
    np.save("counted.npy", x)
    said = analysed(capsys, "counted.npy", "--site", "count")
    assert "One latent describes" in said
    assert "law of single sites" in said  # counts vary more than Poisson's where columns are shuffled
    table = pd.read_csv(tmp_path / "counted_mfvae" / "patterns.csv")
    overlap = abs(np.corrcoef(table["pattern_1"], pattern)[0, 1])
    assert overlap > 0.98
    assert (tmp_path / "counted_mfvae" / "report.html").is_file()


def test_twin_states_that_share_nothing_have_no_pattern():
    x = np.array(list(LETTERS))[np.random.default_rng(0).integers(4, size=(1500, 8))]
    fit = mfvae.fit(load(x, site="potts"), latents=1, epochs=2)
    assert fit.latents == 0
    assert "as it should be" in fit.diagnose().summary()
    bias = fit.decode().patterns["bias"]
    assert bias.index.names == ["site", "state"]
    share = np.exp(bias["0"] - np.logaddexp.reduce(bias["0"]))
    np.testing.assert_allclose(share, 0.25, atol=5 * np.sqrt(0.25 * 0.75 / 1000))


def test_fields_are_listed_by_state():
    """V_a·V_b = (q δ_ab − 1)/(q − 1): a field along one corner favours that state."""
    letters = np.array(list(LETTERS))[np.random.default_rng(0).integers(4, size=(40, 3))]
    data = load(letters, site="potts")
    family = SITE_FAMILIES[data.site]
    found = directions_of(data, family)
    fields = np.tile(family.corners[2], 3)
    np.testing.assert_allclose(found.of(fields).reshape(3, 4), [[-1 / 3, -1 / 3, 1, -1 / 3]] * 3)


def test_the_workflow_is_told_of_states_and_refuses_vectors(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = ["".join(row) for row in np.random.default_rng(0).choice(list("ACG-"), size=(60, 4))]
    Path("family.fasta").write_text("".join(f">s{i}\n{row}\n" for i, row in enumerate(rows)))
    assert main(("config", "family.fasta")) == 0
    assert "site: potts5" in capsys.readouterr().out
    np.save("angles.npy", np.random.default_rng(0).random((60, 4)))
    assert main(("config", "angles.npy", "--site", "vector")) == 1
    assert "spin and potts alone are possible in the workflow" in capsys.readouterr().err


def test_letters_that_are_missing_are_filled_with_letters(tmp_path, monkeypatch, capsys):
    """Two words of six letters, each of which a row copies; a tenth was not read."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    whole = np.array([list("ACCGTA"), list("GTACCG")])[rng.integers(2, size=400)]
    gaps = rng.random(whole.shape) < 0.1
    pd.DataFrame(np.where(gaps, "", whole), columns=list("uvwxyz")).to_csv("words.csv", index=False)
    reading = ("words.csv", "--site", "potts", "--missing", "allow")
    analysed(capsys, *reading, "--epochs", "3", "--latents", "1")
    assert main(("impute", *reading, "--fit", "words_mfvae", "--out", "filled.csv")) == 0
    assert "the most probable states in gaps" in capsys.readouterr().out
    filled = pd.read_csv("filled.csv").to_numpy()
    assert np.array_equal(filled[~gaps], whole[~gaps])
    right = (filled == whole)[gaps]
    assert right.mean() > 0.5 + 5 * np.sqrt(0.25 / len(right))  # a coin for each of the two words
    turned = ("--values", "T", "G", "C", "A")
    assert main(("impute", *reading, *turned, "--fit", "words_mfvae", "--out", "filled.csv")) == 1
    assert "as states" in capsys.readouterr().err
