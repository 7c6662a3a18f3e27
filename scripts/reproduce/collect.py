"""Gather the metrics of all stages in one file; every name occurs once."""

from pathlib import Path
from typing import Annotated

from mfvae.workflow.cli import Output, run
from mfvae.workflow.metrics import read_metrics, write_metrics


def main(
    inputs: Annotated[list[Path], "JSON lists of metrics"],
    output: Annotated[Output, "JSON list of all metrics"],
) -> None:
    write_metrics(output, read_metrics(inputs))


if __name__ == "__main__":
    run(main)
