"""The free-energy ledger of a trained model on held-out configurations, beside what is exactly known.

In double precision on fine lattices. Energy and entropy are given under the encoder's q(z|x) and under
the decoder's own posterior, which has no gap.
"""

import copy
from argparse import ArgumentParser

import torch

from mfvae.capacity.ledger import FINE, estimates, ledger, residuals
from mfvae.errors import InputError
from mfvae.latent.lattice import LatentLattice
from mfvae.latent.posterior import posterior_energy_and_entropy
from mfvae.stats import estimate
from mfvae.systems.base import MeanFieldSystem
from mfvae.workflow.cli import add_sample_arguments, at_least, run
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.points import build_at

SPACING = {1: 0.005, 2: 0.07}  # of the lattice over z: finer than the posteriors of steep decoders
CONFIGURATIONS = 400  # at most; the lattice is summed for each


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    add_sample_arguments(parser)
    parser.add_argument(
        "--n-test",
        type=int,
        action=at_least(2),
        required=True,
        help=f"{CONFIGURATIONS} at most are taken",
    )
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    system = build_at(arguments.system, arguments.point, arguments.seed)
    if not isinstance(system, MeanFieldSystem):
        raise InputError("system", arguments.system, "a mean-field system is needed")
    model = load_model(arguments.model, arguments.system, arguments.point)
    latent_dim = model.config.latent_dim
    if latent_dim not in SPACING:
        raise InputError("latent_dim", latent_dim, f"at most {max(SPACING)} is needed")
    model = copy.deepcopy(model).double()
    samples = read_samples(arguments.samples, arguments.system, arguments.point)
    x = samples.split("test")[: min(arguments.n_test, CONFIGURATIONS)]
    statistic = torch.from_numpy(model.family.statistic(x)).double()

    terms = ledger(model, statistic, spacing=SPACING[latent_dim])
    lattice = LatentLattice(model, latent_dim, SPACING[latent_dim], FINE[latent_dim].radius)
    energy, entropy = posterior_energy_and_entropy(lattice, statistic)
    exact = {"ledger_helmholtz": (system.entropy(), "exact entropy H(x)")}
    source = "exact channel"
    if system.patterns.shape[1] == latent_dim:
        exact |= {
            "ledger_rate": (system.channel_rate(), source),
            "posterior_energy": (system.entropy() + system.latent_entropy(), source),
            "posterior_entropy": (system.latent_entropy(), source),
        }
    measured = {f"ledger_{name}": term for name, term in estimates(terms).items()}
    measured |= {
        "posterior_energy": estimate(energy.numpy()),
        "posterior_entropy": estimate(entropy.numpy()),
    }
    scope = Scope(arguments.system, arguments.point, arguments.name)
    metrics = []
    for name, value in measured.items():
        reference, source = exact.get(name, (None, None))
        metrics.append(scope.measured(name, value, reference=reference, reference_source=source))
    failures = list(residuals(terms).values())
    identities = {"reference": 0.0, "reference_source": "identities of the ledger"}
    for name, worst in {
        "ledger_residual": max(values.abs().max().item() for values in failures),
        "ledger_residual_of_means": max(abs(values.mean().item()) for values in failures),
    }.items():
        metrics.append(scope.metric(name, worst, "trained", **identities))
    write_metrics(arguments.output, metrics)


run(main)
