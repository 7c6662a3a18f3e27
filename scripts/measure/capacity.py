"""What the latent channel of a trained model carries, and what it must: rate, likelihood, the bound.

Of a solvable system the exact KL(p_data‖p_θ) is measured, too, which with the variational gap
E KL(q‖posterior) makes up the gap −ELBO − H(x) on one side of the bound; and what the model's own draws
are like: macroscopic observables beside their exact values, and how far the law of a discrete order
parameter is off.

Of a recording the law is not known. Held-out values are means over all words of the test repeats, their
errors are from the scatter of repeats, and the bound is met on the model's own draws. Where the rate is
too large for nodes log p_θ(x) is from draws, and the model's own I(A;B) is not known.
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch

from mfvae.capacity.bound import (
    bound_report,
    encoder_information,
    model_mutual_information,
    rate_and_distortion,
)
from mfvae.capacity.verdict import verdict
from mfvae.errors import InputError
from mfvae.information import worst_split
from mfvae.latent.choose import latent_integral
from mfvae.latent.lattice import LatentQuadrature
from mfvae.model.vae import VAE
from mfvae.population.baselines import independent, independent_sites
from mfvae.population.words import total_variation
from mfvae.random import generator, integer_seed
from mfvae.sites.masks import rows_of
from mfvae.stats import Estimate, estimate, estimate_over_groups
from mfvae.systems import base
from mfvae.workflow.cli import (
    AtLeast,
    Model,
    Name,
    NTest,
    Output,
    Point,
    Samples,
    Seed,
    Stream,
    System,
    run,
)
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import Samples as SampleTable
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Metric, Scope, read_metrics, splits_among, write_metrics
from mfvae.workflow.settings.points import build_at

SAMPLING = "a faithful model (sampling noise adds to it)"
POPULATION = 50_000  # training configurations that stand for q(z), far more than e^rate
POPULATION_ENTRIES = 50_000_000  # spins of training words that do: 200 MB of statistics


def of_system(
    theory: base.System,
    model: VAE,
    data: SampleTable,
    information: Estimate,
    n_test: int,
    noise: torch.Generator,
    scope: Scope,
) -> list[Metric]:
    """The channel of a model of a solvable system; the bound is on ``information`` I(A;B)."""
    x = data.split("test")[:n_test]
    train = torch.from_numpy(model.family.statistic(data.split("train")[:POPULATION]))
    statistic = torch.from_numpy(model.family.statistic(x))
    log_p = theory.log_prob(x)
    rate, distortion = rate_and_distortion(model, statistic, noise)
    bound = bound_report(rate, distortion, log_p, information)
    integral = latent_integral(model, noise)
    log_marginal, numerical_error = integral.log_marginal_with_error(statistic)
    log_model = log_marginal.numpy()
    kl = estimate(log_p - log_model)
    entropy = {"reference": theory.entropy(), "reference_source": "exact entropy"}
    encoded = encoder_information(model, statistic, train, noise)
    n = theory.n_sites
    return [
        scope.measured("rate", bound.rate),
        scope.measured("encoder_information_lower_bound", encoded),
        scope.measured("elbo_gap", bound.elbo_gap),
        scope.measured("capacity_deficit", bound.deficit),
        scope.measured("bound_slack", bound.slack),
        scope.measured("held_out_nats", estimate(-log_model), **entropy),
        scope.measured("variational_gap", estimate(rate + distortion + log_model)),
        scope.measured("kl", kl, reference=0.0, reference_source="a faithful model"),
        scope.metric("kl_per_site", kl.value / n, "trained", stderr=kl.stderr / n),
        *scope.numerical_error("kl_numerical_error", numerical_error),
        scope.metric("faithful", verdict(bound.deficit, kl, numerical_error), "trained"),
    ]


def of_draws(theory: base.System, drawn: np.ndarray, scope: Scope) -> list[Metric]:
    """A model's own draws beside the system that it was trained on."""
    metrics = scope.compared("trained", theory.observables(drawn), theory.exact_observables())
    if "order parameter law" in theory.capabilities():
        _, law = theory.order_parameter_law()
        distance = total_variation(theory.order_parameter_frequencies(drawn), law)
        exactly = {"reference": 0.0, "reference_source": SAMPLING}
        metrics.append(
            scope.metric("order_parameter_law_total_variation", distance, "trained", **exactly)
        )
    return metrics


def as_tensor(observed: np.ndarray | None) -> torch.Tensor | None:
    return None if observed is None else torch.from_numpy(observed)


