"""Fit a baseline to the training repeats of a recording, score the held-out ones, draw words from it.

Held-out nats are means over all words of the test repeats, their error is from the scatter of repeats.
"""

import time
from argparse import ArgumentParser

import pandas as pd

from mfvae.errors import InputError
from mfvae.population.baselines import independent, mixture, pairwise, population_count, rbm
from mfvae.random import generator
from mfvae.stats import estimate_over_groups
from mfvae.workflow.cli import at_least, run
from mfvae.workflow.files.atomic import write_csv, write_text
from mfvae.workflow.files.samples import SampleMetadata, read_samples, write_samples
from mfvae.workflow.metrics import Scope, write_metrics

FITS = {
    "independent": (independent.fit, ()),
    "population_count": (population_count.fit, ()),
    "pairwise": (pairwise.fit, ("steps",)),
    "mixture": (mixture.fit, ("components",)),
    "rbm": (rbm.fit, ("hidden",)),
}


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--samples", required=True, help="Parquet table of samples")
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--point", required=True, help="for example N~64/beta~1.0 or repeats~297")
    parser.add_argument("--name", required=True, help="of the baseline, seeds its fit")
    parser.add_argument("--kind", choices=FITS, required=True, help="of baseline")
    for option in ("steps", "components", "hidden"):
        parser.add_argument(
            f"--{option}", type=int, action=at_least(1), help="of the kinds that have it"
        )
    parser.add_argument(
        "--n-words", type=int, action=at_least(1), required=True, help="words that are drawn"
    )
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--words", required=True, help="Parquet table of words that are drawn")
    parser.add_argument("--repeats", required=True, help="CSV: held-out nats of every repeat")
    parser.add_argument("--cost", required=True, help="TSV: CPU seconds, which differ from run to run")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    samples = read_samples(arguments.samples, arguments.system, arguments.point, "spin")
    fit, names = FITS[arguments.kind]
    given = {name: getattr(arguments, name) for name in ("steps", "components", "hidden")}
    options = {name: value for name, value in given.items() if value is not None}
    if unknown := sorted(set(options) - set(names)):
        raise InputError(unknown[0], options[unknown[0]], f"{arguments.kind} has no such option")
    output = f"words/{arguments.system}/{arguments.point}/{arguments.name}"
    rng = generator(arguments.seed, output)
    train, test = samples.split("train"), samples.split("test")
    started = time.process_time()
    model = fit(train, rng, **options)
    cost = time.process_time() - started
    nats = -model.log_prob(test)
    repeats = samples.columns["repeat"][samples.in_split("test")]
    metadata = SampleMetadata(
        arguments.system, arguments.point, "spin", samples.metadata.n_sites, arguments.seed
    )
    write_samples(arguments.words, model.sample(arguments.n_words, rng), {}, metadata)
    by_repeat = pd.DataFrame({"repeat": repeats, "nats": nats}).groupby("repeat", as_index=False).mean()
    write_csv(arguments.repeats, by_repeat)
    write_text(arguments.cost, f"cpu_seconds\n{cost:.2f}\n")
    scope = Scope(arguments.system, arguments.point, arguments.name)
    metrics = [
        scope.measured("negative_log_likelihood", estimate_over_groups(nats, repeats)),
        scope.metric("n_parameters", model.n_parameters, "exact"),
        scope.metric("log_partition_error", model.log_partition_error, "trained"),
    ]
    if isinstance(model, pairwise.Pairwise):
        metrics += [
            scope.metric("moment_residual_rms", model.moment_residual_rms, "trained"),
            scope.metric("check_noise_rms", model.check_noise_rms, "trained"),
        ]
    write_metrics(arguments.output, metrics)


run(main)
