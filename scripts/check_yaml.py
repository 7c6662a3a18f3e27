"""Check what is written in YAML files of a configuration; status 1 and the first line that misleads.

Snakemake reads files named by --configfile before anything else, and says of an unknown alias only that
the file is no YAML: this says which alias, and in which line.
"""

from argparse import ArgumentParser
from pathlib import Path

from mfvae.workflow.cli import run
from mfvae.workflow.settings.strict_yaml import check_yaml


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="such as mine.yaml")
    for file in parser.parse_args().files:
        check_yaml(file)
        print(f"{file}: nothing misleads")


run(main)
