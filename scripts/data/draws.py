"""Read rows that others drew from a model of theirs, to be compared with the data as our models are."""

from pathlib import Path
from typing import Annotated

import numpy as np

from mfvae.data.reading import load_as
from mfvae.errors import InputError
from mfvae.workflow.cli import Output, Point, Samples, Seed, System, run
from mfvae.workflow.files.provenance import note_input
from mfvae.workflow.files.samples import SampleMetadata, read_samples, write_samples


def main(
    file: Annotated[Path, "of any format that mfvae.data.load knows"],
    samples: Samples,
    system: System,
    point: Point,
    seed: Seed,
    output: Annotated[Output, "Parquet table of words"],
    reading: Annotated[str, "options of mfvae.data.load in JSON: key, axes, values …"] = "{}",
) -> None:
    sites = read_samples(samples, system, point).metadata
    drawn = load_as(reading, file)
    note_input(file)
    if drawn.n_sites != sites.n_sites:
        raise InputError("sites", drawn.n_sites, f"{sites.n_sites} are needed, as the data have")
    if drawn.observed is not None:
        share = 100 * (1 - np.mean(drawn.observed))
        raise InputError("missing", f"{share:.2g} %", "whole rows are needed of a model's draws")
    print(drawn.describe(), flush=True)
    write_samples(
        output, drawn.array, {}, SampleMetadata(system, point, drawn.site, sites.n_sites, seed)
    )


if __name__ == "__main__":
    run(main)
