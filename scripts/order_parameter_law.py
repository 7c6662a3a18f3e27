"""Law of the first order parameter in the data, in a trained model and exactly."""

from argparse import ArgumentParser

import numpy as np
import pandas as pd

from mfvae.errors import InputError
from mfvae.random import generator
from mfvae.systems import build
from mfvae.workflow.cli import add_sample_arguments, at_least, run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.settings.points import parse


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    add_sample_arguments(parser)
    parser.add_argument(
        "--n-generated", type=int, action=at_least(2), required=True, help="draws from the model"
    )
    parser.add_argument("--output", required=True, help="CSV")
    arguments = parser.parse_args()
    parameters = parse(arguments.point)
    system = build(arguments.system, parameters, arguments.seed)
    if "order parameter law" not in system.capabilities():
        raise InputError("system", arguments.system, "one with a discrete order parameter is needed")
    model = load_model(arguments.model, arguments.system, arguments.point)
    samples = read_samples(arguments.samples, arguments.system, arguments.point)
    output = f"statistics/{arguments.system}/{arguments.point}/{arguments.name}"  # of measure_model.py
    draws = {
        "data": samples.configurations,
        "model": model.sample(arguments.n_generated, generator(arguments.seed, output)),
    }
    values, law = system.order_parameter_law()
    tables = [pd.DataFrame({"m": values, "source": "exact", "probability": law})]
    for source, x in draws.items():
        frequency = system.order_parameter_frequencies(x)
        spread = np.sqrt(frequency * (1 - frequency) / len(x))
        tables.append(
            pd.DataFrame({"m": values, "source": source, "probability": frequency, "stderr": spread})
        )
    table = pd.concat(tables, ignore_index=True)
    for position, (name, value) in enumerate(parameters.items()):
        table.insert(position, name, value)
    write_csv(arguments.output, table)


run(main)
