"""Words of a generalized Hopfield model by its own Monte Carlo, and whether they are of its law.

No latent variable is drawn: single spins are flipped. Exact draws, which go through the latent
variable, are what energy and number of spikes must agree with.
"""

from argparse import ArgumentParser

import numpy as np

from mfvae.hamiltonian.monte_carlo import monte_carlo
from mfvae.hamiltonian.tables import from_tables
from mfvae.random import generator
from mfvae.stats import estimate
from mfvae.workflow.cli import at_least, run
from mfvae.workflow.files.atomic import read_csv
from mfvae.workflow.files.samples import SampleMetadata, index_column, write_samples
from mfvae.workflow.metrics import Scope, write_metrics

NAME = "hamiltonian"  # of what the Monte Carlo draws


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--sites", required=True, help="CSV of write_theory.py")
    parser.add_argument("--nodes", required=True, help="CSV of write_theory.py")
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--point", required=True, help="for example N~64/beta~1.0 or repeats~297")
    parser.add_argument(
        "--chains", type=int, action=at_least(2), required=True, help="independent Markov chains"
    )
    parser.add_argument(
        "--kept", type=int, action=at_least(1), required=True, help="words of every chain"
    )
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--words", required=True, help="Parquet table of words")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    model = from_tables(read_csv(arguments.sites), read_csv(arguments.nodes))
    rng = generator(arguments.seed, f"words/{arguments.system}/{arguments.point}/{NAME}")
    found = monte_carlo(model, rng, chains=arguments.chains, kept=arguments.kept)[0]
    words = found.configurations()
    exact = model.draw(len(words), rng)
    scope = Scope(arguments.system, arguments.point, NAME)
    metrics = [
        scope.metric(f"r_hat_{name}", value, "trained", reference=1.0)
        for name, value in found.split_r_hat().items()
    ]
    pairs = {
        "energy": (found.energies, model.energy(exact)),
        "spike_count": (found.spike_counts(), (exact > 0).sum(1)),
    }
    for name, (own, drawn) in pairs.items():
        one, other = found.mean(own), estimate(drawn)
        error = float(np.hypot(one.stderr, other.stderr))
        metrics.append(
            scope.metric(
                f"{name}_minus_exact_draws",
                one.value - other.value,
                "statistical",
                stderr=error,
                reference=0.0,
                reference_source="the same law, drawn through the latent variable",
            )
        )
    metadata = SampleMetadata(arguments.system, arguments.point, "spin", model.n_sites, arguments.seed)
    chain = index_column(np.repeat(np.arange(arguments.chains), arguments.kept))
    write_samples(arguments.words, words, {"repeat": chain}, metadata)
    write_metrics(arguments.output, metrics)


run(main)
