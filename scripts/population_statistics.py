"""Statistics of a population of neurons: the recording, independent neurons, and a trained model."""

from argparse import ArgumentParser

import numpy as np
import pandas as pd
import torch

from mfvae import population
from mfvae.cli import add_sample_arguments, run
from mfvae.metrics import Scope, write_metrics
from mfvae.models import load_model
from mfvae.randomness import generator
from mfvae.samples import read_samples
from mfvae.storage import write_csv

PLANE_WORDS = 6000  # words shown in the latent plane


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    add_sample_arguments(parser)
    parser.add_argument("--n-generated", type=int, required=True)
    parser.add_argument("--counts", required=True, help="CSV of P(K)")
    parser.add_argument("--correlations", required=True, help="CSV of pairwise correlations")
    parser.add_argument("--plane", required=True, help="CSV of latent means")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    samples = read_samples(arguments.samples, arguments.system, arguments.point)
    model = load_model(arguments.model, arguments.system, arguments.point)
    output = f"statistics/{arguments.system}/{arguments.point}/{arguments.name}"
    rng = generator(arguments.seed, output)
    data, drawn = samples.configurations, model.sample(arguments.n_generated, rng)

    repeats = samples.columns["repeat"].to_numpy()
    by_repeat = np.stack(
        [population.count_distribution(data[repeats == repeat]) for repeat in np.unique(repeats)]
    )
    count_error = by_repeat.std(0, ddof=1) / np.sqrt(len(by_repeat))
    rates = population.spike_probabilities(data)
    law = {
        "data": population.count_distribution(data),
        "independent": population.independent_count_distribution(rates),
        "model": population.count_distribution(drawn),
    }
    error = {
        "data": count_error,
        "independent": np.zeros_like(count_error),
        "model": np.sqrt(law["model"] * (1 - law["model"]) / len(drawn)),
    }
    write_csv(
        arguments.counts,
        pd.concat(
            pd.DataFrame(
                {
                    "spike_count": np.arange(len(law[source])),
                    "source": source,
                    "probability": law[source],
                    "stderr": error[source],
                }
            )
            for source in law
        ),
    )

    correlation = {
        "data": population.pairwise_correlations(data),
        "model": population.pairwise_correlations(drawn),
    }
    first, second = np.triu_indices(data.shape[1], k=1)
    pairs = pd.DataFrame({"neuron_i": first + 1, "neuron_j": second + 1, **correlation})
    write_csv(arguments.correlations, pairs)
    known = pairs.dropna()
    fit = np.polyfit(known["data"], known["model"], 1)

    words = rng.permutation(samples.split("test"))[:PLANE_WORDS]
    mean = model.encode(torch.from_numpy(model.family.statistic(words)))[0].numpy()
    plane = pd.DataFrame(mean, columns=[f"z_{k + 1}" for k in range(mean.shape[1])])
    write_csv(arguments.plane, plane.assign(spike_count=population.spike_counts(words)))

    data_scope = Scope(arguments.system, arguments.point)
    scope = Scope(arguments.system, arguments.point, arguments.name)
    facts = {
        "p_silence": law["data"][0],
        "mean_spike_probability": rates.mean(),
        "mean_pairwise_correlation": np.nanmean(correlation["data"]),
        "sd_pairwise_correlation": np.nanstd(correlation["data"]),
        "distinct_words": len(population.word_counts(data)),
        "coincidence_probability": population.coincidence_probability(data),
    }
    distance = population.total_variation
    write_metrics(
        arguments.output,
        [
            *(data_scope.metric(quantity, value, "exact") for quantity, value in facts.items()),
            scope.metric(
                "p_silence",
                law["model"][0],
                "trained",
                stderr=error["model"][0],
                reference=law["data"][0],
                reference_source="the recording",
            ),
            scope.metric("p_k_total_variation", distance(law["model"], law["data"]), "trained"),
            scope.metric(
                "p_k_total_variation_independent",
                distance(law["independent"], law["data"]),
                "exact",
            ),
            scope.metric(
                "correlation_of_correlations",
                np.corrcoef(known["data"], known["model"])[0, 1],
                "trained",
            ),
            scope.metric("slope_of_correlations", fit[0], "trained"),
        ],
    )


run(main)
