"""Independent words of a trained model as a table of samples."""

from typing import Annotated

from mfvae.random import generator
from mfvae.workflow.cli import AtLeast, Model, Name, Output, Point, Seed, Stream, System, run
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import SampleMetadata, write_samples


def main(
    system: System,
    point: Point,
    name: Name,
    model: Model,
    seed: Seed,
    n_words: Annotated[int, AtLeast(1), "words that are drawn"],
    output: Annotated[Output, "Parquet table of words"],
    stream: Stream = "",
) -> None:
    vae = load_model(model, system, point)
    place = f"words/{system}/{point}/{stream or name}"
    words = vae.sample(n_words, generator(seed, place))
    metadata = SampleMetadata(system, point, vae.family.name, vae.n_sites, seed)
    write_samples(output, words, {}, metadata)


if __name__ == "__main__":
    run(main)
