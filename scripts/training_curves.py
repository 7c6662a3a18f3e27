"""How the ELBO gap of a system's models fell in training, and where the capacity bound stops it.

The gap −ELBO − H(x) is that of the held-out split, of which ELBO was scored after every epoch.
"""

from argparse import ArgumentParser

import pandas as pd

from mfvae.systems import build
from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import read_json, write_csv
from mfvae.workflow.metrics import find_metric, read_metrics
from mfvae.workflow.settings.points import parse


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--models", nargs="+", required=True, help="POINT/NAME of every model")
    parser.add_argument("--records", nargs="+", required=True, help="JSON record of each")
    parser.add_argument("--capacity", nargs="+", required=True, help="JSON metrics of each")
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--output", required=True, help="CSV")
    arguments = parser.parse_args()
    curves = []
    entries = zip(arguments.models, arguments.records, arguments.capacity, strict=True)
    for path, record, metrics in entries:
        point, _, name = path.rpartition("/")
        system = build(arguments.system, parse(point), arguments.seed)
        capacity = read_metrics([metrics])
        history = pd.DataFrame(read_json(record)["history"])
        gap = history["negative_elbo"] - system.entropy()
        curves.append(
            pd.DataFrame(
                {
                    "dataset": arguments.system,
                    **parse(point),
                    "model": name,
                    "step": history["step"],
                    "gap_per_site": gap / system.n_sites,
                    "stderr": find_metric(capacity, "elbo_gap").stderr / system.n_sites,
                    "floor_per_site": find_metric(capacity, "capacity_deficit").value / system.n_sites,
                }
            )
        )
    write_csv(arguments.output, pd.concat(curves, ignore_index=True))


run(main)
