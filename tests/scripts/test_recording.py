"""A recording from its file to its tables: what is held out, measured and refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.io import loadmat, savemat

from mfvae.latent.lattice import LatentLattice
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import read_metrics
from tests.helpers.paths import LOCAL_FILE_VARIABLE
from tests.helpers.statistics import FACTOR
from tests.scripts.calls import assert_one_line, in_here
from tests.scripts.chain import AS_REPEATS, N_GENERATED
from tests.scripts.conftest import BASELINES


def test_words_of_a_recording_are_held_out_by_repeats(recording):
    samples = read_samples(recording.path("samples.parquet"), "retina")
    assert samples.configurations.shape == (480, 6)
    held_out = samples.columns["repeat"][samples.in_split("test")]
    assert sorted(set(held_out)) == [0, 10]
    assert len(held_out) == 80


def test_a_population_has_its_tables(recording):
    tables = {path.stem: pd.read_csv(path) for path in recording.path("population").glob("*.csv")}
    assert set(tables) == {"data", "elbo", *BASELINES}
    sizes = {"rate": 6, "correlation": 15, "triplet_covariance": 10, "count_probability": 7}
    for name, table in tables.items():
        assert set(table["model"]) == {name}
        found = table["quantity"].value_counts()
        assert found[list(sizes)].to_dict() == sizes
        law = table.loc[table["quantity"] == "count_probability", "value"]
        assert law.sum() == pytest.approx(1)
    words = read_samples(recording.path("samples.parquet")).configurations
    rates = tables["data"].loc[tables["data"]["quantity"] == "rate", "value"]
    assert rates.to_numpy() == pytest.approx((words > 0).mean(0))


def test_latents_are_posterior_means_in_a_plane_and_along_the_movie(recording):
    plane = pd.read_csv(recording.path("plane.csv"))
    assert list(plane) == ["z_1", "z_2", "spike_count"]
    assert len(plane) == 80
    table, samples = (
        pd.read_csv(recording.path("raster.csv")),
        read_samples(recording.path("samples.parquet")),
    )
    first = samples.columns["repeat"] == 0
    spikes = table[table["quantity"] == "spike"]
    assert len(spikes) == (samples.configurations[first] > 0).sum()
    latent = table[table["quantity"] == "latent"]
    assert latent.groupby("index")["bin"].apply(list).tolist() == [list(range(40))] * 2
    model = load_model(recording.path("models/elbo.pt"))
    lattice = LatentLattice(model, 2)
    statistic = torch.from_numpy(model.family.statistic(samples.configurations))
    mean = np.concatenate([(b.softmax(1) @ lattice.nodes).numpy() for b in lattice.log_joint(statistic)])
    of_repeats = mean.reshape(12, 40, 2)
    for k, rows in latent.groupby("index"):
        assert rows["single"].to_numpy() == pytest.approx(of_repeats[0, :, int(k) - 1], abs=0.02)
        assert rows["value"].to_numpy() == pytest.approx(of_repeats[:, :, int(k) - 1].mean(0), abs=0.02)


def test_a_population_has_its_metrics(recording):
    found = recording.metrics("statistics", "capacity")
    assert found["distinct_words"].value <= 64
    assert found["elbo/p_silence"].reference == found["p_silence"].value
    assert -1 <= found["rbm_h2/correlation_of_correlations"].value <= 1
    assert found["mixture_c2/p_k_total_variation"].value < 0.1  # data of two states, N = 6
    assert found["independent/p_k_total_variation"].value > found["mixture_c2/p_k_total_variation"].value
    slack = found["elbo/model_bound_slack"]
    assert slack.value >= -FACTOR * slack.stderr  # the capacity bound, for the model's own draws
    assert found["elbo/n_parameters"].value == 8 * 3 + 6 * 9  # of the decoder


def test_baselines_are_scored_on_the_held_out_repeats(recording):
    found = recording.metrics("capacity", *(f"baselines/{name}" for name in BASELINES))
    independent = found["independent/negative_log_likelihood"]
    same = found["elbo/independent_negative_log_likelihood"]
    assert (independent.value, independent.stderr) == pytest.approx((same.value, same.stderr))
    for name in BASELINES:
        repeats = pd.read_csv(recording.path(f"baselines/{name}.repeats.csv"))
        assert repeats["repeat"].tolist() == [0, 10]
        nats = found[f"{name}/negative_log_likelihood"]
        assert nats.value == pytest.approx(repeats["nats"].mean())
        assert nats.stderr == pytest.approx(repeats["nats"].sem())
        drawn = read_samples(recording.path(f"words/{name}.parquet"), "retina", recording.point)
        assert drawn.configurations.shape == (N_GENERATED, 6)
    assert found["pairwise/n_parameters"].value == 21
    assert 0 < found["pairwise/log_partition_error"].value < 0.1
    for name in ("chow_liu", "quadratic_k2", "rbm_h2"):
        assert found[f"{name}/log_partition_error"].value == 0


def test_all_models_are_in_one_table_with_the_best_first(recording):
    table = pd.read_csv(recording.path("table_of_models.csv"))
    assert set(table["model"]) == {"elbo", *BASELINES}
    assert table["held-out nats"].is_monotonic_increasing
    found = recording.metrics("capacity", "statistics")
    own = table.set_index("model").loc["elbo"]
    assert own["held-out nats"] == found["elbo/negative_log_likelihood"].value
    assert own["numerical error"] == found["elbo/quadrature_error"].value
    assert own["TV of P(K)"] == found["elbo/p_k_total_variation"].value
    assert "CPU s" not in table  # which differs from run to run
    lines = recording.path("table_of_models.md").read_text().splitlines()
    assert "CPU s" in lines[0]
    assert lines[2 + len(table)] == ""
    (reason,) = lines[3 + len(table) :]
    assert reason.startswith("latents supported (objective elbo): ")
    comparison = pd.read_csv(recording.path("comparison.csv"))
    (silence,) = comparison.loc[comparison["model"] == "data", "value"]
    assert silence == pytest.approx(found["p_silence"].value)
    dimension = pd.read_csv(recording.path("dimension.csv"))
    assert set(dimension["quantity"]) == {"negative_log_likelihood", "rate", "model_bipartite_mi"}
    assert set(dimension["latent_dim"]) == {2}
    assert pd.read_csv(recording.path("price.csv")).empty  # no exact objective, no price
    (supported,) = read_metrics([recording.path("supported.json")])
    assert supported.quantity == "latents_supported"
    (pair,) = pd.read_csv(recording.path("differences.csv")).to_dict("records")
    assert (pair["smaller"], pair["larger"]) == (0, 2)  # independent sites are no latent at all
    nats = table.set_index("model")["held-out nats"]
    assert pair["gain"] == pytest.approx(nats["independent"] - nats["elbo"])
    assert supported.value == (2 if pair["gain"] > 3 * pair["stderr"] else 0)


def test_what_the_recording_asks_of_the_channel_is_the_worst_lower_bound_less_the_rate(recording):
    found = recording.metrics("information", "capacity")
    worst = max(metric.value for name, metric in found.items() if name.startswith("bipartite_mi_"))
    deficit = found["elbo/capacity_deficit"]
    assert deficit.value == pytest.approx(worst - found["elbo/rate"].value, abs=1e-9)
    assert found["elbo/faithful"].value == (-1 if deficit.value > 3 * deficit.stderr else 0)
    information, rate = found["elbo/encoder_information_lower_bound"], found["elbo/rate"]
    assert information.value - rate.value <= FACTOR * (information.stderr + rate.stderr)


# -- bad input -------------------------------------------------------------------------------------
@pytest.mark.parametrize("script", ["measure/latents", "measure/capacity"])
def test_files_of_something_else_are_refused(copy_of, recording, script):
    inputs = copy_of(recording)
    samples, model = inputs.other / "samples.parquet", inputs.other / "models/elbo.pt"
    inputs.refused(script, samples, "'hopfield'", "'retina'", samples=samples)
    inputs.refused(script, model, "'hopfield'", "'retina'", model=model)
    inputs.refused(script, inputs.truncate("models/elbo.pt"))


def test_words_and_tables_of_something_else_are_refused(copy_of, recording):
    inputs = copy_of(recording)
    model, samples = inputs.other / "models/elbo.pt", inputs.other / "samples.parquet"
    inputs.refused("measure/words", model, "'hopfield'", model=model)
    inputs.refused("train/baseline", samples, "'retina'", samples=samples)
    inputs.refused("measure/population", samples, "'retina'", words=samples)
    inputs.refused("train/baseline", "steps = 7", "mixture", steps=7)
    inputs.refused("train/baseline", "components = 0", components=0)
    inputs.refused("train/baseline", "patterns = 2", "mixture", patterns=2)
    inputs.refused(
        "train/baseline", "patterns = 4", kind="quadratic_hopfield", components=None, patterns=4
    )
    inputs.refused("train/baseline", "hidden = 17", kind="rbm", components=None, hidden=17)
    inputs.refused("compare/population", inputs.path("plane.csv"), data=inputs.path("plane.csv"))
    inputs.refused("compare/population", inputs.path("absent"), models=inputs.path("absent"))
    inputs.refused("tables/models", "cpu_seconds", costs=inputs.path("plane.csv"))
    inputs.refused("tables/models", "negative_log_likelihood", metrics=inputs.path("statistics.json"))


def test_metrics_without_information_are_refused(copy_of, recording):
    inputs, script = copy_of(recording), "measure/capacity"
    inputs.refused(script, "bipartite_mi_", information=inputs.path("statistics.json"))
    inputs.refused(script, inputs.path("absent"), information=inputs.path("absent"))


def test_recordings_that_are_not_what_they_should_be_are_refused(tmp_path, recording):
    original, output = recording.path("original.mat"), ["--output", tmp_path / "out"]
    wrong = ["--sha256", "0" * 64]
    fetch = ["data/fetch", "--system", "retina", *wrong, *output]
    assert_one_line(in_here(*fetch, "--file", original), original, "0" * 64)
    assert_one_line(in_here(*fetch), LOCAL_FILE_VARIABLE)
    about = ["--system", "retina", "--seed", 1, *AS_REPEATS]
    too_many = ["--files", original, "--point", "repeats~13"]
    assert_one_line(in_here("data/prepare", *about, *too_many, *output), "repeats = 13", "12")
    damaged = tmp_path / "damaged.mat"
    damaged.write_bytes(original.read_bytes()[:100])
    options = ["--files", damaged, "--point", "repeats~12"]
    assert_one_line(in_here("data/prepare", *about, *options, *output), damaged)
    assert [path.name for path in tmp_path.iterdir()] == ["damaged.mat"]


@pytest.mark.parametrize("always", [0, 1])
def test_neurons_without_variance_are_refused_by_name_where_that_is_asked_for(
    tmp_path, recording, always
):
    """Constant in the training repeats: their fields would be infinite, their correlations undefined."""
    spikes = loadmat(recording.path("original.mat"))["bint"]
    spikes[1:, [1, 4]] = always  # it varies in the held-out repeat alone
    path = tmp_path / "constant.mat"
    savemat(path, {"bint": spikes})
    options = ["--files", path, "--system", "retina", "--point", "repeats~10", "--seed", 1, *AS_REPEATS]
    asked = ["--constant-sites", "refuse", "--output", tmp_path / "out"]
    assert_one_line(in_here("data/prepare", *options, *asked), "constant_sites", "1, 4")
    assert [file.name for file in tmp_path.iterdir()] == ["constant.mat"]


# -- others' draws ------------------------------------------------------------------------------------
def test_draws_of_others_are_words_of_the_same_sites(tmp_path, recording):
    drawn = (np.random.default_rng(0).random((50, 6)) < 0.3).astype(np.uint8)
    np.savez(tmp_path / "theirs.npz", drawn=drawn)
    about = ["--samples", recording.path("samples.parquet"), *recording.about]
    options = ["--file", tmp_path / "theirs.npz", *about, "--reading", '{"key": "drawn"}']
    assert in_here("data/draws", *options, "--output", tmp_path / "words.parquet").status == 0
    words = read_samples(tmp_path / "words.parquet", "retina", recording.point, "spin")
    np.testing.assert_array_equal(words.configurations, 2 * drawn.astype(int) - 1)
    np.save(tmp_path / "other.npy", drawn[:, :5])
    other = ["--file", tmp_path / "other.npy", *about, "--output", tmp_path / "other.parquet"]
    assert_one_line(in_here("data/draws", *other), "sites = 5", "6 are needed")
    assert not (tmp_path / "other.parquet").exists()
