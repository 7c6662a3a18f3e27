"""Trained models against the pairwise one in a group of neurons: held-out nats of the same repeats.

Differences are paired by repeats; the error of the pairwise model's log Z, which all words share, joins
theirs.
"""

from argparse import ArgumentParser

import numpy as np
import pandas as pd
import torch

from mfvae.errors import InputError
from mfvae.latent.choose import latent_integral
from mfvae.random import integer_seed
from mfvae.stats import estimate, estimate_over_groups
from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import read_csv, write_csv
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Scope, find_metric, read_metrics, write_metrics
from mfvae.workflow.settings.points import parse


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--point", required=True, help="neurons~NUMBER/group~NUMBER")
    parser.add_argument("--samples", required=True, help="Parquet table of the group's words")
    parser.add_argument("--pairwise", required=True, help="JSON of fit_baseline.py")
    parser.add_argument("--repeats", required=True, help="CSV of fit_baseline.py")
    parser.add_argument("--names", nargs="+", required=True, help="of the models")
    parser.add_argument("--models", nargs="+", required=True, help=".pt, their JSON records beside them")
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--table", required=True, help="CSV: group, model, value, stderr")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    samples = read_samples(arguments.samples, arguments.system, arguments.point, "spin")
    test = samples.split("test")
    repeats = samples.columns["repeat"][samples.in_split("test")]
    pairwise = read_csv(arguments.repeats, ("repeat", "nats")).set_index("repeat")["nats"]
    if list(pairwise.index) != sorted(set(repeats)):
        raise InputError("repeats", list(pairwise.index), "the held-out repeats of the words are needed")
    shared = find_metric(read_metrics([arguments.pairwise]), "log_partition_error").value
    words, which = np.unique(test, axis=0, return_inverse=True)
    rows, metrics = [], []
    for name, path in zip(arguments.names, arguments.models, strict=True):
        model = load_model(path, arguments.system, arguments.point)
        seed = integer_seed(arguments.seed, f"groups/{arguments.system}/{arguments.point}/{name}")
        noise = torch.Generator().manual_seed(seed)
        all_words, each = (torch.from_numpy(model.family.statistic(x)) for x in (test, words))
        integral = latent_integral(model, noise, fitted_to=all_words)
        log_model, error = integral.log_marginal_with_error(each)
        nats = -log_model.numpy()[which.reshape(-1)]
        own = pd.Series(nats).groupby(repeats).mean()
        gain = estimate((own - pairwise).to_numpy())
        stderr = float(np.hypot(gain.stderr, shared))
        group = int(parse(arguments.point)["group"])
        rows.append({"group": group, "model": name, "value": gain.value, "stderr": stderr})
        scope = Scope(arguments.system, arguments.point, name)
        metrics += [
            scope.measured("negative_log_likelihood", estimate_over_groups(nats, repeats)),
            *scope.numerical_error("quadrature_error", error),
            scope.metric("nats_above_pairwise", gain.value, "trained", stderr=stderr),
        ]
    write_csv(arguments.table, pd.DataFrame(rows))
    write_metrics(arguments.output, metrics)


run(main)
