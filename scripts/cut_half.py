"""Words of every other training repeat of a recording, with all held-out repeats."""

from argparse import ArgumentParser

import numpy as np

from mfvae.errors import InputError
from mfvae.workflow.cli import run
from mfvae.workflow.files.samples import SampleMetadata, read_samples, write_samples
from mfvae.workflow.settings.points import parse

HALVES = 2


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--samples", required=True, help="Parquet table of the recording's words")
    parser.add_argument("--system", required=True, help="name of the halves in paths")
    parser.add_argument("--point", required=True, help="half~1 or half~2")
    parser.add_argument("--output", required=True, help="Parquet table of samples")
    arguments = parser.parse_args()
    samples = read_samples(arguments.samples)
    half = int(parse(arguments.point)["half"])
    if half not in range(1, HALVES + 1):
        raise InputError("half", half, f"an integer from 1 to {HALVES} is needed")
    repeat, split = samples.columns["repeat"], samples.columns["split"]
    trained = np.unique(repeat[split == "train"])
    if len(trained) < HALVES:
        raise InputError("repeats", len(trained), f"{HALVES} to train on are needed")
    kept = np.isin(repeat, trained[half - 1 :: HALVES]) | (split == "test")
    metadata = SampleMetadata(
        arguments.system,
        arguments.point,
        samples.metadata.site_family,
        samples.metadata.n_sites,
        samples.metadata.seed,
    )
    columns = {name: column[kept] for name, column in samples.columns.items()}
    write_samples(arguments.output, samples.configurations[kept], columns, metadata)


run(main)
