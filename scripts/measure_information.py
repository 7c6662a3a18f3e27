"""The bipartite mutual information of a solvable system, before anything is trained on it.

Of a mean-field system also the rate of the exact channel x → φ, which a faithful latent channel has.
"""

from argparse import ArgumentParser

from mfvae.random import generator
from mfvae.systems.base import MeanFieldSystem
from mfvae.workflow.cli import at_least, run
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.points import build_at


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--point", required=True, help="for example N~64/beta~1.0")
    parser.add_argument(
        "--n-samples", type=int, action=at_least(2), required=True, help="for what has to be sampled"
    )
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    system = build_at(arguments.system, arguments.point, arguments.seed)
    rng = generator(arguments.seed, f"information/{arguments.system}/{arguments.point}")
    scope = Scope(arguments.system, arguments.point)
    splits = system.bipartite_information(arguments.n_samples, rng)
    metrics = [scope.information(split) for split in splits]
    if isinstance(system, MeanFieldSystem):
        metrics.append(scope.metric("exact_channel_rate", system.channel_rate(), "exact"))
        metrics.append(scope.metric("information_growth", system.information_growth(), "exact"))
    write_metrics(arguments.output, metrics)


run(main)
