"""Models trained on a surrogate population beside its known truth: law, patterns, biases and K.

K is read off by the rule of ``mfvae.supported`` on held-out words. Overlaps and errors are of the model
that has as many as the truth.
"""

from typing import Annotated

import numpy as np
import torch

from mfvae.capacity.selection import fewest
from mfvae.compare.pattern_matching import align
from mfvae.errors import InputError
from mfvae.hamiltonian.from_decoder import generalized_hopfield
from mfvae.latent.choose import latent_integral
from mfvae.random import integer_seed
from mfvae.stats import estimate
from mfvae.systems.surrogate import surrogate
from mfvae.workflow.cli import MetricsOutput, Models, NTest, Point, Samples, Seed, System, run, together
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.points import whole_number_at

SOURCE = "the surrogate's own model"


def main(
    system: System,
    point: Point,
    samples: Samples,
    names: Annotated[list[str], "of the models"],
    models: Models,
    n_test: NTest,
    seed: Seed,
    output: MetricsOutput,
) -> None:
    data = read_samples(samples, system, point)
    words = data.split("test")[:n_test]
    truth = surrogate(whole_number_at(point, "N"), seed)
    noise = torch.Generator().manual_seed(integer_seed(seed, f"surrogate/{point}"))
    log_truth, metrics = truth.log_prob(words), []
    nats: dict[int, np.ndarray] = {}
    for name, path in together(names=names, models=models):
        model = load_model(path, system, point)
        if not model.config.field_rank:
            raise InputError("field_rank", 0, f"an integer ≥ 1 is needed ({name})")
        scope = Scope(system, point, name)
        statistic = torch.from_numpy(model.family.statistic(words))
        integral = latent_integral(model, noise, fitted_to=statistic)
        log_model, error = integral.log_marginal_with_error(statistic)
        own = -log_model.numpy()
        nats.setdefault(model.config.field_rank, own)  # of replicas the first
        beside = {"reference": float(-log_truth.mean()), "reference_source": SOURCE}
        kl = estimate(log_truth + own)
        metrics += [
            scope.measured("held_out_nats", estimate(own), **beside),
            scope.measured("kl", kl, reference=0.0, reference_source="a faithful model"),
            *scope.numerical_error("quadrature_error", error),
        ]
        if model.config.field_rank == truth.n_patterns:
            found = align(generalized_hopfield(model), truth)
            one = {"reference": 1.0, "reference_source": SOURCE}
            metrics += [
                scope.metric(f"pattern_overlap_{k + 1}", overlap, "trained", **one)
                for k, overlap in enumerate(found.overlaps)
            ]
            largest = found.principal_angles.max()
            metrics += [
                scope.metric("largest_principal_angle", largest, "trained", reference=0.0),
                scope.metric("bias_error", found.bias_error, "trained", reference=0.0),
                scope.metric("field_covariance_error", found.field_error, "trained", reference=0.0),
            ]
    known = {"reference": float(truth.n_patterns), "reference_source": SOURCE}
    whole = Scope(system, point)
    k = fewest(nats, lambda few, more: estimate(nats[few] - nats[more]))  # of the same words
    metrics.append(whole.metric("collective_variables", k, "trained", **known))
    write_metrics(output, metrics)


if __name__ == "__main__":
    run(main)
