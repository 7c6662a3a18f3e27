"""Population statistics of a table of words, with errors from resampling whole repeats."""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd

from mfvae.population import words as population
from mfvae.population.moments import bootstrap_errors, moments, random_triplets, repeat_sums
from mfvae.random import generator
from mfvae.workflow.cli import AtLeast, Output, Point, Seed, System, run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.files.samples import read_samples

RESAMPLES = 100
BLOCKS = 100  # of independent words, which have no repeats
RANKS = 60  # of word frequencies, spaced evenly on a logarithmic scale


def is_repeated(groups: np.ndarray) -> bool:
    """Whether groups of rows may be repeats of the same: they are of one length."""
    return len(set(np.unique(groups, return_counts=True)[1].tolist())) == 1


def main(
    words: Annotated[Path, "Parquet table of samples"],
    system: System,
    point: Point,
    name: Annotated[str, "of what the words are, the column model"],
    triplets: Annotated[int, AtLeast(1), "how many are drawn"],
    seed: Seed,
    output: Annotated[Output, "CSV: model, quantity, index, value, stderr"],
) -> None:
    samples = read_samples(words, system, point, "spin")
    samples.check_complete("a statistic of whole words")
    spins, columns = samples.configurations, samples.columns
    repeats = samples.groups if samples.has_groups else np.arange(len(spins)) * BLOCKS // len(spins)
    # the same triplets and resamples for the data and for every model of it
    rng = generator(seed, f"population/{system}/{point}")
    sums = repeat_sums(spins, repeats, random_triplets(spins.shape[1], triplets, rng))
    value, error = moments(sums), bootstrap_errors(sums, RESAMPLES, rng)

    found = {
        "rate": (value.rates, error.rates),
        "correlation": (value.correlations, error.correlations),
        "triplet_covariance": (value.triplet_covariances, error.triplet_covariances),
        "count_probability": (value.count_distribution, error.count_distribution),
        "covariance_eigenvalue": population.covariance_spectrum(spins, repeats),
        "coincidence_probability": population.coincidence_by_repeat(spins, repeats),
    }
    if "bin" in columns and is_repeated(repeats):  # bins of a stimulus, the same in every repeat
        found["trial_shuffled_silence"] = population.trial_shuffled_silence(
            spins, repeats, columns["bin"]
        )
    frequency = np.sort(population.word_counts(spins))[::-1] / len(spins)
    ranks = np.unique(np.geomspace(1, len(frequency), RANKS).astype(int))
    tables = [
        pd.DataFrame({"quantity": quantity, "index": np.arange(len(v)), "value": v, "stderr": e})
        for quantity, (v, e) in found.items()
    ]
    # counts of a word in a stationary source are Poissonian or wider; repeats of a movie are narrower
    tables.append(
        pd.DataFrame(
            {
                "quantity": "word_frequency",
                "index": ranks,
                "value": frequency[ranks - 1],
                "stderr": np.sqrt(frequency[ranks - 1] / len(spins)),
            }
        )
    )
    tables.append(
        pd.DataFrame({"quantity": ["distinct_words"], "index": [0], "value": [float(len(frequency))]})
    )
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, "model", name)
    write_csv(output, table)


if __name__ == "__main__":
    run(main)
