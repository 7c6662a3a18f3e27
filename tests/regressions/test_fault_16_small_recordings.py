"""Four neurons or fewer ended the report of a decoding with IndexError; so did fewer than 20 words."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.data.holdout import split_samples
from mfvae.errors import InputError
from mfvae.information import lower_bound_from_statistics
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites import SITE_FAMILIES
from mfvae.training.config import TrainingConfig
from mfvae.workflow.files.model_record import save_model
from mfvae.workflow.files.samples import SampleMetadata, index_column, write_samples
from mfvae.workflow.metrics import read_metrics
from tests.scripts.calls import in_here, succeed


@pytest.mark.parametrize("n_sites", [1, 2, 3, 4, 9])
def test_the_spectrum_of_a_few_neurons_is_reported(tmp_path, n_sites):
    x = np.where(np.random.default_rng(0).random((600, n_sites)) < 0.3, 1, -1).astype(np.int8)
    columns = {"split": split_samples(len(x)), "repeat": index_column(np.arange(len(x)) // 20)}
    metadata = SampleMetadata("few", "repeats~30", "spin", n_sites, 1)
    write_samples(tmp_path / "x.parquet", x, columns, metadata)
    about = ["--system", "few", "--point", "repeats~30", "--name", "exact", "--seed", 1]
    model = VAE(SITE_FAMILIES["spin"], n_sites, VAEConfig(1, (4,), (4,)), seed=0)
    trained_on = {"system": "few", "point": "repeats~30"}
    save_model(tmp_path / "m.pt", model, TrainingConfig(), 1, trained_on)
    succeed(
        "decode/decode", *about, "--model", tmp_path / "m.pt", "--samples", tmp_path / "x.parquet",
        "--patterns", "real", "--n-test", 50, "--output", tmp_path / "decoded.json",
        "--spectrum", tmp_path / "spectrum.csv", "--pattern-table", tmp_path / "patterns.csv",
        "--metrics", tmp_path / "metrics.json", call=in_here,
    )  # fmt: skip
    names = [metric.quantity for metric in read_metrics([tmp_path / "metrics.json"])]
    ratios = [f"singular_value_ratio_{k + 1}" for k in range(min(4, n_sites - 1))]
    assert names == ["collective_variables", "wells", *ratios]


def test_too_few_words_for_an_error_bar_are_refused():
    few = np.arange(39) % 3
    with pytest.raises(InputError, match="configurations = 39: at least 40"):
        lower_bound_from_statistics("half", few, few)
    enough = np.arange(40) % 3
    assert lower_bound_from_statistics("half", enough, enough).estimate.value > 0.9
