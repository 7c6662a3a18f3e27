"""Trained models against the pairwise one in a group of neurons: held-out nats of the same repeats.

Differences are paired by repeats; the error of the pairwise model's log Z, which all words share, joins
theirs.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch

from mfvae.errors import InputError
from mfvae.latent.choose import latent_integral
from mfvae.random import integer_seed
from mfvae.stats import estimate, estimate_over_groups
from mfvae.workflow.cli import MetricsOutput, Models, Output, Seed, System, run, together
from mfvae.workflow.files.atomic import read_csv, write_csv
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Scope, find_metric, read_metrics, write_metrics
from mfvae.workflow.settings.points import whole_number_at


def main(
    system: System,
    point: Annotated[str, "neurons~NUMBER/group~NUMBER"],
    samples: Annotated[Path, "Parquet table of the group's words"],
    pairwise: Annotated[Path, "JSON of train/baseline.py"],
    repeats: Annotated[Path, "CSV of train/baseline.py"],
    names: Annotated[list[str], "of the models"],
    streams: Annotated[list[str], "what the random draws of each are named by"],
    models: Models,
    seed: Seed,
    table: Annotated[Output, "CSV: group, model, value, stderr"],
    output: MetricsOutput,
) -> None:
    data = read_samples(samples, system, point, "spin")
    test = data.split("test")
    repeat = data.groups[data.in_split("test")]
    of_pairwise = read_csv(repeats, ("repeat", "nats")).set_index("repeat")["nats"]
    if list(of_pairwise.index) != sorted(set(repeat)):
        raise InputError(
            "repeats", list(of_pairwise.index), "the held-out repeats of the words are needed"
        )
    shared = find_metric(read_metrics([pairwise]), "log_partition_error").value
    words, which = np.unique(test, axis=0, return_inverse=True)
    rows, metrics = [], []
    for name, stream, path in together(names=names, streams=streams, models=models):
        model = load_model(path, system, point)
        own_seed = integer_seed(seed, f"groups/{system}/{point}/{stream}")
        noise = torch.Generator().manual_seed(own_seed)
        all_words, each = (torch.from_numpy(model.family.statistic(x)) for x in (test, words))
        integral = latent_integral(model, noise, fitted_to=all_words)
        log_model, error = integral.log_marginal_with_error(each)
        nats = -log_model.numpy()[which.reshape(-1)]
        own = pd.Series(nats).groupby(repeat).mean()
        gain = estimate((own - of_pairwise).to_numpy())
        stderr = float(np.hypot(gain.stderr, shared))
        group = whole_number_at(point, "group")
        rows.append({"group": group, "model": name, "value": gain.value, "stderr": stderr})
        scope = Scope(system, point, name)
        metrics += [
            scope.measured("negative_log_likelihood", estimate_over_groups(nats, repeat)),
            *scope.numerical_error("quadrature_error", error),
            scope.metric("nats_above_pairwise", gain.value, "trained", stderr=stderr),
        ]
    write_csv(table, pd.DataFrame(rows))
    write_metrics(output, metrics)


if __name__ == "__main__":
    run(main)
