"""Fit a baseline to the training repeats of a recording, score the held-out ones, draw words from it.

Held-out nats are means over all words of the test repeats, their error is from the scatter of repeats.
"""

import time
from typing import Annotated

import pandas as pd

from mfvae.errors import InputError
from mfvae.population.baselines import (
    chow_liu,
    independent,
    independent_sites,
    mixture,
    pairwise,
    population_count,
    quadratic_hopfield,
    rbm,
)
from mfvae.random import generator
from mfvae.sites import SITE_FAMILIES
from mfvae.sites.masks import mask_argument
from mfvae.stats import estimate_over_groups
from mfvae.workflow.cli import (
    AtLeast,
    CostOutput,
    MetricsOutput,
    OneOf,
    Output,
    Point,
    Samples,
    Seed,
    Stream,
    System,
    run,
)
from mfvae.workflow.files.atomic import write_csv, write_text
from mfvae.workflow.files.samples import SampleMetadata, read_samples, write_samples
from mfvae.workflow.metrics import Scope, write_metrics

FITS = {
    "independent": (independent.fit, ()),
    "population_count": (population_count.fit, ()),
    "chow_liu": (chow_liu.fit, ()),
    "pairwise": (pairwise.fit, ("steps",)),
    "quadratic_hopfield": (quadratic_hopfield.fit, ("patterns",)),
    "mixture": (mixture.fit, ("components",)),
    "rbm": (rbm.fit, ("hidden",)),
}
OfKinds = Annotated[int | None, AtLeast(1), "of the kinds that have it"]


def main(
    samples: Samples,
    system: System,
    point: Point,
    name: Annotated[str, "of the baseline, seeds its fit"],
    kind: Annotated[str, OneOf(FITS), "of baseline"],
    n_words: Annotated[int, AtLeast(1), "words that are drawn"],
    seed: Seed,
    words: Annotated[Output, "Parquet table of words that are drawn"],
    repeats: Annotated[Output, "CSV: held-out nats of every repeat"],
    cost: CostOutput,
    output: MetricsOutput,
    steps: OfKinds = None,
    components: OfKinds = None,
    hidden: OfKinds = None,
    patterns: OfKinds = None,
    stream: Stream = "",
) -> None:
    data = read_samples(samples, system, point)
    family = data.metadata.site_family
    if kind != "independent":
        data.check_complete(kind)
        if family != "spin":
            raise InputError(
                "kind", kind, f"independent is needed, as the sites of {system} are {family}"
            )
    seen, seen_in_test = data.observed_in("train"), data.observed_in("test")
    fit, names = FITS[kind]
    given = {"steps": steps, "components": components, "hidden": hidden, "patterns": patterns}
    options = {option: value for option, value in given.items() if value is not None}
    if unknown := sorted(set(options) - set(names)):
        raise InputError(unknown[0], options[unknown[0]], f"{kind} has no such option")
    place = f"words/{system}/{point}/{stream or name}"
    rng = generator(seed, place)
    train, test = data.split("train"), data.split("test")
    started = time.process_time()
    if family == "spin":
        model = fit(train, rng, *mask_argument(seen), **options)
    else:
        model = independent_sites.fit(SITE_FAMILIES[family], train, seen)
    seconds = time.process_time() - started
    nats = -model.log_prob(test, *mask_argument(seen_in_test))
    repeat = data.groups[data.in_split("test")]
    metadata = SampleMetadata(system, point, family, data.metadata.n_sites, seed)
    write_samples(words, model.sample(n_words, rng), {}, metadata)
    by_repeat = pd.DataFrame({"repeat": repeat, "nats": nats}).groupby("repeat", as_index=False).mean()
    write_csv(repeats, by_repeat)
    write_text(cost, f"cpu_seconds\n{seconds:.2f}\n")
    scope = Scope(system, point, name)
    metrics = [
        scope.measured("negative_log_likelihood", estimate_over_groups(nats, repeat)),
        scope.metric("n_parameters", model.n_parameters, "exact"),
        scope.metric("log_partition_error", model.log_partition_error, "trained"),
    ]
    if isinstance(model, pairwise.Pairwise):
        metrics += [
            scope.metric("moment_residual_rms", model.moment_residual_rms, "trained"),
            scope.metric("check_noise_rms", model.check_noise_rms, "trained"),
        ]
    write_metrics(output, metrics)


if __name__ == "__main__":
    run(main)
