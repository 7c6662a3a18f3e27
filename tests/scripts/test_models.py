"""train/vae.py: what a model knows of itself, and trainings that cannot be."""

from __future__ import annotations

import json

import pytest
import torch

from mfvae.workflow.files.model_record import load_model
from tests.scripts.calls import in_here


def test_a_model_knows_what_it_was_trained_on(chain):
    model = load_model(chain.path("models/elbo.pt"), chain.system, chain.point)
    record = json.loads(chain.path("models/elbo.json").read_text())
    assert model.family.name == record["site_family"] == chain.truth.site_family.name
    assert (model.n_sites, model.config.latent_dim) == (chain.truth.n_sites, chain.latent_dim)
    assert record["trained_on"] == {"system": chain.system, "point": chain.point}
    assert [(entry["epoch"], entry["step"]) for entry in record["history"]] == [(1, 5), (2, 10)]


def test_the_right_call_of_which_all_others_are_changes_works(inputs):
    assert in_here("train/vae", *inputs.options("train/vae")).status == 0
    assert sorted(path.name for path in inputs.path("out").iterdir()) == [
        "cost",
        "output",
        "output.json",
    ]
    header, seconds = inputs.path("out/cost").read_text().splitlines()
    assert header == "cpu_seconds"
    assert 0 <= float(seconds) < 600


def test_samples_of_another_system_are_refused(copy_of, chain):
    inputs = copy_of(chain)
    other = inputs.other / "samples.parquet"
    inputs.refused("train/vae", other, f"'{chain.system}'", samples=other)


def test_missing_and_damaged_samples_are_refused(inputs):
    inputs.refused("train/vae", inputs.path("absent"), samples=inputs.path("absent"))
    inputs.refused("train/vae", inputs.truncate("samples.parquet"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epochs": 0}, "epochs = 0"),
        ({"latent_dim": 0}, "latent_dim = 0"),
        ({"objective": "magic"}, "objective = 'magic'"),
        ({"learning_rate": "nan"}, "learning_rate = nan"),
        ({"latent_draws": 0}, "latent_draws = 0"),
        ({"start": "magic"}, "start = 'magic'"),
        ({"starts": 0}, "starts = 0"),
        ({"checkpoints": -1}, "checkpoints = -1"),
        ({"objective": "exact", "latent_dim": 17}, "latent_dim = 17"),
        ({"checkpoints": 3, "latent_dim": 5}, "latent_dim = 5"),
        ({"start": "data", "latent_dim": 64}, "latent_dim = 64"),
    ],
)
def test_impossible_trainings_leave_nothing(inputs, changes, words):
    inputs.refused("train/vae", words, **changes)


def test_a_diverging_training_leaves_its_last_good_weights(copy_of, chain):
    """Spins diverge to NaN; fields of directors leave the range where their law is computed."""
    inputs = copy_of(chain)
    inputs.diverges("step 2: " if chain.truth.site_family.dim == 1 else "field of a director")
    model = load_model(inputs.path("out/output.last_good.pt"), chain.system, chain.point)
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())
    record = json.loads(inputs.path("out/output.last_good.json").read_text())
    assert record["training"]["learning_rate"] == 1e30
    assert not {"history", "ledger", "starts"} & set(record)
    assert in_here("train/vae", *inputs.options("train/vae", batch_size=100)).status == 0
    assert not list(inputs.folder.glob("out/*last_good*"))  # of no more use


def test_a_training_may_ask_for_everything(inputs):
    asked = {"objective": "exact", "latent_draws": 32, "start": "data", "starts": 2, "checkpoints": 3}
    options = inputs.options("train/vae", **asked, batch_size=100)
    assert in_here("train/vae", *options).status == 0
    record = json.loads(inputs.path("out/output.json").read_text())
    assert asked.items() <= record["training"].items()
    assert [entry["step"] for entry in record["ledger"]] == [0, 3, 10]
    assert [entry["epoch"] for entry in record["history"]] == [1, 2]  # the second of the encoder alone
    assert min(start["excess"]["value"] for start in record["starts"]) == 0
    assert len(record["starts"]) == 2
