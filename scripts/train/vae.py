"""Train a VAE on the training split of a table of samples; the test split is only scored.

Where there is a split ``valid``, it chooses the epoch whose weights are kept.
"""

import time
from dataclasses import replace
from typing import Annotated

import torch

from mfvae.capacity.ledger import checkpoint
from mfvae.data.holdout import TEST, TRAIN, VALID
from mfvae.model.device import chosen_device
from mfvae.model.vae import VAE, VAEConfig
from mfvae.random import integer_seed
from mfvae.sites import SITE_FAMILIES
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import TrainingDiverged, train
from mfvae.training.rows import Rows, rows_for_training
from mfvae.workflow.cli import CostOutput, Output, Samples, Seed, Stream, run
from mfvae.workflow.files.atomic import write_text
from mfvae.workflow.files.model_record import record_path, save_model
from mfvae.workflow.files.samples import read_samples


def main(
    samples: Samples,
    system: Annotated[str, "the system that the samples must be of"],
    seed: Seed,
    output: Annotated[Output, ".pt file; a JSON record goes beside it"],
    cost: CostOutput,
    architecture: VAEConfig,
    training: TrainingConfig,
    name: Annotated[str, "name of the model, seeds its training"] = "vae",
    stream: Stream = "",
    device: Annotated[str, "where to train: auto, cpu, cuda, mps"] = "cpu",
) -> None:
    training.check_latent_dim(architecture.latent_dim)

    data = read_samples(samples, system)
    family = SITE_FAMILIES[data.metadata.site_family]
    train_set: Rows = rows_for_training(family, data.split(TRAIN))
    test_set = torch.from_numpy(family.statistic(data.split(TEST)))
    splits, others = {"observed": TRAIN, "test_observed": TEST}, {}
    if data.in_split(VALID).any():
        splits["valid_observed"] = VALID
        others["valid_set"] = torch.from_numpy(family.statistic(data.split(VALID)))
    if data.observed is not None:
        architecture = replace(architecture, gaps=True)
        masks = {name: torch.from_numpy(data.observed_in(split)) for name, split in splits.items()}
        others |= masks
    trained_on = {"system": data.metadata.system, "point": data.metadata.point}
    place = f"models/{system}/{data.metadata.point}/{stream or name}"
    weights = integer_seed(seed, f"{place}/initial")
    model = VAE(family, data.metadata.n_sites, architecture, weights).to(chosen_device(device))
    own_seed = integer_seed(seed, place)
    kept = output.with_suffix(".last_good.pt")
    started = time.process_time()
    try:
        result = train(model, train_set, test_set, training, own_seed, checkpoint, **others)
    except TrainingDiverged as error:
        save_model(kept, model, training, seed, trained_on)
        raise TrainingDiverged(f"{error}; the last good weights are in {kept}") from error
    save_model(output, model, training, seed, trained_on, result)
    for left in (kept, record_path(kept)):  # by a run before this one, which failed
        left.unlink(missing_ok=True)
    write_text(cost, f"cpu_seconds\n{time.process_time() - started:.2f}\n")


if __name__ == "__main__":
    run(main)
