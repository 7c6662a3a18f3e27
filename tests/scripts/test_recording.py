"""A recording from its file to its tables: what is held out, measured and refused."""

from __future__ import annotations

import pandas as pd
import pytest

from mfvae.recordings import LOCAL_FILE_VARIABLE
from mfvae.samples import read_samples
from tests.scripts.calls import assert_one_line, in_here
from tests.statistics import FACTOR


def test_words_of_a_recording_are_held_out_by_repeats(recording):
    samples = read_samples(recording.path("samples.parquet"), "retina")
    assert samples.configurations.shape == (480, 6)
    held_out = samples.columns[samples.columns["split"] == "test"]
    assert sorted(set(held_out["repeat"])) == [0, 10]
    assert len(held_out) == 80


def test_a_population_has_its_tables(recording):
    counts = pd.read_csv(recording.path("counts.csv"))
    assert set(counts["source"]) == {"data", "independent", "model"}
    assert counts.groupby("source")["probability"].sum().to_numpy() == pytest.approx(1)
    assert len(pd.read_csv(recording.path("correlations.csv"))) == 15
    plane = pd.read_csv(recording.path("plane.csv"))
    assert list(plane) == ["z_1", "z_2", "spike_count"]
    assert len(plane) == 80


def test_a_population_has_its_metrics(recording):
    found = recording.metrics("statistics", "capacity")
    assert found["distinct_words"].value <= 64
    assert found["elbo/p_silence"].reference == found["p_silence"].value
    slack = found["elbo/model_bound_slack"]
    assert slack.value >= -FACTOR * slack.stderr  # the capacity bound, for the model's own draws


def test_what_the_recording_asks_of_the_channel_is_the_worst_lower_bound_less_the_rate(recording):
    found = recording.metrics("information", "capacity")
    worst = max(metric.value for name, metric in found.items() if name.startswith("bipartite_mi_"))
    deficit = found["elbo/capacity_deficit"]
    assert deficit.value == pytest.approx(worst - found["elbo/rate"].value, abs=1e-9)
    assert found["elbo/faithful"].value == (-1 if deficit.value > 3 * deficit.stderr else 0)
    information, rate = found["elbo/encoder_information_lower_bound"], found["elbo/rate"]
    assert information.value - rate.value <= FACTOR * (information.stderr + rate.stderr)


# -- bad input -------------------------------------------------------------------------------------
@pytest.mark.parametrize("script", ["population_statistics", "measure_recording_capacity"])
def test_files_of_something_else_are_refused(copy_of, recording, script):
    inputs = copy_of(recording)
    samples, model = inputs.other / "samples.parquet", inputs.other / "models/elbo.pt"
    inputs.refused(script, samples, "'hopfield'", "'retina'", samples=samples)
    inputs.refused(script, model, "'hopfield'", "'retina'", model=model)
    inputs.refused(script, inputs.truncate("models/elbo.pt"))


def test_metrics_without_information_are_refused(copy_of, recording):
    inputs, script = copy_of(recording), "measure_recording_capacity"
    inputs.refused(script, "bipartite_mi_", information=inputs.path("statistics.json"))
    inputs.refused(script, inputs.path("absent"), information=inputs.path("absent"))


def test_recordings_that_are_not_what_they_should_be_are_refused(tmp_path, recording):
    original, output = recording.path("original.mat"), ["--output", tmp_path / "out"]
    wrong = ["--sha256", "0" * 64]
    assert_one_line(in_here("obtain_recording", "--file", original, *wrong, *output), original, "0" * 64)
    assert_one_line(in_here("obtain_recording", *wrong, *output), LOCAL_FILE_VARIABLE)
    about = ["--system", "retina", "--seed", 1]
    too_many = ["--recording", original, "--point", "repeats~13"]
    assert_one_line(in_here("cut_words", *about, *too_many, *output), "repeats = 13", "12")
    damaged = tmp_path / "damaged.mat"
    damaged.write_bytes(original.read_bytes()[:100])
    options = ["--recording", damaged, "--point", "repeats~12"]
    assert_one_line(in_here("cut_words", *about, *options, *output), damaged)
    assert [path.name for path in tmp_path.iterdir()] == ["damaged.mat"]
