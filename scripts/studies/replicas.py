"""Train replicas of VAEs on clusters: several latent dimensions, widths and seeds in one go.

Written is what each says about the held-out points, under names like latent/d~2/replica~1; ``sheet``
is of the last points, those for training among them, as ``sheet_label`` and ``sheet_data`` are.
"""

from typing import Annotated

import torch

from mfvae.errors import InputError
from mfvae.model.vae import VAEConfig
from mfvae.random import integer_seed
from mfvae.sites import SITE_FAMILIES
from mfvae.studies.box_energies.degeneracy import SHEET, train_replica
from mfvae.training.config import TrainingConfig
from mfvae.workflow.cli import AtLeast, Output, Samples, Seed, run
from mfvae.workflow.files.atomic import write_arrays
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.settings.replica_names import FEWEST


def main(
    samples: Samples,
    system: Annotated[str, "the system that the samples must be of"],
    latent_dims: Annotated[list[int], AtLeast(1), "numbers of latents"],
    widths: Annotated[list[int], AtLeast(1), "of replicas, in turn"],
    replicas: Annotated[int, AtLeast(1), "for every latent dimension"],
    seed: Seed,
    output: Annotated[Output, ".npz file"],
    training: TrainingConfig,
) -> None:
    if replicas < FEWEST:
        raise InputError("replicas", replicas, f"an integer ≥ {FEWEST} is needed")
    data = read_samples(samples, system)
    family = SITE_FAMILIES[data.metadata.site_family]
    if family.name != "gaussian":
        raise InputError("site_family", family.name, "samples of gaussian sites are needed")
    train_set, test_set = (
        torch.from_numpy(family.statistic(data.split(split))) for split in ("train", "test")
    )
    test = data.in_split("test")
    arrays = {"label": data.columns["cluster"][test], "data": data.split("test")}
    arrays |= {
        "sheet_label": data.columns["cluster"][-SHEET:],
        "sheet_data": data.configurations[-SHEET:],
    }
    for d in latent_dims:
        for number in range(1, replicas + 1):
            width = widths[(number - 1) % len(widths)]
            name = f"d~{d}/replica~{number}"
            own_seed = integer_seed(seed, f"models/{system}/{data.metadata.point}/{name}")
            replica = train_replica(
                train_set, test_set, VAEConfig(d, (width,), (width,)), training, own_seed
            )
            arrays |= {f"{part}/{name}": value for part, value in replica._asdict().items()}
    write_arrays(output, arrays)


if __name__ == "__main__":
    run(main)
