"""Words of a part of a recording: of a random group of its neurons, or of every other training repeat.

All held-out repeats are in it.
"""

from pathlib import Path
from typing import Annotated

import numpy as np

from mfvae.errors import InputError
from mfvae.random import generator
from mfvae.workflow.cli import SamplesOutput, Seed, run
from mfvae.workflow.files.samples import SampleMetadata, Samples, read_samples, write_samples
from mfvae.workflow.settings.points import parse, whole_number_at

HALVES = 2


def group_of(data: Samples, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """Which neurons are in a group of as many as wanted."""
    n = data.metadata.n_sites
    if not 2 <= wanted <= n:
        raise InputError("neurons", wanted, f"an integer from 2 to {n} is needed")
    return np.sort(rng.choice(n, wanted, replace=False))


def half_of(data: Samples, half: int) -> np.ndarray:
    """Which words are in a half, the first or second."""
    if half not in range(1, HALVES + 1):
        raise InputError("half", half, f"an integer from 1 to {HALVES} is needed")
    repeat, split = data.groups, data.columns["split"]
    trained = np.unique(repeat[split == "train"])
    if len(trained) < HALVES:
        raise InputError("repeats", len(trained), f"{HALVES} to train on are needed")
    return np.isin(repeat, trained[half - 1 :: HALVES]) | (split == "test")


def main(
    samples: Annotated[Path, "Parquet table of the recording's words"],
    system: Annotated[str, "name of the groups or halves in paths"],
    point: Annotated[str, "neurons~NUMBER/group~NUMBER, half~1 or half~2"],
    seed: Seed,
    output: SamplesOutput,
) -> None:
    data = read_samples(samples)
    configurations, columns = data.configurations, data.columns
    if "half" in parse(point):
        kept = half_of(data, whole_number_at(point, "half"))
        configurations = configurations[kept]
        columns = {name: column[kept] for name, column in columns.items()}
    else:
        rng = generator(seed, f"samples/{system}/{point}")
        configurations = configurations[:, group_of(data, whole_number_at(point, "neurons"), rng)]
    family = data.metadata.site_family
    metadata = SampleMetadata(system, point, family, configurations.shape[1], seed)
    write_samples(output, configurations, columns, metadata)


if __name__ == "__main__":
    run(main)
