"""The bipartite mutual information of data, before anything is trained on them.

Of a solvable system it is known, and of a mean-field one the rate of the exact channel x → φ, which a
faithful latent channel has, too. Of a recording, whose law is not known, it has lower bounds from the
numbers of spikes in two halves: I(A;B) ≥ I(K_A;K_B). The halves are the first neurons against the last,
and the worst of many random halves. Of Potts states K counts the sites in their commonest state.
"""

from pathlib import Path
from typing import Annotated

import numpy as np

from mfvae.errors import InputError
from mfvae.information import lower_bound_from_statistics, worst_split
from mfvae.population.words import spike_counts
from mfvae.random import generator
from mfvae.sites.masks import largest_complete
from mfvae.systems import base
from mfvae.workflow.cli import AtLeast, MetricsOutput, Point, Seed, System, run
from mfvae.workflow.metrics import Metric, Scope, write_metrics
from mfvae.workflow.settings.points import build_at

RANDOM_HALVES = 20


def of_system(
    theory: base.System, n_samples: int | None, rng: np.random.Generator, scope: Scope
) -> list[Metric]:
    """What is known of a solvable system."""
    if n_samples is None:
        raise InputError("n_samples", n_samples, "a number is needed for a solvable system")
    metrics = [scope.information(split) for split in theory.bipartite_information(n_samples, rng)]
    if isinstance(theory, base.MeanFieldSystem):
        metrics.append(scope.metric("exact_channel_rate", theory.channel_rate(), "exact"))
        metrics.append(scope.metric("information_growth", theory.information_growth(), "exact"))
    return metrics


def of_words(words: np.ndarray, rng: np.random.Generator, scope: Scope) -> list[Metric]:
    """Lower bounds from words (B, N)."""
    n = words.shape[1]
    if n < 2:
        raise InputError("neurons", n, "two at least are needed, to be split in halves")
    first = np.arange(n) < n // 2
    halves = {"half": [first], "random_half": [rng.permutation(first) for _ in range(RANDOM_HALVES)]}
    total = spike_counts(words)
    metrics = []
    for name, candidates in halves.items():
        counts = [spike_counts(words[:, in_a]) for in_a in candidates]
        bounds = [lower_bound_from_statistics(name, k, total - k) for k in counts]
        metrics.append(scope.information(worst_split(bounds)))
    return metrics


def in_commonest_state(states: np.ndarray, observed: np.ndarray | None) -> np.ndarray:
    """Spins (B, N), +1 where a site is in the state that it is in most often, of Potts states (B, N).

    What is no spin has lost some of its information, so that bounds from below stay bounds.
    """
    seen = np.ones(states.shape, bool) if observed is None else observed
    commonest = [np.bincount(site[known]).argmax() for site, known in zip(states.T, seen.T, strict=True)]
    return np.where(states == np.array(commonest), 1, -1).astype(np.int8)


def main(
    system: System,
    point: Point,
    seed: Seed,
    output: MetricsOutput,
    n_samples: Annotated[
        int | None, AtLeast(2), "of a solvable system, for what has to be sampled"
    ] = None,
    samples: Annotated[Path | None, "of a recording, Parquet table of its words"] = None,
) -> None:
    rng = generator(seed, f"information/{system}/{point}")
    scope = Scope(system, point)
    if samples is None:
        metrics = of_system(build_at(system, point, seed), n_samples, rng, scope)
    else:  # with 0.07 s of imports, for which solvable systems do not wait
        from mfvae.workflow.files.samples import read_samples

        data = read_samples(samples, system, point)
        words = data.configurations
        if data.metadata.site_family != "spin":
            words = in_commonest_state(words, data.observed)
        if data.observed is not None:  # what some of the sites in some of the rows share is a bound, too
            rows, sites = largest_complete(data.observed)
            print(f"of {len(rows)} rows in which {len(sites)} sites were observed", flush=True)
            words = words[np.ix_(rows, sites)]
        metrics = of_words(words, rng, scope)
    write_metrics(output, metrics)


if __name__ == "__main__":
    run(main)
