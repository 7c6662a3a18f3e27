"""How the ELBO gap of a system's models fell in training, and where the capacity bound stops it.

The gap −ELBO − H(x) is that of the held-out split, of which ELBO was scored after every epoch.
"""

from pathlib import Path
from typing import Annotated

import pandas as pd

from mfvae.systems import build
from mfvae.workflow.cli import Output, Seed, System, run, together
from mfvae.workflow.files.atomic import read_json, write_csv
from mfvae.workflow.metrics import find_metric, read_metrics
from mfvae.workflow.settings.points import parse


def main(
    system: System,
    models: Annotated[list[str], "POINT/NAME of every model"],
    records: Annotated[list[Path], "JSON record of each"],
    capacity: Annotated[list[Path], "JSON metrics of each"],
    seed: Seed,
    output: Annotated[Output, "CSV"],
) -> None:
    curves = []
    entries = together(models=models, records=records, capacity=capacity)
    for path, record, metrics in entries:
        point, _, name = path.rpartition("/")
        theory = build(system, parse(point), seed)
        measured = read_metrics([metrics])
        history = pd.DataFrame(read_json(record)["history"])
        gap = history["negative_elbo"] - theory.entropy()
        curves.append(
            pd.DataFrame(
                {
                    "dataset": system,
                    **parse(point),
                    "model": name,
                    "step": history["step"],
                    "gap_per_site": gap / theory.n_sites,
                    "stderr": find_metric(measured, "elbo_gap").stderr / theory.n_sites,
                    "floor_per_site": find_metric(measured, "capacity_deficit").value / theory.n_sites,
                }
            )
        )
    write_csv(output, pd.concat(curves, ignore_index=True))


if __name__ == "__main__":
    run(main)
