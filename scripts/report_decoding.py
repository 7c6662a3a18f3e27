"""Metrics of what was decoded where no truth is known: collective variables and the spectrum's gaps."""

from argparse import ArgumentParser

from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import read_csv, read_json
from mfvae.workflow.metrics import Scope, write_metrics

RATIOS = 4  # leading ratios of neighbouring singular values
FLOOR = 1e-5  # nats: smaller ones are rounding errors


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--point", required=True, help="for example N~64/beta~1.0 or repeats~297")
    parser.add_argument("--name", required=True, help="name of the model")
    parser.add_argument("--read-off", required=True, help="JSON of decode_fields.py")
    parser.add_argument("--spectrum", required=True, help="CSV of singular values")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    values = read_csv(arguments.spectrum)["singular_value"].clip(lower=FLOOR).to_numpy()
    scope = Scope(arguments.system, arguments.point, arguments.name)
    read_off = read_json(arguments.read_off)
    ratios = [
        scope.metric(f"singular_value_ratio_{k + 1}", values[k] / values[k + 1], "trained")
        for k in range(min(RATIOS, len(values) - 1))
    ]
    metrics = [scope.metric("collective_variables", read_off["count"], "trained"), *ratios]
    write_metrics(arguments.output, metrics)


run(main)
