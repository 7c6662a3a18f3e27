"""Four ways in, each by the command itself: an array, a recording, a table with gaps, and the paper.

The data have a theory that is known, and it has to come out.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pynwb
import pytest

import mfvae
from mfvae.compare.pattern_matching import match_patterns
from tests.helpers.data_files import write_matlab_73
from tests.helpers.paths import ROOT

COMMAND = (sys.executable, "-m", "mfvae.analysis.command")
BIN_S = 0.02


def call(folder: Path, *words: str, code: int = 0) -> str:
    """What the command prints; its environment has neither a home nor local data."""
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [*COMMAND, *words], cwd=folder, env=kept, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout if not code else done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    here = tmp_path / "Größe und mehr"
    here.mkdir()
    return here


def curie_weiss(rows: int) -> np.ndarray:
    """0 and 1, uint8 (rows, 16), below the critical temperature."""
    system = mfvae.build("curie_weiss", {"N": 16, "beta": 1.4}, seed=0)
    return ((system.sample(rows, np.random.default_rng(0)) + 1) // 2).astype(np.uint8)


def pattern(folder: Path) -> np.ndarray:
    """The one pattern that was found."""
    table = pd.read_csv(folder / "patterns.csv")
    assert [name for name in table if name.startswith("pattern_")] == ["pattern_1"]
    return table["pattern_1"].to_numpy()


def test_four_patterns_go_in_as_an_array_and_come_out(folder):
    """The ladder ends with the fifth latent, which does not help."""
    system = mfvae.build("hopfield", {"N": 56, "p": 4, "beta": 1.1}, seed=3)
    np.save(folder / "states.npy", system.sample(8000, np.random.default_rng(0)))
    said = call(folder, "analyse", "states.npy", "--baselines")
    assert "4 latents describe held-out rows better" in said
    assert "4 ±1 patterns" in said
    table = pd.read_csv(folder / "states_mfvae" / "patterns.csv")
    found = table.filter(like="pattern_").to_numpy()
    assert match_patterns(found, system.patterns)[1].min() > 0.99
    couplings = pd.read_csv(folder / "states_mfvae" / "couplings.csv")
    assert couplings["value"].sub(1.1).abs().max() < 0.2


def test_a_recording_goes_in_as_matlab_73(folder):
    write_matlab_73(folder / "spikes.mat", {"spikes": curie_weiss(1200)})
    said = call(folder, "analyse", "spikes.mat", "--latents", "2", "--epochs", "4", "--baselines")
    assert "1200 rows of 16 sites" in said
    assert "One latent describes" in said
    assert set(pattern(folder / "spikes_mfvae")) == {1.0}


def test_a_recording_goes_in_as_nwb(folder):
    """Spike times become bins; trials are groups, which are held out whole."""
    x = curie_weiss(1200)
    content = pynwb.NWBFile("a test", "test", datetime(2026, 1, 1, tzinfo=UTC))
    for unit in x.T:
        content.add_unit(spike_times=(np.flatnonzero(unit) + 0.5) * BIN_S)
    for trial in range(24):
        content.add_trial(start_time=trial * 50 * BIN_S, stop_time=(trial + 1) * 50 * BIN_S)
    with pynwb.NWBHDF5IO(folder / "night 1.nwb", "w") as file:
        file.write(content)
    words = ("night 1.nwb", "--bin", "20ms", "--groups", "trials")
    said = call(folder, "analyse", *words, "--latents", "2", "--epochs", "4", "--baselines")
    assert "groups: 24" in said
    assert "held out by group" in said
    assert "One latent describes" in said
    assert set(pattern(folder / "night 1_mfvae")) == {1.0}


def test_a_table_with_gaps_goes_in_and_is_filled(folder):
    """Votes as text; a third have a sign of their own, and a fifth was not cast."""
    votes = curie_weiss(1500)
    sign = np.where(np.arange(16) % 3 == 0, -1, 1)
    votes[:, sign < 0] = 1 - votes[:, sign < 0]
    gaps = np.random.default_rng(1).random(votes.shape) < 0.2
    cast = np.where(gaps, "", np.where(votes > 0, "yea", "nay"))
    names = [f"sénatrice {i}" for i in range(16)]
    pd.DataFrame(cast, columns=names).to_csv(folder / "votes.csv", index=False)
    reading = ("--values", "nay", "yea")
    refused = call(folder, "analyse", "votes.csv", *reading, code=1).splitlines()
    assert len(refused) == 1
    assert "--missing allow" in refused[0]

    reading += ("--missing", "allow")
    said = call(folder, "analyse", "votes.csv", *reading, "--epochs", "4", "--latents", "2")
    assert "of the entries were not observed" in said
    assert "1 ±1 pattern" in said
    found = pattern(folder / "votes_mfvae")
    assert np.array_equal(found * found[1], sign * sign[1])

    said = call(folder, "impute", "votes.csv", *reading, "--fit", "votes_mfvae", "--out", "filled.csv")
    assert f"{gaps.sum()} filled" in said
    filled = pd.read_csv(folder / "filled.csv")
    assert filled.columns.tolist() == names
    values = filled.to_numpy()
    assert np.array_equal(values[~gaps], votes[~gaps])
    scores = np.log(np.where(votes > 0, values, 1 - values))[gaps]
    gain = scores + np.log(2)  # over a coin, which is all that the means of sites say
    assert gain.mean() > 5 * gain.std() / np.sqrt(len(gain))


def test_the_paper_is_planned_in_a_clone():
    said = call(ROOT, "paper", "--smoke", "--dry-run", "--cores", "1")
    assert "snakemake --cores 1 --configfile config/smoke.yaml --dry-run" in said
    assert "draw_figure" in said
