"""A silent first held-out repeat left the raster of spikes without rows, and its figure failed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mfvae.figures.recording.latent_raster import draw
from mfvae.workflow.files.samples import SampleMetadata, write_samples
from tests.helpers.figures.recording_tables import latent_raster
from tests.scripts.calls import succeed

BINS, NEURONS, REPEATS = 20, 4, 21
NETWORK = ["--encoder-hidden", 8, "--decoder-hidden", 8, "--epochs", 1, "--batch-size", 100]


def rasters(folder, silent) -> tuple[pd.DataFrame, np.ndarray]:
    """Table and spikes of a recording with silent repeats, of which 0, 10 and 20 are held out."""
    spikes = np.random.default_rng(0).random((REPEATS, BINS, NEURONS)) < 0.3
    spikes[silent] = False
    repeat = np.repeat(np.arange(REPEATS), BINS)
    columns = {
        "repeat": repeat,
        "bin": np.tile(np.arange(BINS), REPEATS),
        "split": np.where(repeat % 10 == 0, "test", "train"),
    }
    about = ["--system", "movie", "--name", "elbo", "--seed", 1]
    words = (2 * spikes.reshape(-1, NEURONS) - 1).astype(np.int8)
    metadata = SampleMetadata("movie", f"repeats~{REPEATS}", "spin", NEURONS, 1)
    write_samples(folder / "a.parquet", words, columns, metadata)
    samples = ["--samples", folder / "a.parquet"]
    model = folder / "a.pt"
    succeed(
        "train/vae", *about, *samples, "--latent-dim", 2, *NETWORK, "--output", model,
        "--cost", folder / "cost.tsv",
    )  # fmt: skip
    about += ["--point", f"repeats~{REPEATS}"]
    files = ["--model", model, "--plane", folder / "p.csv", "--output", folder / "r.csv"]
    succeed("measure/latents", *about, *samples, *files)
    return pd.read_csv(folder / "r.csv"), spikes


@pytest.mark.parametrize(("silent", "shown"), [([0], 10), ([0, 10], 20), ([], 0), ([0, 10, 20], 0)])
def test_the_first_held_out_repeat_with_spikes_is_shown(tmp_path, silent, shown):
    table, spikes = rasters(tmp_path, silent)
    found = table[table["quantity"] == "spike"]
    bins, neurons = spikes[shown].nonzero()
    np.testing.assert_array_equal(found[["bin", "neuron"]], np.stack([bins, neurons + 1], axis=1))
    texts = [text.get_text() for text in draw(table).axes[0].texts]
    assert texts == ([] if len(bins) else ["no ones in this group"])


def test_twin_a_raster_with_spikes_says_nothing():
    assert not draw(latent_raster()).axes[0].texts
