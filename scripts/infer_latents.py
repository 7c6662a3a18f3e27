"""Latent variables that a trained model infers from a recording: their plane, and along the movie.

Means of the decoder's posterior (mfvae.posterior_means), in standard deviations of the prior. Spread is
over repeats.
"""

from argparse import ArgumentParser

import numpy as np
import pandas as pd
import torch

from mfvae.errors import InputError
from mfvae.latent.posterior import posterior_means
from mfvae.population import words as population
from mfvae.random import generator, integer_seed
from mfvae.workflow.cli import add_sample_arguments, run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples

PLANE_WORDS = 6000  # words shown in the latent plane
RASTER_BINS = 500  # of one repeat, ten seconds


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    add_sample_arguments(parser)
    parser.add_argument("--plane", required=True, help="CSV of latent means of held-out words")
    parser.add_argument("--output", required=True, help="CSV of spikes and latents against time")
    arguments = parser.parse_args()
    samples = read_samples(arguments.samples, arguments.system, arguments.point, "spin")
    model = load_model(arguments.model, arguments.system, arguments.point)
    d = model.config.latent_dim
    if d < 2:
        raise InputError("latent_dim", d, "at least two are needed for a plane")
    output = f"latents/{arguments.system}/{arguments.point}/{arguments.name}"
    rng = generator(arguments.seed, output)
    shift = integer_seed(arguments.seed, output)

    def means(words):
        statistic = torch.from_numpy(model.family.statistic(words))
        found = posterior_means(model, statistic, torch.Generator().manual_seed(shift)).numpy()
        return pd.DataFrame(found, columns=[f"z_{k + 1}" for k in range(d)])

    words = rng.permutation(samples.split("test"))[:PLANE_WORDS]
    write_csv(arguments.plane, means(words).assign(spike_count=population.spike_counts(words)))

    columns = samples.columns
    early = columns["bin"] < RASTER_BINS
    where = pd.DataFrame({name: columns[name][early] for name in ("repeat", "bin")})
    latent = pd.concat([where, means(samples.configurations[early])], axis=1)
    spikes_of = population.spike_counts(samples.configurations[early])
    held_out = columns["repeat"][samples.in_split("test")]
    spiking = np.isin(held_out, columns["repeat"][early][spikes_of > 0])
    shown = int((held_out[spiking] if spiking.any() else held_out)[0])  # the first with a spike to show
    tables = []
    for k in range(d):
        by_bin = latent.groupby("bin")[f"z_{k + 1}"]
        single = latent[latent["repeat"] == shown].set_index("bin")[f"z_{k + 1}"]
        curve = pd.DataFrame({"value": by_bin.mean(), "spread": by_bin.std(), "single": single})
        tables.append(curve.reset_index().assign(quantity="latent", index=k + 1))
    here = (columns["repeat"] == shown) & early
    bins, neurons = (samples.configurations[here] > 0).nonzero()
    spikes = {"quantity": "spike", "bin": columns["bin"][here][bins], "neuron": neurons + 1}
    tables.append(pd.DataFrame(spikes))
    order = ["quantity", "neuron", "bin", "index", "value", "spread", "single"]
    write_csv(arguments.output, pd.concat(tables, ignore_index=True)[order])


run(main)
