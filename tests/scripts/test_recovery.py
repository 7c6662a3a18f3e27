"""studies/recovery.py: metrics beside the limit, a table with its curve, bad input."""

from __future__ import annotations

import pandas as pd
import pytest

from mfvae.studies.pattern_recovery import bbp_overlap_squared, measure, sign_overlap_squared
from mfvae.workflow.metrics import read_metrics
from tests.helpers.metrics import name_of
from tests.scripts.calls import assert_one_line, in_here, succeed

SEED, COUNTS = 3, (10, 40)
RIGHT = {"n_sites": 20, "beta": 0.7, "replicates": 2, "seed": SEED}


def options(folder, **changes) -> list:
    chosen = RIGHT | changes
    words = [w for key, value in chosen.items() for w in (f"--{key.replace('_', '-')}", value)]
    if "n_samples" not in chosen:
        words += ["--n-samples", *COUNTS]
    return [*words, "--table", folder / "out.csv", "--output", folder / "out.json"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recovery")
    succeed("studies/recovery", *options(folder))
    return folder


def test_metrics_are_those_of_the_library_beside_the_limit(folder):
    metrics = {name_of(metric): metric for metric in read_metrics([folder / "out.json"])}
    assert len(metrics) == 6 * len(COUNTS)
    for count in COUNTS:
        prefix = f"pattern_recovery/N=20/beta=0.7/B={count}/overlap_squared_"
        limit = bbp_overlap_squared(0.7, count / 20)
        for row in measure(20, 0.7, count, 2, SEED).itertuples():
            suffix = {"real": "", "sign": "_sign"}[row.reading]
            metric = metrics[f"{prefix}{row.method}{suffix}"]
            assert (metric.value, metric.stderr) == (row.overlap_squared, row.stderr)
            assert metric.kind == {"vae": "trained", "pca": "statistical"}[row.method]
            assert metric.reference == (sign_overlap_squared(limit) if suffix else limit)
            assert "Baik" in metric.reference_source
            paired = metrics[f"{prefix}vae_minus_pca{suffix}"]
            assert (paired.value, paired.stderr) == (row.difference, row.difference_stderr)


def test_the_table_holds_every_measurement_and_the_limit_beyond_both_ends(folder):
    table = pd.read_csv(folder / "out.csv")
    measured = table[table["method"] != "limit"]
    assert len(measured) == 4 * len(COUNTS)
    curve = table[(table["method"] == "limit") & (table["reading"] == "real")]
    assert curve["B"].min() < min(COUNTS) < max(COUNTS) < curve["B"].max()
    for row in curve.itertuples():
        assert row.overlap_squared == pytest.approx(bbp_overlap_squared(0.7, row.B / 20))


def test_its_table_is_a_figure(folder, tmp_path):
    inputs = ["--inputs", folder / "out.csv", "--prefix", tmp_path / "figure"]
    succeed("figures/draw", "--kind", "recovery", *inputs)
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"beta": 1.0}, ("beta = 1.0", "between 0 and 1")),
        ({"n_samples": 9}, ("n_samples = 9", "≥ 10")),
        ({"replicates": 1}, ("replicates = 1", "≥ 2")),
        ({"n_sites": 7}, ("N = 7", "even")),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(change, words, tmp_path):
    assert_one_line(in_here("studies/recovery", *options(tmp_path, **change)), *words)
    assert list(tmp_path.iterdir()) == []
