"""Lower bounds of the bipartite mutual information of a recording, whose law is not known.

From the numbers of spikes in the two halves: I(A;B) ≥ I(K_A;K_B). The halves are the first neurons
against the last, and the worst of many random halves.
"""

from argparse import ArgumentParser

import numpy as np

from mfvae.errors import InputError
from mfvae.information import lower_bound_from_statistics, worst_split
from mfvae.population.words import spike_counts
from mfvae.random import generator
from mfvae.workflow.cli import run
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Scope, write_metrics

RANDOM_HALVES = 20


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--point", required=True, help="for example repeats~297")
    parser.add_argument("--samples", required=True, help="Parquet table of words")
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    samples = read_samples(arguments.samples, arguments.system, arguments.point, "spin")
    rng = generator(arguments.seed, f"information/{arguments.system}/{arguments.point}")
    n = samples.configurations.shape[1]
    if n < 2:
        raise InputError("neurons", n, "two at least are needed, to be split in halves")
    first = np.arange(n) < n // 2
    halves = {"half": [first], "random_half": [rng.permutation(first) for _ in range(RANDOM_HALVES)]}
    total = spike_counts(samples.configurations)
    scope = Scope(arguments.system, arguments.point)
    metrics = []
    for name, candidates in halves.items():
        counts = [spike_counts(samples.configurations[:, in_a]) for in_a in candidates]
        bounds = [lower_bound_from_statistics(name, k, total - k) for k in counts]
        metrics.append(scope.information(worst_split(bounds)))
    write_metrics(arguments.output, metrics)


run(main)
