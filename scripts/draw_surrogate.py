"""Draw words of a population whose generalized Hopfield model is known.

The last tenth of the words is the test split.
"""

from argparse import ArgumentParser

from mfvae.data.holdout import split_samples
from mfvae.random import generator
from mfvae.systems.surrogate import sample, surrogate
from mfvae.workflow.cli import at_least, run
from mfvae.workflow.files.samples import SampleMetadata, write_samples
from mfvae.workflow.settings.points import parse


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="its name in paths")
    parser.add_argument("--point", required=True, help="N~NUMBER of sites")
    parser.add_argument(
        "--n-samples", type=int, action=at_least(2), required=True, help="configurations that are drawn"
    )
    parser.add_argument("--seed", type=int, required=True, help="of the model and of its words")
    parser.add_argument("--output", required=True, help="Parquet table of samples")
    arguments = parser.parse_args()
    truth = surrogate(int(parse(arguments.point)["N"]), arguments.seed)
    rng = generator(arguments.seed, f"samples/{arguments.system}/{arguments.point}")
    words = sample(truth, arguments.n_samples, rng)
    metadata = SampleMetadata(arguments.system, arguments.point, "spin", truth.n_sites, arguments.seed)
    write_samples(arguments.output, words, {"split": split_samples(len(words))}, metadata)


run(main)
