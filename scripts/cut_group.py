"""Words of a random group of a recording's neurons, with the same repeats held out."""

from argparse import ArgumentParser

import numpy as np

from mfvae.errors import InputError
from mfvae.random import generator
from mfvae.workflow.cli import run
from mfvae.workflow.files.samples import SampleMetadata, read_samples, write_samples
from mfvae.workflow.settings.points import parse


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--samples", required=True, help="Parquet table of the recording's words")
    parser.add_argument("--system", required=True, help="name of the groups in paths")
    parser.add_argument("--point", required=True, help="neurons~NUMBER/group~NUMBER")
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--output", required=True, help="Parquet table of samples")
    arguments = parser.parse_args()
    samples = read_samples(arguments.samples)
    wanted, n = int(parse(arguments.point)["neurons"]), samples.metadata.n_sites
    if not 2 <= wanted <= n:
        raise InputError("neurons", wanted, f"an integer from 2 to {n} is needed")
    rng = generator(arguments.seed, f"samples/{arguments.system}/{arguments.point}")
    chosen = np.sort(rng.choice(n, wanted, replace=False))
    family = samples.metadata.site_family
    metadata = SampleMetadata(arguments.system, arguments.point, family, wanted, arguments.seed)
    write_samples(arguments.output, samples.configurations[:, chosen], samples.columns, metadata)


run(main)
