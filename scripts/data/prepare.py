"""Cut a recording into words (one per time bin), whole repeats held out, as a table of samples."""

from pathlib import Path
from typing import Annotated

import numpy as np

from mfvae.data.holdout import is_test_repeat
from mfvae.errors import InputError
from mfvae.workflow.cli import SamplesOutput, Seed, run
from mfvae.workflow.files.fetch import read_recording
from mfvae.workflow.files.samples import SampleMetadata, index_column, write_samples
from mfvae.workflow.settings.points import whole_number_at


def main(
    recording: Annotated[Path, "MATLAB file"],
    system: Annotated[str, "name of the recording"],
    point: Annotated[str, "repeats~NUMBER"],
    seed: Seed,
    output: SamplesOutput,
) -> None:
    raw = read_recording(recording)
    n_repeats, _, n_bins = raw.spikes.shape
    print(f"{recording}: {raw.description}", flush=True)
    wanted = whole_number_at(point, "repeats")
    if wanted > n_repeats:
        raise InputError("repeats", wanted, f"the recording has {n_repeats}")
    repeats = np.arange(wanted)
    training = repeats[~is_test_repeat(repeats)]
    if not len(training):
        raise InputError("repeats", wanted, "at least two are needed, the first is held out")
    trained = sum(raw.spikes[repeat].mean(1) for repeat in training) / len(training)
    if constant := (np.flatnonzero((trained == 0) | (trained == 1)) + 1).tolist():
        allowed = f"without neurons that never or always fire in the training repeats, {constant}"
        raise InputError("recording", str(recording), allowed)
    columns = {
        "repeat": index_column(np.repeat(repeats, n_bins)),
        "bin": index_column(np.tile(np.arange(n_bins), wanted)),
        "split": np.repeat(np.where(is_test_repeat(repeats), "test", "train"), n_bins),
    }
    metadata = SampleMetadata(system, point, "spin", raw.n_neurons, seed)
    write_samples(output, raw.words(repeats), columns, metadata, raw.description)


if __name__ == "__main__":
    run(main)
