"""Law of the first order parameter in the data, in a trained model and exactly."""

from argparse import ArgumentParser

import numpy as np
import pandas as pd

from mfvae.cli import add_sample_arguments, run
from mfvae.errors import InputError
from mfvae.metrics import Scope, write_metrics
from mfvae.models import load_model
from mfvae.points import parse
from mfvae.population import total_variation
from mfvae.randomness import generator
from mfvae.samples import read_samples
from mfvae.storage import write_csv
from mfvae.systems import build
from mfvae.systems.binary_patterns import BinaryPatternModel


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    add_sample_arguments(parser)
    parser.add_argument("--n-generated", type=int, required=True)
    parser.add_argument("--law", required=True, help="CSV")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    parameters = parse(arguments.point)
    system = build(arguments.system, parameters, arguments.seed)
    if not isinstance(system, BinaryPatternModel):
        raise InputError("system", arguments.system, "one with a discrete order parameter is needed")
    output = f"law/{arguments.system}/{arguments.point}/{arguments.name}"
    rng = generator(arguments.seed, output)
    model = load_model(arguments.model, arguments.system, arguments.point)
    draws = {
        "data": read_samples(arguments.samples, arguments.system, arguments.point).configurations,
        "model": model.sample(arguments.n_generated, rng),
    }
    values, law = system.order_parameter_law()
    tables = [pd.DataFrame({"m": values, "source": "exact", "probability": law})]
    laws = {}
    for source, x in draws.items():
        order = system.order_parameters(x)[:, 0]
        nearest = np.searchsorted(values, order - 1 / (2 * system.n_sites))
        laws[source] = np.bincount(nearest, minlength=len(values)) / len(x)
        spread = np.sqrt(laws[source] * (1 - laws[source]) / len(x))
        tables.append(
            pd.DataFrame({"m": values, "source": source, "probability": laws[source], "stderr": spread})
        )
    table = pd.concat(tables, ignore_index=True)
    for position, (name, value) in enumerate(parameters.items()):
        table.insert(position, name, value)
    write_csv(arguments.law, table)

    distance = total_variation(laws["model"], law)
    faithful = {"reference": 0.0, "reference_source": "a faithful model (sampling noise adds to it)"}
    scope = Scope(arguments.system, arguments.point, arguments.name)
    write_metrics(
        arguments.output,
        [scope.metric("order_parameter_law_total_variation", distance, "trained", **faithful)],
    )


run(main)
