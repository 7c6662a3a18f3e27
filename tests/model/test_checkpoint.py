"""Models on disk: what comes back is what was saved, and anything else is refused by name."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest
import torch

from mfvae.errors import InputError
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.spin import Spin
from mfvae.stats import Estimate
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import Training
from mfvae.training.restarts import Start
from mfvae.workflow.files import model_record as models
from mfvae.workflow.files.model_record import load_model, record_path, save_model
from tests.helpers.files import assert_input_error, names_in
from tests.helpers.vaes import random_vae

TRAINING = TrainingConfig(epochs=3, batch_size=17, learning_rate=0.02)
TRAINED_ON = {"system": "hopfield", "point": "N~7/p~2/beta~1.0"}
HISTORY = [{"epoch": 1, "step": 4, "rate": 0.1, "distortion": 4.0, "negative_elbo": 4.1}]
LEDGER = [{"step": 0, "helmholtz": {"value": 4.0, "stderr": 0.1}}]
STARTS = [Start(Estimate(0.0, 0.0), False), Start(Estimate(0.4, 0.1), True)]


def save(path: Path, model: VAE) -> Path:
    save_model(path, model, TRAINING, 2026, TRAINED_ON, Training(HISTORY, LEDGER, STARTS))
    return path


@pytest.fixture
def model() -> VAE:
    return random_vae(7, 2, seed=3, widths=(5, 4))


@pytest.fixture
def saved(tmp_path, model) -> Path:
    return save(tmp_path / "elbo.pt", model)


# -- round trip ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("n_sites", "latent_dim", "encoder", "decoder"), [(1, 1, (1,), (1,)), (9, 3, (6, 2, 4), (5,))]
)
def test_a_model_comes_back_bit_for_bit(tmp_path, n_sites, latent_dim, encoder, decoder):
    torch.manual_seed(0)
    model = VAE(Spin(), n_sites, VAEConfig(latent_dim, encoder, decoder))
    found = load_model(save(tmp_path / "model.pt", model))
    assert found.config == model.config
    assert (found.n_sites, found.family.name) == (n_sites, "spin")
    z, x = torch.randn(50, latent_dim), torch.sign(torch.randn(50, n_sites))
    with torch.no_grad():
        assert torch.equal(found.fields(z), model.fields(z))
        for part, expected in zip(found.encode(x), model.encode(x), strict=True):
            assert torch.equal(part, expected)


def test_the_gain_of_the_latents_comes_back(tmp_path, model):
    model.latent_gain.copy_(torch.tensor([3.5, 20.0]))
    found, z = load_model(save(tmp_path / "model.pt", model)), torch.randn(50, 2)
    assert torch.equal(found.latent_gain, model.latent_gain)
    with torch.no_grad():
        assert torch.equal(found.fields(z), model.fields(z))
        model.latent_gain.fill_(1.0)  # twin: without it the fields are others
        assert not torch.allclose(found.fields(z), model.fields(z))


def test_weights_of_a_training_that_did_not_end_have_no_history(tmp_path, model):
    save_model(tmp_path / "elbo.last_good.pt", model, TRAINING, 1, TRAINED_ON)
    record = json.loads((tmp_path / "elbo.last_good.json").read_text())
    assert not {"history", "ledger", "starts"} & set(record)
    assert load_model(tmp_path / "elbo.last_good.pt").config == model.config


def test_a_loaded_model_is_for_evaluation(saved):
    found = load_model(saved)
    assert not found.training
    assert not any(parameter.requires_grad for parameter in found.parameters())


def test_the_record_says_how_the_model_was_made(saved, model):
    record = json.loads(record_path(saved).read_text())
    assert record_path(saved) == saved.with_suffix(".json")
    assert record["trained_on"] == TRAINED_ON
    assert record["seed"] == 2026
    assert record["history"] == HISTORY
    assert record["ledger"] == LEDGER
    assert record["starts"] == [
        {"excess": {"value": 0.0, "stderr": 0.0}, "failed": False},
        {"excess": {"value": 0.4, "stderr": 0.1}, "failed": True},
    ]
    assert record["training"] == {
        "objective": "elbo", "epochs": 3, "batch_size": 17, "learning_rate": 0.02, "warmup": 0.2,
        "latent_draws": 1, "final_draws": 0, "own_draws": 0, "start": "random", "start_bias": "data",
        "start_steps": 500, "starts": 1, "checkpoints": 0, "patience": 0,
    }  # fmt: skip
    assert record["architecture"] == {
        "latent_dim": 2,
        "encoder_hidden": [5, 4],
        "decoder_hidden": [5, 4],
        "field_rank": 0,
        "warp": 0,
        "gaps": False,
    }
    assert (record["n_sites"], record["site_family"]) == (7, "spin")
    assert record["torch"] == torch.__version__


def test_bytes_do_not_depend_on_the_name_of_the_file(tmp_path, saved, model):
    other = save(tmp_path / "another/much_longer_name.pt", model)
    assert other.read_bytes() == saved.read_bytes()
    assert record_path(other).read_bytes() == record_path(saved).read_bytes()
    with torch.no_grad():
        model.decoder[0].bias[0] += 1e-6
    changed = save(tmp_path / "changed.pt", model)
    assert changed.read_bytes() != saved.read_bytes()


# -- damage ----------------------------------------------------------------------------------------
def assert_refused(saved: Path, named: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_model(saved)
    assert_input_error(caught.value, named)


def test_missing_files_are_refused_by_name(saved, tmp_path):
    assert_refused(tmp_path / "absent.pt", tmp_path / "absent.json")
    os.remove(saved)
    assert_refused(saved, saved)
    save(saved, random_vae(7, 2, seed=3))
    os.remove(record_path(saved))
    assert_refused(saved, record_path(saved))


def test_truncated_weights_are_refused_at_every_length(saved):
    whole = saved.read_bytes()
    for length in range(0, len(whole), 61):
        saved.write_bytes(whole[:length])
        assert_refused(saved, saved)


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 and nothing more"])
def test_other_files_are_no_weights(saved, content):
    saved.write_bytes(content)
    assert_refused(saved, saved)


def test_one_flipped_bit_of_the_weights_is_refused_or_harmless(saved):
    whole, intact = saved.read_bytes(), load_model(saved).state_dict()
    refused = 0
    for position in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << (position % 8)
        saved.write_bytes(damaged)
        try:
            found = load_model(saved).state_dict()
        except InputError as error:
            assert_input_error(error, saved)
            refused += 1
        else:
            assert all(torch.equal(found[name], intact[name]) for name in intact), position
    assert refused > 50


def test_weights_of_another_architecture_are_refused(saved, tmp_path):
    other = save(tmp_path / "other.pt", random_vae(8, 2, seed=3, widths=(5, 4)))
    other.replace(saved)
    assert_refused(saved, saved)


class Harmful:
    """Unpickling this would create a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize(
    "writer", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value, protocol=2))]
)
def test_code_in_a_file_of_weights_is_not_run(saved, tmp_path, writer):
    writer(Harmful(tmp_path / "harm"), saved)
    assert_refused(saved, saved)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("text", ["", "{", '{"architecture": ', "\x00"])
