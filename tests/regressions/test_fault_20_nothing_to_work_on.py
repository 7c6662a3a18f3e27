"""Empty recordings, too small numbers and incomplete expectations ended in tracebacks."""

from __future__ import annotations

import runpy
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from mfvae.data.loader import load
from mfvae.errors import InputError
from mfvae.model.vae import VAEConfig
from mfvae.studies.box_energies.clusters import ClusterConfig
from mfvae.studies.box_energies.wavefunction import BoxConfig
from mfvae.training.config import TrainingConfig
from mfvae.workflow.cli import AtLeast, options_of
from mfvae.workflow.reproduce.expected import COLUMNS, read_expected
from tests.scripts.calls import assert_one_line, in_here

SCRIPTS = Path(__file__).parents[2] / "scripts"
CONFIGURATIONS = (VAEConfig, TrainingConfig, BoxConfig, ClusterConfig)
CHECKED = {each.name for config in CONFIGURATIONS for each in fields(config)}  # by the configuration


@pytest.mark.parametrize("shape", [(0, 3, 9), (4, 0, 9), (4, 3, 0)])
def test_a_recording_of_nothing_is_refused(tmp_path, shape):
    savemat(tmp_path / "empty.mat", {"bint": np.zeros(shape, dtype=np.uint8)})
    with pytest.raises(InputError, match=f"may be empty, found {' × '.join(map(str, shape))}"):
        load(tmp_path / "empty.mat", axes="groups sites rows")


@pytest.mark.parametrize("number", [1, 0, -5])
def test_too_few_samples_are_refused(tmp_path, number):
    about = ["--system", "hopfield", "--point", "N~8/p~1/beta~1.0", "--seed", 1]
    files = ["--output", tmp_path / "a.parquet", "--facts", tmp_path / "a.json"]
    result = in_here("data/draw", *about, "--n-samples", number, *files)
    assert_one_line(result, f"n_samples = {number}", "at least 2")
    assert not list(tmp_path.iterdir())


def test_every_number_of_things_has_a_least_value():
    found = 0
    for script in SCRIPTS.rglob("*.py"):
        for option in options_of(runpy.run_path(str(script))["main"]):
            if option.kind is int and option.name not in {"seed", *CHECKED}:
                assert any(isinstance(note, AtLeast) for note in option.notes), (script, option.name)
                found += 1
    assert found > 20


@pytest.mark.parametrize(
    ("content", "missing"),
    [
        ("dataset,quantity,value\ncw,kl,1.0\n", "the columns dataset, point, model"),
        (f"{','.join(COLUMNS)}\ncw,N~64,,,,,,kl,1.0,0.1,\n", "reason"),
        (f"{','.join(COLUMNS)}\ncw,N~64,,,,,,kl,,0.1,exact\n", "line 2"),
    ],
)
def test_expectations_lacking_something_are_refused(tmp_path, content, missing):
    path = tmp_path / "expected.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=rf"file = .*expected.csv'?: .*{missing}"):
        read_expected(path)
