"""Law of the first order parameter in the data, in a trained model and exactly."""

from argparse import ArgumentParser

import numpy as np
import pandas as pd

from mfvae.cli import add_model_arguments, run
from mfvae.estimates import estimate
from mfvae.metrics import Scope, write_metrics
from mfvae.models import load_model
from mfvae.points import parse
from mfvae.population import total_variation
from mfvae.randomness import generator
from mfvae.samples import read_samples
from mfvae.storage import write_csv
from mfvae.systems import build


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    add_model_arguments(parser)
    parser.add_argument("--n-generated", type=int, required=True)
    parser.add_argument("--law", required=True, help="CSV")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    parameters = parse(arguments.point)
    system = build(arguments.system, parameters, arguments.seed)
    output = f"statistics/{arguments.system}/{arguments.point}/{arguments.name}"
    rng = generator(arguments.seed, output)
    model = load_model(arguments.model, arguments.system, arguments.point)
    draws = {
        "data": read_samples(arguments.samples, arguments.system, arguments.point).spins,
        "model": model.sample(arguments.n_generated, rng),
    }
    values, law = system.order_parameter_law()
    tables = [pd.DataFrame({"m": values, "source": "exact", "probability": law})]
    laws, order = {}, {}
    for source, x in draws.items():
        order[source] = system.order_parameters(x)[:, 0]
        nearest = np.searchsorted(values, order[source] - 1 / (2 * system.n_sites))
        laws[source] = np.bincount(nearest, minlength=len(values)) / len(x)
        spread = np.sqrt(laws[source] * (1 - laws[source]) / len(x))
        tables.append(
            pd.DataFrame({"m": values, "source": source, "probability": laws[source], "stderr": spread})
        )
    table = pd.concat(tables, ignore_index=True)
    for position, (name, value) in enumerate(parameters.items()):
        table.insert(position, name, value)
    write_csv(arguments.law, table)

    exact = float(law @ np.abs(values))
    more = {"reference": exact, "reference_source": "exact law at finite N"}
    scope = Scope(arguments.system, arguments.point, arguments.name)
    write_metrics(
        arguments.output,
        [
            scope.measured("mean_abs_order_parameter", estimate(np.abs(order["model"])), **more),
            scope.metric(
                "order_parameter_law_total_variation",
                total_variation(laws["model"], law),
                "trained",
                reference=0.0,
                reference_source="a faithful model (sampling noise adds to it)",
            ),
        ],
    )


run(main)
