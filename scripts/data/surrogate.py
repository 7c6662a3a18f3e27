"""Draw words of a population whose generalized Hopfield model is known.

The last tenth of the words is the test split.
"""

from typing import Annotated

from mfvae.data.holdout import split_samples
from mfvae.random import generator
from mfvae.systems.surrogate import sample, surrogate
from mfvae.workflow.cli import AtLeast, SamplesOutput, run
from mfvae.workflow.files.samples import SampleMetadata, write_samples
from mfvae.workflow.settings.points import whole_number_at


def main(
    system: Annotated[str, "its name in paths"],
    point: Annotated[str, "N~NUMBER of sites"],
    n_samples: Annotated[int, AtLeast(2), "configurations that are drawn"],
    seed: Annotated[int, "of the model and of its words"],
    output: SamplesOutput,
) -> None:
    truth = surrogate(whole_number_at(point, "N"), seed)
    rng = generator(seed, f"samples/{system}/{point}")
    words = sample(truth, n_samples, rng)
    metadata = SampleMetadata(system, point, "spin", truth.n_sites, seed)
    write_samples(output, words, {"split": split_samples(len(words))}, metadata)


if __name__ == "__main__":
    run(main)
