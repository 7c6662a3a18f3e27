"""Check what is written in YAML files of a configuration; status 1 and the first line that misleads.

Snakemake reads files named by --configfile before anything else, and says of an unknown alias only that
the file is no YAML: this says which alias, and in which line.
"""

from pathlib import Path
from typing import Annotated

from mfvae.workflow.cli import run
from mfvae.workflow.settings.strict_yaml import check_yaml


def main(
    *files: Annotated[Path, "such as mine.yaml"],
) -> None:
    for file in files:
        check_yaml(file)
        print(f"{file}: nothing misleads")


if __name__ == "__main__":
    run(main)
