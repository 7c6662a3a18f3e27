"""Latent variables that a trained model infers from a recording: their plane, and along the movie.

Means of the decoder's posterior (mfvae.posterior_means), in standard deviations of the prior. Spread is
over repeats.
"""

from typing import Annotated

import numpy as np
import pandas as pd
import torch

from mfvae.errors import InputError
from mfvae.latent.posterior import posterior_means
from mfvae.random import generator, integer_seed
from mfvae.workflow.cli import Model, Name, Output, Point, Samples, Seed, Stream, System, run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples

PLANE_WORDS = 6000  # words shown in the latent plane
RASTER_BINS = 500  # of one repeat, ten seconds


def main(
    system: System,
    point: Point,
    name: Name,
    model: Model,
    seed: Seed,
    samples: Samples,
    plane: Annotated[Output, "CSV of latent means of held-out words"],
    output: Annotated[Output, "CSV of spikes and latents against time"],
    stream: Stream = "",
) -> None:
    data = read_samples(samples, system, point, "spin")
    vae = load_model(model, system, point)
    d = vae.config.latent_dim
    if d < 2:
        raise InputError("latent_dim", d, "at least two are needed for a plane")
    place = f"latents/{system}/{point}/{stream or name}"
    rng = generator(seed, place)
    shift = integer_seed(seed, place)

    def means(rows: np.ndarray) -> pd.DataFrame:
        statistic = torch.from_numpy(vae.family.statistic(data.configurations[rows]))
        seen = None if data.observed is None else torch.from_numpy(data.observed[rows])
        noise = torch.Generator().manual_seed(shift)
        found = posterior_means(vae, statistic, noise, seen).numpy()
        return pd.DataFrame(found, columns=[f"z_{k + 1}" for k in range(d)])

    on = data.configurations > 0 if data.observed is None else (data.configurations > 0) & data.observed
    words = rng.permutation(np.flatnonzero(data.in_split("test")))[:PLANE_WORDS]
    write_csv(plane, means(words).assign(spike_count=on[words].sum(1)))

    groups, order = data.groups, data.order
    early = order < RASTER_BINS
    where = pd.DataFrame({"repeat": groups[early], "bin": order[early]})
    latent = pd.concat([where, means(np.flatnonzero(early))], axis=1)
    spikes_of = on[early].sum(1)
    held_out = groups[data.in_split("test")]
    spiking = np.isin(held_out, groups[early][spikes_of > 0])
    shown = int((held_out[spiking] if spiking.any() else held_out)[0])  # the first with a spike to show
    tables = []
    for k in range(d):
        by_bin = latent.groupby("bin")[f"z_{k + 1}"]
        single = latent[latent["repeat"] == shown].set_index("bin")[f"z_{k + 1}"]
        curve = pd.DataFrame({"value": by_bin.mean(), "spread": by_bin.std(), "single": single})
        tables.append(curve.reset_index().assign(quantity="latent", index=k + 1))
    here = (groups == shown) & early
    bins, neurons = on[here].nonzero()
    spikes = {"quantity": "spike", "bin": order[here][bins], "neuron": neurons + 1}
    tables.append(pd.DataFrame(spikes))
    shown_columns = ["quantity", "neuron", "bin", "index", "value", "spread", "single"]
    write_csv(output, pd.concat(tables, ignore_index=True)[shown_columns])


if __name__ == "__main__":
    run(main)
