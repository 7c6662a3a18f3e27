"""Law of the first order parameter in the data, in a trained model and exactly."""

from typing import Annotated

import numpy as np
import pandas as pd

from mfvae.errors import InputError
from mfvae.random import generator
from mfvae.systems import build
from mfvae.workflow.cli import AtLeast, Model, Name, Output, Point, Samples, Seed, Stream, System, run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.settings.points import parse


def main(
    system: System,
    point: Point,
    name: Name,
    model: Model,
    seed: Seed,
    samples: Samples,
    n_generated: Annotated[int, AtLeast(2), "draws from the model"],
    output: Annotated[Output, "CSV"],
    stream: Stream = "",
) -> None:
    parameters = parse(point)
    theory = build(system, parameters, seed)
    if "order parameter law" not in theory.capabilities():
        raise InputError("system", system, "one with a discrete order parameter is needed")
    vae = load_model(model, system, point)
    data = read_samples(samples, system, point)
    place = f"statistics/{system}/{point}/{stream or name}"  # of measure/capacity.py
    draws = {
        "data": data.configurations,
        "model": vae.sample(n_generated, generator(seed, place)),
    }
    values, law = theory.order_parameter_law()
    tables = [pd.DataFrame({"m": values, "source": "exact", "probability": law})]
    for source, x in draws.items():
        frequency = theory.order_parameter_frequencies(x)
        spread = np.sqrt(frequency * (1 - frequency) / len(x))
        tables.append(
            pd.DataFrame({"m": values, "source": source, "probability": frequency, "stderr": spread})
        )
    table = pd.concat(tables, ignore_index=True)
    for position, (parameter, value) in enumerate(parameters.items()):
        table.insert(position, parameter, value)
    write_csv(output, table)


if __name__ == "__main__":
    run(main)
