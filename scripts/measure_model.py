"""What a trained model of a solvable system is worth: its latent channel, and its own draws.

Of the channel: rate, exact KL(p_data‖p_θ), both sides of the capacity bound, the verdict; the gap
−ELBO − H(x) is KL(p_data‖p_θ) plus the variational gap E KL(q‖posterior). Of the draws: macroscopic
observables beside their exact values, and how far the law of a discrete order parameter is off.
"""

from argparse import ArgumentParser

import torch

from mfvae.capacity.bound import bound_report, encoder_information, rate_and_distortion
from mfvae.capacity.verdict import verdict
from mfvae.information import worst_split
from mfvae.latent.choose import latent_integral
from mfvae.population.words import total_variation
from mfvae.random import generator, integer_seed
from mfvae.stats import estimate
from mfvae.workflow.cli import add_sample_arguments, at_least, run
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Scope, read_metrics, splits_among, write_metrics
from mfvae.workflow.settings.points import build_at

SAMPLING = "a faithful model (sampling noise adds to it)"
POPULATION = 50_000  # training configurations that stand for q(z), far more than e^rate


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    add_sample_arguments(parser)
    parser.add_argument("--information", required=True, help="I(A;B) at this point (JSON)")
    parser.add_argument(
        "--n-test",
        type=int,
        action=at_least(2),
        required=True,
        help="held-out configurations that are used",
    )
    parser.add_argument(
        "--n-generated", type=int, action=at_least(2), required=True, help="draws from the model"
    )
    parser.add_argument("--statistics", required=True, help="JSON list of metrics of its draws")
    parser.add_argument("--output", required=True, help="JSON list of metrics of its channel")
    arguments = parser.parse_args()
    system = build_at(arguments.system, arguments.point, arguments.seed)
    model = load_model(arguments.model, arguments.system, arguments.point)
    samples = read_samples(arguments.samples, arguments.system, arguments.point)
    known = read_metrics([arguments.information])
    worst = worst_split(splits_among(known, Scope(arguments.system, arguments.point)))
    x = samples.split("test")[: arguments.n_test]
    population = samples.split("train")[:POPULATION]
    train = torch.from_numpy(model.family.statistic(population))
    statistic = torch.from_numpy(model.family.statistic(x))
    log_p = system.log_prob(x)

    place = f"{arguments.system}/{arguments.point}/{arguments.name}"
    noise = torch.Generator().manual_seed(integer_seed(arguments.seed, f"capacity/{place}"))
    rate, distortion = rate_and_distortion(model, statistic, noise)
    bound = bound_report(rate, distortion, log_p, worst.estimate)
    integral = latent_integral(model, noise)
    log_model, numerical_error = integral.log_marginal_with_error(statistic)
    log_model = log_model.numpy()
    kl = estimate(log_p - log_model)
    entropy = {"reference": system.entropy(), "reference_source": "exact entropy"}
    gap = estimate(rate + distortion + log_model)
    encoded = encoder_information(model, statistic, train, noise)
    n = system.n_sites
    scope = Scope(arguments.system, arguments.point, arguments.name)
    write_metrics(
        arguments.output,
        [
            scope.measured("rate", bound.rate),
            scope.measured("encoder_information_lower_bound", encoded),
            scope.measured("elbo_gap", bound.elbo_gap),
            scope.measured("capacity_deficit", bound.deficit),
            scope.measured("bound_slack", bound.slack),
            scope.measured("held_out_nats", estimate(-log_model), **entropy),
            scope.measured("variational_gap", gap),
            scope.measured("kl", kl, reference=0.0, reference_source="a faithful model"),
            scope.metric("kl_per_site", kl.value / n, "trained", stderr=kl.stderr / n),
            *scope.numerical_error("kl_numerical_error", numerical_error),
            scope.metric("faithful", verdict(bound.deficit, kl, numerical_error), "trained"),
        ],
    )

    drawn = model.sample(arguments.n_generated, generator(arguments.seed, f"statistics/{place}"))
    statistics = scope.compared("trained", system.observables(drawn), system.exact_observables())
    if "order parameter law" in system.capabilities():
        _, law = system.order_parameter_law()
        distance = total_variation(system.order_parameter_frequencies(drawn), law)
        exactly = {"reference": 0.0, "reference_source": SAMPLING}
        statistics.append(
            scope.metric("order_parameter_law_total_variation", distance, "trained", **exactly)
        )
    write_metrics(arguments.statistics, statistics)


run(main)
