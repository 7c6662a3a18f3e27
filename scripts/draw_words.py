"""Independent words of a trained model as a table of samples."""

from argparse import ArgumentParser

from mfvae.random import generator
from mfvae.workflow.cli import add_model_arguments, at_least, run
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import SampleMetadata, write_samples


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    add_model_arguments(parser)
    parser.add_argument(
        "--n-words", type=int, action=at_least(1), required=True, help="words that are drawn"
    )
    parser.add_argument("--output", required=True, help="Parquet table of words")
    arguments = parser.parse_args()
    model = load_model(arguments.model, arguments.system, arguments.point)
    output = f"words/{arguments.system}/{arguments.point}/{arguments.name}"
    words = model.sample(arguments.n_words, generator(arguments.seed, output))
    metadata = SampleMetadata(
        arguments.system, arguments.point, model.family.name, model.n_sites, arguments.seed
    )
    write_samples(arguments.output, words, {}, metadata)


run(main)
