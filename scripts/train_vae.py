"""Train a VAE on the training split of a table of samples; the test split is only scored."""

import time
from argparse import ArgumentParser
from pathlib import Path

import torch

from mfvae.capacity.ledger import checkpoint
from mfvae.model.vae import VAE, VAEConfig
from mfvae.random import integer_seed
from mfvae.sites import SITE_FAMILIES
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import TrainingDiverged, train
from mfvae.workflow.cli import add_config_arguments, config_from, run
from mfvae.workflow.files.atomic import write_text
from mfvae.workflow.files.model_record import record_path, save_model
from mfvae.workflow.files.samples import read_samples


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--samples", required=True, help="Parquet table of samples")
    parser.add_argument("--system", required=True, help="the system that the samples must be of")
    parser.add_argument(
        "--name", default="vae", help="name of the model, seeds its training (default: vae)"
    )
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--output", required=True, help=".pt file; a JSON record goes beside it")
    parser.add_argument("--cost", required=True, help="TSV: CPU seconds, which differ from run to run")
    for config in (VAEConfig, TrainingConfig):
        add_config_arguments(parser, config)
    arguments = parser.parse_args()
    architecture, training = config_from(arguments, VAEConfig), config_from(arguments, TrainingConfig)
    training.check_latent_dim(architecture.latent_dim)

    samples = read_samples(arguments.samples, arguments.system)
    family = SITE_FAMILIES[samples.metadata.site_family]
    train_set, test_set = (
        torch.from_numpy(family.statistic(samples.split(split))) for split in ("train", "test")
    )
    trained_on = {"system": samples.metadata.system, "point": samples.metadata.point}
    output = f"models/{arguments.system}/{samples.metadata.point}/{arguments.name}"
    weights = integer_seed(arguments.seed, f"{output}/initial")
    model = VAE(family, samples.metadata.n_sites, architecture, weights)
    seed = integer_seed(arguments.seed, output)
    kept = Path(arguments.output).with_suffix(".last_good.pt")
    started = time.process_time()
    try:
        result = train(model, train_set, test_set, training, seed, checkpoint)
    except TrainingDiverged as error:
        save_model(kept, model, training, arguments.seed, trained_on)
        raise TrainingDiverged(f"{error}; the last good weights are in {kept}") from error
    save_model(arguments.output, model, training, arguments.seed, trained_on, result)
    for left in (kept, record_path(kept)):  # by a run before this one, which failed
        left.unlink(missing_ok=True)
    write_text(arguments.cost, f"cpu_seconds\n{time.process_time() - started:.2f}\n")


run(main)
