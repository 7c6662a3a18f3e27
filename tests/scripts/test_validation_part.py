"""The part of few training rows that tells when a training stops: what is taken, and who uses it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import savemat

from mfvae.workflow.files.atomic import read_json
from mfvae.workflow.files.samples import Samples, read_samples
from tests.scripts.calls import succeed

RNG = np.random.default_rng(0)
ROWS = (RNG.random((400, 6)) < 0.4).astype(np.uint8)
TRIALS = (RNG.random((30, 6, 8)) < 0.4).astype(np.uint8)  # trials × sites × bins


def prepared(folder, data: np.ndarray, *options) -> Samples:
    if data.ndim == 2:
        np.save(folder / "data.npy", data)
    else:
        savemat(folder / "data.mat", {"bint": data})
    (path,) = folder.glob("data.*")
    output = folder / "samples.parquet"
    about = ("--system", "small", "--point", "whole", "--seed", 1, "--output", output)
    succeed("data/prepare", "--files", path, *about, *options)
    return read_samples(output)


def test_a_tenth_of_few_rows_is_for_validation(tmp_path, capsys):
    split = prepared(tmp_path, ROWS, "--holdout", "random").columns["split"]
    shares = {part: float((split == part).mean()) for part in ("train", "valid", "test")}
    assert shares == pytest.approx({"train": 0.81, "valid": 0.09, "test": 0.1}, abs=0.02)
    assert "validation: 36 of 360 training rows, in whole blocks" in capsys.readouterr().out


def test_validation_takes_whole_groups(tmp_path, capsys):
    samples = prepared(tmp_path, TRIALS)
    parts = [set(samples.groups[samples.in_split(part)]) for part in ("train", "valid", "test")]
    assert [len(part) for part in parts] == [24, 3, 3]
    assert len(set.union(*parts)) == 30
    assert "validation: 24 of 216 training rows, in whole groups" in capsys.readouterr().out


@pytest.mark.parametrize("few", ["rule", "groups"])
def test_tenths_of_groups_and_very_few_groups_stay_as_they_are(tmp_path, capsys, few):
    data, options = (TRIALS, ("--holdout", "every_tenth_group")) if few == "rule" else (TRIALS[:9], ())
    assert not prepared(tmp_path, data, *options).in_split("valid").any()
    assert "validation" not in capsys.readouterr().out


def test_many_rows_stay_as_they_are(tmp_path):
    rows = (RNG.random((22_300, 2)) < 0.4).astype(np.uint8)
    assert not prepared(tmp_path, rows, "--holdout", "random").in_split("valid").any()
    (tmp_path / "data.npy").unlink()
    assert prepared(tmp_path, rows[:22_000], "--holdout", "random").in_split("valid").any()


def test_a_training_uses_them(tmp_path):
    prepared(tmp_path, ROWS)
    output = tmp_path / "model.pt"
    succeed(
        "train/vae", "--samples", tmp_path / "samples.parquet", "--system", "small", "--seed", 1,
        "--output", output, "--cost", tmp_path / "cost.tsv", "--latent-dim", 1, "--epochs", 3,
        "--batch-size", 64, "--patience", 2,
    )  # fmt: skip
    record = read_json(output.with_suffix(".json"))
    assert record["training"]["patience"] == 2
    assert {"train", "validation", "test"} <= set(record["history"][0])
    assert len(record["kept_epochs"]) == 1