def test_broken_records_are_refused_by_name(saved, text):
    record_path(saved).write_text(text)
    assert_refused(saved, record_path(saved))


def without(key: str):
    return lambda record: {name: value for name, value in record.items() if name != key}


def with_(**changes):
    return lambda record: record | changes


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda record: None, id="null"),
        pytest.param(lambda record: [], id="a list"),
        pytest.param(lambda record: {}, id="nothing"),
        pytest.param(without("architecture"), id="no architecture"),
        pytest.param(without("site_family"), id="no site family"),
        pytest.param(without("n_sites"), id="no sites"),
        pytest.param(with_(site_family="potts"), id="unknown site family"),
        pytest.param(with_(n_sites="seven"), id="sites in words"),
        pytest.param(with_(n_sites=-7), id="negative sites"),
        pytest.param(with_(architecture=3), id="architecture is a number"),
        pytest.param(with_(architecture={"depth": 3}), id="unknown architecture"),
        pytest.param(with_(architecture={"latent_dim": 0}), id="impossible architecture"),
        pytest.param(with_(architecture={"latent_dim": "two"}), id="latents in words"),
    ],
)
def test_records_of_another_kind_are_refused_by_name(saved, change):
    """JSON that can be parsed, but describes no model."""
    record = json.loads(record_path(saved).read_text())
    record_path(saved).write_text(json.dumps(change(record)))
    assert_refused(saved, record_path(saved))


# -- whole or not at all ---------------------------------------------------------------------------
def test_a_folder_of_models_holds_models_alone(saved):
    assert names_in(saved.parent) == ["elbo.json", "elbo.pt"]


def test_a_model_that_cannot_be_written_whole_cannot_be_loaded(tmp_path, model, monkeypatch):
    """The disk fills up before the weights are written: no temporary file stays, and no model."""

    class Full:
        def __init__(self, path) -> None:
            raise OSError("No space left on device")

    monkeypatch.setattr(models, "atomic_path", Full)
    with pytest.raises(OSError, match="No space"):
        save(tmp_path / "elbo.pt", model)
    monkeypatch.undo()
    assert set(names_in(tmp_path)) <= {"elbo.json"}
    assert_refused(tmp_path / "elbo.pt", tmp_path / "elbo.pt")


def test_history_with_undefined_numbers_is_not_written(tmp_path, model):
    result = Training([{"rate": float("nan")}], [], [])
    with pytest.raises(ValueError, match="JSON"):
        save_model(tmp_path / "elbo.pt", model, TRAINING, 1, TRAINED_ON, result)
    assert names_in(tmp_path) == []
