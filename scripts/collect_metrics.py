"""Gather the metrics of all stages in one file; every name occurs once."""

from argparse import ArgumentParser

from mfvae.workflow.cli import run
from mfvae.workflow.metrics import read_metrics, write_metrics


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", nargs="+", required=True, help="JSON lists of metrics")
    parser.add_argument("--output", required=True, help="JSON list of all metrics")
    arguments = parser.parse_args()
    write_metrics(arguments.output, read_metrics(arguments.inputs))


run(main)
