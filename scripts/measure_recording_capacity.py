"""Held-out free energies, rate and the model's own mutual information, for data with no known law.

Held-out values are means over all words of the test repeats, their errors from the scatter of repeats.
Beyond three latents log p_θ(x) is from importance sampling, and the model's own I(A;B) is not known.
"""

from argparse import ArgumentParser

import numpy as np
import torch

from mfvae.capacity.bound import (
    bound_report,
    encoder_information,
    model_mutual_information,
    rate_and_distortion,
)
from mfvae.capacity.verdict import verdict
from mfvae.information import worst_split
from mfvae.latent.choose import latent_integral
from mfvae.latent.lattice import LatentQuadrature
from mfvae.population.words import independent_log_likelihood
from mfvae.random import generator, integer_seed
from mfvae.stats import Estimate, estimate_over_groups
from mfvae.workflow.cli import add_sample_arguments, at_least, run
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Scope, read_metrics, splits_among, write_metrics

POPULATION_ENTRIES = 50_000_000  # spins of training words that stand for q(z): 200 MB of statistics


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    add_sample_arguments(parser)
    parser.add_argument("--information", required=True, help="I(A;B) of the recording (JSON)")
    parser.add_argument(
        "--n-test", type=int, action=at_least(2), required=True, help="draws for the model's own bound"
    )
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    samples = read_samples(arguments.samples, arguments.system, arguments.point, "spin")
    model = load_model(arguments.model, arguments.system, arguments.point)
    known = read_metrics([arguments.information])
    worst = worst_split(splits_among(known, Scope(arguments.system, arguments.point))).estimate
    output = f"capacity/{arguments.system}/{arguments.point}/{arguments.name}"
    rng = generator(arguments.seed, output)
    noise = torch.Generator().manual_seed(integer_seed(arguments.seed, output))

    test = samples.split("test")
    repeats = samples.columns["repeat"][samples.in_split("test")]
    statistic = torch.from_numpy(model.family.statistic(test))
    rate, distortion = rate_and_distortion(model, statistic, noise)
    words, which = np.unique(test, axis=0, return_inverse=True)  # half of the words are repetitions
    integral = latent_integral(model, noise, fitted_to=statistic)
    log_marginal, numerical_error = integral.log_marginal_with_error(
        torch.from_numpy(model.family.statistic(words))
    )
    log_model = log_marginal.numpy()[which.reshape(-1)]
    independent = -independent_log_likelihood(samples.split("train"), test)

    def per_repeat(values: np.ndarray) -> Estimate:
        return estimate_over_groups(values, repeats)

    baseline = per_repeat(independent)
    trained_rate = per_repeat(rate)
    deficit = Estimate(
        worst.value - trained_rate.value, float(np.hypot(worst.stderr, trained_rate.stderr))
    )
    population = samples.split("train")
    population = population[: max(arguments.n_test, POPULATION_ENTRIES // model.n_sites)]
    train = torch.from_numpy(model.family.statistic(population))
    encoded = encoder_information(model, statistic[: arguments.n_test], train, noise)
    scope = Scope(arguments.system, arguments.point, arguments.name)
    if isinstance(integral, LatentQuadrature):
        own = model_mutual_information(integral, model, arguments.n_test, rng)
        own_rate, own_distortion = rate_and_distortion(model, own.statistic, noise)
        own_bound = bound_report(own_rate, own_distortion, own.log_marginal, own.bipartite_mi)
        of_model = [
            scope.measured("model_bipartite_mi", own.bipartite_mi),
            scope.measured("model_rate", own_bound.rate),
            scope.measured("model_elbo_gap", own_bound.elbo_gap),
            scope.measured("model_bound_slack", own_bound.slack),
            *scope.numerical_error("quadrature_error", numerical_error),
        ]
    else:
        of_model = scope.numerical_error("importance_sampling_error", numerical_error)
    of_decoder = (*model.warp.parameters(), *model.decoder.parameters())
    n_parameters = sum(parameter.numel() for parameter in of_decoder)
    write_metrics(
        arguments.output,
        [
            scope.measured("rate", trained_rate),
            scope.measured("encoder_information_lower_bound", encoded),
            scope.measured("capacity_deficit", deficit),
            scope.metric("faithful", verdict(deficit), "trained"),
            scope.measured("distortion", per_repeat(distortion)),
            scope.measured("negative_elbo", per_repeat(rate + distortion)),
            scope.measured("negative_log_likelihood", per_repeat(-log_model)),
            scope.measured("variational_gap", per_repeat(rate + distortion + log_model)),
            scope.metric(
                "independent_negative_log_likelihood",
                baseline.value,
                "statistical",
                stderr=baseline.stderr,
            ),
            scope.measured("gain_over_independent", per_repeat(independent + log_model)),
            scope.metric("n_parameters", n_parameters, "exact"),  # of the decoder, which is the law
            *of_model,
        ],
    )


run(main)