def first_of_each(rows: np.ndarray, observed: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Where distinct rows stand first, and which of these every row is: half of them are repetitions."""
    told_apart = rows if observed is None else np.concatenate([rows * observed, observed], axis=1)
    _, first, which = np.unique(told_apart, axis=0, return_index=True, return_inverse=True)
    return first, which.reshape(-1)


def independent_law(model: VAE, data: SampleTable, rng: np.random.Generator) -> Any:
    """Independent sites, with Laplace's rule of succession where they are spins."""
    train, seen = data.split("train"), data.observed_in("train")
    if model.family.name == "spin":
        return independent.fit(train, rng, seen)
    return independent_sites.fit(model.family, train, seen)


def of_recording(
    model: VAE,
    data: SampleTable,
    information: Estimate,
    n_test: int,
    rng: np.random.Generator,
    noise: torch.Generator,
    scope: Scope,
) -> tuple[list[Metric], pd.DataFrame]:
    """The same where no law is known: the bound is met on ``n_test`` of the model's own draws.

    Beside it the held-out nats of every group, by which models are compared with each other.
    """
    test = data.split("test")
    repeats = data.groups[data.in_split("test")]
    statistic = torch.from_numpy(model.family.statistic(test))
    seen = as_tensor(data.observed_in("test"))
    rate, distortion = rate_and_distortion(model, statistic, noise, seen)
    first, which = first_of_each(test, data.observed_in("test"))
    integral = latent_integral(model, noise, fitted_to=statistic, observed=seen)
    log_marginal, numerical_error = integral.log_marginal_with_error(
        statistic[first], rows_of(seen, first)
    )
    log_model = log_marginal.numpy()[which]
    alone = -independent_law(model, data, rng).log_prob(test, data.observed_in("test"))

    table = (
        pd.DataFrame({"repeat": repeats, "nats": -log_model}).groupby("repeat", as_index=False).mean()
    )

    def per_repeat(values: np.ndarray) -> Estimate:
        return estimate_over_groups(values, repeats)

    baseline, trained_rate = per_repeat(alone), per_repeat(rate)
    error = float(np.hypot(information.stderr, trained_rate.stderr))
    deficit = Estimate(information.value - trained_rate.value, error)
    population = slice(max(n_test, POPULATION_ENTRIES // model.n_sites))
    train = torch.from_numpy(model.family.statistic(data.split("train")[population]))
    masks = rows_of(seen, slice(n_test)), as_tensor(rows_of(data.observed_in("train"), population))
    encoded = encoder_information(model, statistic[:n_test], train, noise, *masks)
    if isinstance(integral, LatentQuadrature):
        own = model_mutual_information(integral, model, n_test, rng)
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
    metrics = [
        scope.measured("rate", trained_rate),
        scope.measured("encoder_information_lower_bound", encoded),
        scope.measured("capacity_deficit", deficit),
        scope.metric("faithful", verdict(deficit), "trained"),
        scope.measured("distortion", per_repeat(distortion)),
        scope.measured("negative_elbo", per_repeat(rate + distortion)),
        scope.measured("negative_log_likelihood", per_repeat(-log_model)),
        scope.measured("variational_gap", per_repeat(rate + distortion + log_model)),
        scope.metric(
            "independent_negative_log_likelihood", baseline.value, "statistical", stderr=baseline.stderr
        ),
        scope.measured("gain_over_independent", per_repeat(alone + log_model)),
        scope.metric("n_parameters", n_parameters, "exact"),  # of the decoder, which is the law
        *of_model,
    ]
    return metrics, table


def main(
    system: System,
    point: Point,
    name: Name,
    model: Model,
    seed: Seed,
    samples: Samples,
    information: Annotated[Path, "I(A;B) at this point (JSON)"],
    n_test: NTest,
    output: Annotated[Output, "JSON list of metrics of its channel"],
    n_generated: Annotated[int | None, AtLeast(2), "draws from a model of a solvable system"] = None,
    statistics: Annotated[Output | None, "JSON list of metrics of these draws"] = None,
    repeats: Annotated[Output | None, "CSV: held-out nats of every group of rows, of no system"] = None,
    stream: Stream = "",
) -> None:
    theory = None if statistics is None else build_at(system, point, seed)
    vae = load_model(model, system, point)
    data = read_samples(samples, system, point, vae.family.name)
    known = read_metrics([information])
    worst = worst_split(splits_among(known, Scope(system, point))).estimate
    place, scope = f"{system}/{point}/{stream or name}", Scope(system, point, name)
    noise = torch.Generator().manual_seed(integer_seed(seed, f"capacity/{place}"))
    if theory is None or statistics is None:
        rng = generator(seed, f"capacity/{place}")
        metrics, table = of_recording(vae, data, worst, n_test, rng, noise, scope)
        write_metrics(output, metrics)
        if repeats is not None:
            write_csv(repeats, table)
        return
    if n_generated is None:
        raise InputError("n_generated", n_generated, "a number is needed for statistics")
    write_metrics(output, of_system(theory, vae, data, worst, n_test, noise, scope))
    drawn = vae.sample(n_generated, generator(seed, f"statistics/{place}"))
    write_metrics(statistics, of_draws(theory, drawn, scope))


if __name__ == "__main__":
    run(main)
