"""The free-energy ledger of a trained model on held-out configurations, beside what is exactly known.

In double precision on fine lattices. Energy and entropy are given under the encoder's q(z|x) and under
the decoder's own posterior, which has no gap.
"""

import copy
from typing import Annotated

import torch

from mfvae.capacity.ledger import FINE, estimates, ledger, residuals
from mfvae.errors import InputError
from mfvae.latent.lattice import LatentLattice
from mfvae.latent.posterior import posterior_energy_and_entropy
from mfvae.stats import estimate
from mfvae.systems.base import MeanFieldSystem
from mfvae.workflow.cli import AtLeast, MetricsOutput, Model, Name, Point, Samples, Seed, System, run
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.points import build_at

SPACING = {1: 0.005, 2: 0.07}  # of the lattice over z: finer than the posteriors of steep decoders
CONFIGURATIONS = 400  # at most; the lattice is summed for each


def main(
    system: System,
    point: Point,
    name: Name,
    model: Model,
    seed: Seed,
    samples: Samples,
    n_test: Annotated[int, AtLeast(2), f"{CONFIGURATIONS} at most are taken"],
    output: MetricsOutput,
) -> None:
    theory = build_at(system, point, seed)
    if not isinstance(theory, MeanFieldSystem):
        raise InputError("system", system, "a mean-field system is needed")
    vae = load_model(model, system, point)
    latent_dim = vae.config.latent_dim
    if latent_dim not in SPACING:
        raise InputError("latent_dim", latent_dim, f"at most {max(SPACING)} is needed")
    vae = copy.deepcopy(vae).double()
    data = read_samples(samples, system, point)
    x = data.split("test")[: min(n_test, CONFIGURATIONS)]
    statistic = torch.from_numpy(vae.family.statistic(x)).double()

    terms = ledger(vae, statistic, spacing=SPACING[latent_dim])
    lattice = LatentLattice(vae, latent_dim, SPACING[latent_dim], FINE[latent_dim].radius)
    energy, entropy = posterior_energy_and_entropy(lattice, statistic)
    exact = {"ledger_helmholtz": (theory.entropy(), "exact entropy H(x)")}
    source = "exact channel"
    if theory.patterns.shape[1] == latent_dim:
        exact |= {
            "ledger_rate": (theory.channel_rate(), source),
            "posterior_energy": (theory.entropy() + theory.latent_entropy(), source),
            "posterior_entropy": (theory.latent_entropy(), source),
        }
    measured = {f"ledger_{quantity}": term for quantity, term in estimates(terms).items()}
    measured |= {
        "posterior_energy": estimate(energy.numpy()),
        "posterior_entropy": estimate(entropy.numpy()),
    }
    scope = Scope(system, point, name)
    metrics = []
    for quantity, value in measured.items():
        reference, source = exact.get(quantity, (None, None))
        metrics.append(scope.measured(quantity, value, reference=reference, reference_source=source))
    failures = list(residuals(terms).values())
    identities = {"reference": 0.0, "reference_source": "identities of the ledger"}
    for quantity, worst in {
        "ledger_residual": max(values.abs().max().item() for values in failures),
        "ledger_residual_of_means": max(abs(values.mean().item()) for values in failures),
    }.items():
        metrics.append(scope.metric(quantity, worst, "trained", **identities))
    write_metrics(output, metrics)


if __name__ == "__main__":
    run(main)
