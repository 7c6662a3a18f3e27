"""Draw samples of a solvable system at one point, and compare them with what is exactly known there.

The last tenth of the samples is the test split.
"""

from argparse import ArgumentParser

from mfvae.data.holdout import split_samples
from mfvae.random import generator
from mfvae.workflow.cli import at_least, run
from mfvae.workflow.files.samples import SampleMetadata, write_samples
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.points import build_at


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--point", required=True, help="for example N~64/beta~1.0")
    parser.add_argument(
        "--n-samples", type=int, action=at_least(2), required=True, help="configurations that are drawn"
    )
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--output", required=True, help="Parquet table of samples")
    parser.add_argument("--facts", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    system = build_at(arguments.system, arguments.point, arguments.seed)
    rng = generator(arguments.seed, f"samples/{arguments.system}/{arguments.point}")
    x = system.sample(arguments.n_samples, rng)
    columns = {"split": split_samples(len(x))}
    metadata = SampleMetadata(
        arguments.system, arguments.point, system.site_family.name, system.n_sites, arguments.seed
    )
    write_samples(arguments.output, x, columns, metadata)

    scope = Scope(arguments.system, arguments.point)
    write_metrics(
        arguments.facts,
        [
            scope.metric("log_partition_per_site", system.log_partition / system.n_sites, "exact"),
            scope.metric("entropy", system.entropy(), "exact"),
            *scope.compared("statistical", system.observables(x), system.exact_observables()),
        ],
    )


run(main)
