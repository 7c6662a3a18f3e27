"""Draw clusters of points with informative, redundant and noise features.

The last tenth of the points is the test split.
"""

from typing import Annotated

from mfvae.data.holdout import split_samples
from mfvae.random import integer_seed
from mfvae.studies.box_energies.clusters import ClusterConfig, draw
from mfvae.workflow.cli import AtLeast, SamplesOutput, Seed, run
from mfvae.workflow.files.samples import SampleMetadata, write_samples
from mfvae.workflow.settings.points import whole_number_at


def main(
    system: Annotated[str, "its name in paths"],
    point: Annotated[str, "k~NUMBER of clusters"],
    n_samples: Annotated[int, AtLeast(2), "configurations that are drawn"],
    seed: Seed,
    output: SamplesOutput,
    features: ClusterConfig,
) -> None:
    clusters = whole_number_at(point, "k")
    own_seed = integer_seed(seed, f"samples/{system}/{point}")
    x, label = draw(clusters, n_samples, features, own_seed)
    metadata = SampleMetadata(system, point, "gaussian", features.n_features, seed)
    columns = {"split": split_samples(len(x)), "cluster": label}
    write_samples(output, x, columns, metadata)


if __name__ == "__main__":
    run(main)
