"""Compare metrics with their expected values: a table with a verdict for every name."""

from argparse import ArgumentParser

from mfvae.cli import run
from mfvae.metrics import read_metrics
from mfvae.reproduction import compare, reproduction_table
from mfvae.storage import read_json, write_text


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", required=True)
    parser.add_argument("--expected", required=True, help="JSON: name → value, tolerance, reason")
    parser.add_argument("--output", required=True, help="Markdown table")
    arguments = parser.parse_args()
    comparisons = compare(read_metrics([arguments.metrics]), read_json(arguments.expected))
    write_text(arguments.output, reproduction_table(comparisons) + "\n")


run(main)
