"""Draw clusters of points with informative, redundant and noise features.

The last tenth of the points is the test split.
"""

from argparse import ArgumentParser

from mfvae.data.holdout import split_samples
from mfvae.random import integer_seed
from mfvae.studies.box_energies.clusters import ClusterConfig, draw
from mfvae.workflow.cli import add_config_arguments, at_least, config_from, run
from mfvae.workflow.files.samples import SampleMetadata, write_samples
from mfvae.workflow.settings.points import parse


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="its name in paths")
    parser.add_argument("--point", required=True, help="k~NUMBER of clusters")
    parser.add_argument(
        "--n-samples", type=int, action=at_least(2), required=True, help="configurations that are drawn"
    )
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--output", required=True, help="Parquet table of samples")
    add_config_arguments(parser, ClusterConfig)
    arguments = parser.parse_args()
    config, clusters = config_from(arguments, ClusterConfig), int(parse(arguments.point)["k"])
    seed = integer_seed(arguments.seed, f"samples/{arguments.system}/{arguments.point}")
    x, label = draw(clusters, arguments.n_samples, config, seed)
    metadata = SampleMetadata(
        arguments.system, arguments.point, "gaussian", config.n_features, arguments.seed
    )
    columns = {"split": split_samples(len(x)), "cluster": label}
    write_samples(arguments.output, x, columns, metadata)


run(main)
