"""Rows that choose the epoch of a training whose weights are kept: what is taken, and who uses it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import savemat

from mfvae.workflow.files.atomic import read_json
from mfvae.workflow.files.samples import Samples, read_samples
from tests.scripts.calls import assert_one_line, in_here, succeed

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


def test_a_share_of_the_rows_is_for_validation_where_it_is_asked_for(tmp_path, capsys):
    asked = ("--holdout", "random", "--validation", 0.1)
    split = prepared(tmp_path, ROWS, *asked).columns["split"]
    shares = {part: float((split == part).mean()) for part in ("train", "valid", "test")}
    assert shares == pytest.approx({"train": 0.8, "valid": 0.1, "test": 0.1}, abs=0.02)
    sizes = ", ".join(f"{part} {(split == part).sum()}" for part in ("train", "valid", "test"))
    assert f"rows: {sizes}" in capsys.readouterr().out


def test_validation_takes_whole_groups(tmp_path):
    samples = prepared(tmp_path, TRIALS, "--validation", 0.1)
    parts = [set(samples.groups[samples.in_split(part)]) for part in ("train", "valid", "test")]
    assert [len(part) for part in parts] == [24, 3, 3]
    assert len(set.union(*parts)) == 30


def test_without_being_asked_all_other_rows_are_for_training(tmp_path):
    assert not prepared(tmp_path, ROWS, "--holdout", "random").in_split("valid").any()


def test_tenths_of_groups_have_no_validation(tmp_path):
    np.save(tmp_path / "rows.npy", ROWS)
    ended = in_here(
        "data/prepare", "--files", tmp_path / "rows.npy", "--system", "small", "--point", "whole",
        "--seed", 1, "--holdout", "every_tenth_group", "--validation", 0.1,
        "--output", tmp_path / "samples.parquet",
    )  # fmt: skip
    assert_one_line(ended, "validation = 0.1", "every_tenth_group")


def test_a_training_uses_them(tmp_path):
    prepared(tmp_path, ROWS, "--validation", 0.1)
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
