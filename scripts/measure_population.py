"""Population statistics of a table of words, with errors from resampling whole repeats."""

from argparse import ArgumentParser

import numpy as np
import pandas as pd

from mfvae.population import words as population
from mfvae.population.moments import bootstrap_errors, moments, random_triplets, repeat_sums
from mfvae.random import generator
from mfvae.workflow.cli import at_least, run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.files.samples import read_samples

RESAMPLES = 100
BLOCKS = 100  # of independent words, which have no repeats
RANKS = 60  # of word frequencies, spaced evenly on a logarithmic scale


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--words", required=True, help="Parquet table of samples")
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--point", required=True, help="for example N~64/beta~1.0 or repeats~297")
    parser.add_argument("--name", required=True, help="of what the words are, the column model")
    parser.add_argument(
        "--triplets", type=int, action=at_least(1), required=True, help="how many are drawn"
    )
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--output", required=True, help="CSV: model, quantity, index, value, stderr")
    arguments = parser.parse_args()
    samples = read_samples(arguments.words, arguments.system, arguments.point, "spin")
    words, columns = samples.configurations, samples.columns
    repeats = columns["repeat"] if "repeat" in columns else np.arange(len(words)) * BLOCKS // len(words)
    # the same triplets and resamples for the data and for every model of it
    rng = generator(arguments.seed, f"population/{arguments.system}/{arguments.point}")
    sums = repeat_sums(words, repeats, random_triplets(words.shape[1], arguments.triplets, rng))
    value, error = moments(sums), bootstrap_errors(sums, RESAMPLES, rng)

    found = {
        "rate": (value.rates, error.rates),
        "correlation": (value.correlations, error.correlations),
        "triplet_covariance": (value.triplet_covariances, error.triplet_covariances),
        "count_probability": (value.count_distribution, error.count_distribution),
        "covariance_eigenvalue": population.covariance_spectrum(words, repeats),
        "coincidence_probability": population.coincidence_by_repeat(words, repeats),
    }
    if "bin" in columns:  # of the movie, which is the same in every repeat
        found["trial_shuffled_silence"] = population.trial_shuffled_silence(
            words, repeats, columns["bin"]
        )
    frequency = np.sort(population.word_counts(words))[::-1] / len(words)
    ranks = np.unique(np.geomspace(1, len(frequency), RANKS).astype(int))
    tables = [
        pd.DataFrame({"quantity": name, "index": np.arange(len(v)), "value": v, "stderr": e})
        for name, (v, e) in found.items()
    ]
    # counts of a word in a stationary source are Poissonian or wider; repeats of a movie are narrower
    tables.append(
        pd.DataFrame(
            {
                "quantity": "word_frequency",
                "index": ranks,
                "value": frequency[ranks - 1],
                "stderr": np.sqrt(frequency[ranks - 1] / len(words)),
            }
        )
    )
    tables.append(
        pd.DataFrame({"quantity": ["distinct_words"], "index": [0], "value": [float(len(frequency))]})
    )
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, "model", arguments.name)
    write_csv(arguments.output, table)


run(main)
