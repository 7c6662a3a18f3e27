"""Train replicas of VAEs on clusters: several latent dimensions, widths and seeds in one go.

Written is what each says about the held-out points, under names like latent/d~2/replica~1.
"""

from argparse import ArgumentParser

import torch

from mfvae.errors import InputError
from mfvae.model.vae import VAEConfig
from mfvae.random import integer_seed
from mfvae.sites import SITE_FAMILIES
from mfvae.studies.box_energies.degeneracy import train_replica
from mfvae.training.config import TrainingConfig
from mfvae.workflow.cli import add_config_arguments, at_least, config_from, run
from mfvae.workflow.files.atomic import write_arrays
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.settings.replica_names import FEWEST


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--samples", required=True, help="Parquet table of samples")
    parser.add_argument("--system", required=True, help="the system that the samples must be of")
    parser.add_argument(
        "--latent-dims",
        type=int,
        action=at_least(1),
        nargs="+",
        required=True,
        help="numbers of latents",
    )
    parser.add_argument(
        "--widths", type=int, action=at_least(1), nargs="+", required=True, help="of replicas, in turn"
    )
    parser.add_argument(
        "--replicas", type=int, action=at_least(1), required=True, help="for every latent dimension"
    )
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--output", required=True, help=".npz file")
    add_config_arguments(parser, TrainingConfig)
    arguments = parser.parse_args()
    training = config_from(arguments, TrainingConfig)
    if arguments.replicas < FEWEST:
        raise InputError("replicas", arguments.replicas, f"an integer ≥ {FEWEST} is needed")
    samples = read_samples(arguments.samples, arguments.system)
    family = SITE_FAMILIES[samples.metadata.site_family]
    if family.name != "gaussian":
        raise InputError("site_family", family.name, "samples of gaussian sites are needed")
    train_set, test_set = (
        torch.from_numpy(family.statistic(samples.split(split))) for split in ("train", "test")
    )
    test = samples.in_split("test")
    arrays = {"label": samples.columns["cluster"][test], "data": samples.split("test")}
    for d in arguments.latent_dims:
        for number in range(1, arguments.replicas + 1):
            width = arguments.widths[(number - 1) % len(arguments.widths)]
            name = f"d~{d}/replica~{number}"
            seed = integer_seed(
                arguments.seed, f"models/{arguments.system}/{samples.metadata.point}/{name}"
            )
            replica = train_replica(
                train_set, test_set, VAEConfig(d, (width,), (width,)), training, seed
            )
            arrays |= {f"{part}/{name}": value for part, value in replica._asdict().items()}
    write_arrays(arguments.output, arrays)


run(main)
