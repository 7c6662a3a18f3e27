"""Train a VAE on the training split of a table of samples; the test split is only scored."""

from argparse import ArgumentParser

import torch

from mfvae.cli import add_config_arguments, config_from, run
from mfvae.models import save_model
from mfvae.randomness import integer_seed
from mfvae.samples import read_samples
from mfvae.sites import SITE_FAMILIES
from mfvae.train import TrainingConfig, train
from mfvae.vae import VAE, VAEConfig


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--samples", required=True, help="Parquet table of samples")
    parser.add_argument("--system", required=True, help="the system that the samples must be of")
    parser.add_argument("--name", default="vae", help="name of the model, seeds its training")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True, help=".pt file; a JSON record goes beside it")
    for config in (VAEConfig, TrainingConfig):
        add_config_arguments(parser, config)
    arguments = parser.parse_args()
    architecture, training = config_from(arguments, VAEConfig), config_from(arguments, TrainingConfig)

    samples = read_samples(arguments.samples, arguments.system)
    family = SITE_FAMILIES[samples.metadata.site_family]
    train_set, test_set = (
        torch.from_numpy(family.statistic(samples.split(split))) for split in ("train", "test")
    )
    trained_on = {"system": samples.metadata.system, "point": samples.metadata.point}
    output = f"models/{arguments.system}/{samples.metadata.point}/{arguments.name}"
    torch.manual_seed(integer_seed(arguments.seed, f"{output}/initial"))
    model = VAE(family, samples.metadata.n_sites, architecture)
    history = train(model, train_set, test_set, training, integer_seed(arguments.seed, output))
    save_model(arguments.output, model, training, arguments.seed, trained_on, history)


run(main)
