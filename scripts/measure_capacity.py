"""Rate, exact KL(p_data‖p_θ) and both sides of the capacity bound, for a solvable system."""

from argparse import ArgumentParser

import torch

from mfvae.capacity import bound_report, rate_and_distortion
from mfvae.cli import add_model_arguments, run
from mfvae.estimates import estimate
from mfvae.free_energy import LatentLattice
from mfvae.metrics import Scope, find_metric, read_metrics, write_metrics
from mfvae.models import load_model
from mfvae.points import parse
from mfvae.randomness import integer_seed
from mfvae.samples import read_samples
from mfvae.systems import build


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    add_model_arguments(parser)
    parser.add_argument("--facts", required=True, help="what is exactly known at this point (JSON)")
    parser.add_argument("--n-test", type=int, required=True)
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    system = build(arguments.system, parse(arguments.point), arguments.seed)
    facts = read_metrics([arguments.facts])
    model = load_model(arguments.model, arguments.system, arguments.point)
    samples = read_samples(arguments.samples, arguments.system, arguments.point)
    x = samples.split("test")[: arguments.n_test]
    statistic = torch.from_numpy(model.family.statistic(x))
    log_p = system.log_prob(x)

    output = f"capacity/{arguments.system}/{arguments.point}/{arguments.name}"
    noise = torch.Generator().manual_seed(integer_seed(arguments.seed, output))
    rate, distortion = rate_and_distortion(model, statistic, noise)
    bound = bound_report(rate, distortion, log_p, find_metric(facts, "bipartite_mi").value)
    lattice = LatentLattice(model, model.config.latent_dim)
    log_model, quadrature_error = lattice.log_marginal_with_error(statistic)
    kl = estimate(log_p - log_model.numpy())
    n = system.n_sites
    exact_rate = find_metric(facts, "exact_channel_rate").value
    source = "I(x;φ) of the exact Hubbard–Stratonovich channel"
    scope = Scope(arguments.system, arguments.point, arguments.name)
    write_metrics(
        arguments.output,
        [
            scope.measured("rate", bound.rate, reference=exact_rate, reference_source=source),
            scope.measured("elbo_gap", bound.elbo_gap),
            scope.measured("capacity_deficit", bound.deficit),
            scope.measured("bound_slack", bound.slack),
            scope.measured("kl", kl, reference=0.0, reference_source="a faithful model"),
            scope.metric("kl_per_site", kl.value / n, "trained", stderr=kl.stderr / n),
            scope.metric("quadrature_error", quadrature_error, "trained"),
        ],
    )


run(main)
