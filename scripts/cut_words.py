"""Cut a recording into words (one per time bin), whole repeats held out, as a table of samples."""

from argparse import ArgumentParser

import numpy as np

from mfvae.data.holdout import is_test_repeat
from mfvae.errors import InputError
from mfvae.workflow.cli import run
from mfvae.workflow.files.fetch import read_recording
from mfvae.workflow.files.samples import SampleMetadata, index_column, write_samples
from mfvae.workflow.settings.points import parse


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--recording", required=True, help="MATLAB file")
    parser.add_argument("--system", required=True, help="name of the recording")
    parser.add_argument("--point", required=True, help="repeats~NUMBER")
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--output", required=True, help="Parquet table of samples")
    arguments = parser.parse_args()
    recording = read_recording(arguments.recording)
    n_repeats, _, n_bins = recording.spikes.shape
    print(f"{arguments.recording}: {recording.description}", flush=True)
    wanted = int(parse(arguments.point)["repeats"])
    if wanted > n_repeats:
        raise InputError("repeats", wanted, f"the recording has {n_repeats}")
    repeats = np.arange(wanted)
    training = repeats[~is_test_repeat(repeats)]
    if not len(training):
        raise InputError("repeats", wanted, "at least two are needed, the first is held out")
    trained = sum(recording.spikes[repeat].mean(1) for repeat in training) / len(training)
    if constant := (np.flatnonzero((trained == 0) | (trained == 1)) + 1).tolist():
        allowed = f"without neurons that never or always fire in the training repeats, {constant}"
        raise InputError("recording", arguments.recording, allowed)
    columns = {
        "repeat": index_column(np.repeat(repeats, n_bins)),
        "bin": index_column(np.tile(np.arange(n_bins), wanted)),
        "split": np.repeat(np.where(is_test_repeat(repeats), "test", "train"), n_bins),
    }
    metadata = SampleMetadata(
        arguments.system, arguments.point, "spin", recording.n_neurons, arguments.seed
    )
    write_samples(arguments.output, recording.words(repeats), columns, metadata, recording.description)


run(main)
