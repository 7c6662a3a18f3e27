"""Data with gaps, from a file to their tables: everything is of what was observed alone."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import read_metrics
from tests.helpers.statistics import FACTOR
from tests.scripts.calls import assert_one_line, in_here, succeed

ABOUT = ["--system", "votes", "--point", "whole", "--seed", 1]
READING = json.dumps({"values": [6, 1], "missing": [9]})
NETWORK = ["--encoder-hidden", 8, "--decoder-hidden", 8, "--batch-size", 50]
EXACT = ["--objective", "exact", "--latent-draws", 64, "--start", "data", "--epochs", 10, "--warmup", 0]


@pytest.fixture(scope="module")
def votes(tmp_path_factory):
    """Two camps of six senators who vote against each other, nine in ten times; a fifth is absent."""
    folder = tmp_path_factory.mktemp("votes")
    rng = np.random.default_rng(1)
    side = rng.choice([-1, 1], size=(600, 1)) * np.repeat([1, -1], 6)
    vote = np.where(side * np.where(rng.random(side.shape) < 0.9, 1, -1) > 0, 1, 6)
    vote[rng.random(vote.shape) < 0.2] = 9
    pd.DataFrame(vote, columns=[f"senator {k}" for k in range(12)]).to_csv(folder / "v.csv", index=False)
    succeed(
        "data/prepare", "--files", folder / "v.csv", *ABOUT, "--reading", READING,
        "--output", folder / "samples.parquet",
    )  # fmt: skip
    succeed(
        "train/vae", "--samples", folder / "samples.parquet", "--system", "votes", "--name", "d1",
        "--seed", 1, "--latent-dim", 1, *NETWORK, *EXACT, "--output", folder / "d1.pt",
        "--cost", folder / "d1.cost.tsv",
    )  # fmt: skip
    return folder


def test_gaps_are_kept_and_nothing_stands_in_them(votes):
    samples, table = read_samples(votes / "samples.parquet"), pd.read_csv(votes / "v.csv")
    np.testing.assert_array_equal(samples.observed, table.to_numpy() != 9)
    yea = np.where(table.to_numpy() == 1, 1, -1)
    np.testing.assert_array_equal(samples.configurations[samples.observed], yea[samples.observed])


def test_a_model_of_votes_is_measured_on_what_was_observed(votes):
    samples = ["--samples", votes / "samples.parquet"]
    model = ["--name", "d1", "--model", votes / "d1.pt"]
    succeed("measure/information", *ABOUT, *samples, "--output", votes / "information.json")
    succeed(
        "measure/capacity", *ABOUT, *model, *samples, "--n-test", 50, "--information",
        votes / "information.json", "--output", votes / "capacity.json", "--repeats", votes / "d1.csv",
    )  # fmt: skip
    succeed(
        "train/baseline", *ABOUT, *samples, "--name", "alone", "--kind", "independent", "--n-words", 10,
        "--words", votes / "words.parquet", "--repeats", votes / "alone.csv",
        "--cost", votes / "alone.tsv", "--output", votes / "alone.json",
    )  # fmt: skip
    metrics = read_metrics([votes / "capacity.json", votes / "alone.json"])
    found = {f"{metric.model}/{metric.quantity}": metric for metric in metrics}
    alone = found["alone/negative_log_likelihood"]
    assert found["d1/independent_negative_log_likelihood"].value == pytest.approx(alone.value)
    samples = read_samples(votes / "samples.parquet")
    seen = samples.observed_in("test")
    agreed = samples.split("test") * np.repeat([1, -1], 6) > 0  # with the first camp's side
    with_it, against = (np.where(agreed == on, np.log(0.9), np.log(0.1)) * seen for on in (True, False))
    true = np.log(2) - np.logaddexp(with_it.sum(1), against.sum(1))
    lost = found["d1/negative_log_likelihood"].value - true.mean()
    stderr = np.std(true - np.log(2) * seen.sum(1)) / np.sqrt(len(true))
    assert -FACTOR * stderr < lost < 0.4 + FACTOR * stderr  # of the 2.5 nats that the camps are worth
    assert alone.value - found["d1/negative_log_likelihood"].value > 1.5


def test_the_decoder_has_one_pattern_of_two_camps(votes):
    decoded = ["--patterns", "real", "--n-test", 60, "--output", votes / "decoded.json"]
    succeed(
        "decode/decode", *ABOUT, "--name", "d1", "--model", votes / "d1.pt",
        "--samples", votes / "samples.parquet", *decoded, "--spectrum", votes / "spectrum.csv",
        "--pattern-table", votes / "patterns.csv",
    )  # fmt: skip
    record = json.loads((votes / "decoded.json").read_text())
    gain = record["gain_over_independent"]
    assert gain["value"] > 3 * gain["stderr"]
    pattern = pd.read_csv(votes / "patterns.csv")["value"].to_numpy()
    assert len(set(np.sign(pattern[:6]))) == len(set(np.sign(pattern[6:]))) == 1
    assert np.sign(pattern[0]) != np.sign(pattern[6])


@pytest.mark.parametrize("kind", ["chow_liu", "mixture"])
def test_laws_of_whole_rows_are_refused(votes, tmp_path, kind):
    options = ["--components", 2] if kind == "mixture" else []
    ended = in_here(
        "train/baseline", *ABOUT, "--samples", votes / "samples.parquet", "--name", "law",
        "--kind", kind, *options, "--n-words", 10, "--words", tmp_path / "w",
        "--repeats", tmp_path / "r",
        "--cost", tmp_path / "c", "--output", tmp_path / "o",
    )  # fmt: skip
    assert_one_line(ended, "missing = ", kind, "observed whole")
    assert not list(tmp_path.iterdir())


def test_statistics_of_whole_words_are_refused(votes, tmp_path):
    ended = in_here(
        "measure/population", *ABOUT, "--words", votes / "samples.parquet", "--name", "data",
        "--triplets", 5, "--output", tmp_path / "p.csv",
    )  # fmt: skip
    assert_one_line(ended, "missing = ", "whole words")


@pytest.mark.parametrize("reading", ["{", "[1]", '{"colour": 1}'])
def test_options_that_load_has_not_are_refused(votes, tmp_path, reading):
    ended = in_here(
        "data/prepare", "--files", votes / "v.csv", *ABOUT, "--reading", reading,
        "--output", tmp_path / "s",
    )  # fmt: skip
    assert_one_line(ended, "reading = ")
