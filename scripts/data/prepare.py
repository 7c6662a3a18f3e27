"""Read the file of a data set, say what is in it, and write it as samples with held-out rows.

Rows of a group (a trial, a repeat, a chain) belong together. In a file without groups contiguous blocks
of rows take their place in all errors.
"""

import json
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from mfvae.data.configurations import Configurations
from mfvae.data.constant import drop_constant_sites
from mfvae.data.holdout import TEST, TRAIN, VALID, hold_out, is_test_repeat
from mfvae.data.loader import PARTS, load
from mfvae.data.select import rows_of
from mfvae.errors import InputError
from mfvae.workflow.cli import OneOf, Point, SamplesOutput, Seed, System, run, together
from mfvae.workflow.files.provenance import note_input
from mfvae.workflow.files.samples import SampleMetadata, index_column, write_samples
from mfvae.workflow.settings.points import parse, whole_number_at

TENTH = "every_tenth_group"
HOLDOUTS = (TENTH, "group", "block", "random", "given")
FEW_ROWS = 20_000  # of training: fewer are over-fitted, so some of them tell when to stop
VALID_SHARE = 0.1  # of them, in whole groups or blocks
FEWEST_GROUPS = 10  # of which that share is one at least
BLOCKS = {TRAIN: 180, TEST: 20}  # of rows without groups; errors of errors are then a sixth


def first_groups(data: Configurations, wanted: int) -> Configurations:
    """The first so many groups; raises InputError for more than there are."""
    if data.groups is None:
        raise InputError("repeats", wanted, "the data have no groups")
    if wanted > (found := int(data.groups.max()) + 1):
        raise InputError("repeats", wanted, f"the data have {found}")
    return rows_of(data, data.groups < wanted)


def parts_of(data: Configurations, rule: str | None, seed: int) -> np.ndarray:
    """What every row is for, by a rule."""
    if rule != TENTH:
        return hold_out(data, rule, seed=seed)
    if data.groups is None:
        raise InputError("holdout", rule, "groups are needed, which the data have not")
    return np.where(is_test_repeat(data.groups), TEST, TRAIN)


def with_validation(data: Configurations, parts: np.ndarray, seed: int) -> np.ndarray:
    """The same parts, where few rows are for training and none for validation with a tenth of them.

    Rows of fewer than ten groups stay as they are.
    """
    training = parts == TRAIN
    units = np.flatnonzero(training) if data.groups is None else np.unique(data.groups[training])
    if (parts == VALID).any() or training.sum() >= FEW_ROWS or len(units) < FEWEST_GROUPS:
        return parts
    return hold_out(replace(data, split=parts), "given", valid=VALID_SHARE, seed=seed)


def validation_line(before: np.ndarray, after: np.ndarray, groups: np.ndarray | None) -> str:
    """What was taken from training for the validation, in a line to print."""
    taken, training = (after == VALID).sum(), (before == TRAIN).sum()
    unit = "blocks" if groups is None else "groups"
    line = (
        f"validation: {taken} of {training} training rows, in whole {unit}, tell when a training stops"
    )
    left_out = training - taken - (after == TRAIN).sum()
    return f"{line}; {left_out} rows beside them are left out" if left_out else line


def blocks_of(parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Contiguous blocks within every part, and the place of each row in its own."""
    block, place = np.zeros(len(parts), dtype=np.int64), np.zeros(len(parts), dtype=np.int64)
    first = 0
    for part in np.unique(parts):
        rows = np.flatnonzero(parts == part)
        number = min(BLOCKS.get(str(part), 1), len(rows))
        of_row = np.arange(len(rows)) * number // len(rows)
        block[rows] = first + of_row
        place[rows] = np.arange(len(rows)) - np.searchsorted(of_row, of_row)
        first += number
    return block, place


def options_in(reading: str) -> dict[str, Any]:
    """Options of ``load``; raises InputError for what is no JSON object, or has no such option."""
    try:
        options = json.loads(reading)
    except ValueError as error:
        raise InputError("reading", reading, f"a JSON object is needed ({error})") from error
    known = signature(load).parameters
    for name in options if isinstance(options, dict) else [options]:
        if name not in known:
            raise InputError("reading", name, f"one of {', '.join(known)} is needed")
    return dict(options)


def main(
    files: Annotated[list[Path], "of any format that mfvae.data.load knows"],
    system: System,
    point: Annotated[Point, "whole, or repeats~NUMBER for the first so many groups"],
    seed: Seed,
    output: SamplesOutput,
    reading: Annotated[str, "options of mfvae.data.load in JSON: key, axes, values, missing …"] = "{}",
    parts: Annotated[list[str] | None, OneOf(PARTS), "what each of several files is for"] = None,
    constant_sites: Annotated[str, OneOf(("drop", "refuse")), "that never change in training"] = "drop",
    holdout: Annotated[str | None, OneOf(HOLDOUTS), "what is held out"] = None,
) -> None:
    if parts is None and len(files) > 1:
        raise InputError("parts", None, f"one of {', '.join(PARTS)} is needed for each of several files")
    data = load(
        files[0] if parts is None else dict(together(parts=parts, files=files)),
        **options_in(reading),
        constant_sites="keep",
    )
    for file in files:
        note_input(file)
    if parse(point):
        data = first_groups(data, whole_number_at(point, "repeats"))
    parts = parts_of(data, holdout, seed)
    if not (parts == TRAIN).any() or not (parts == TEST).any():
        raise InputError("holdout", holdout, "rows to train on and rows to hold out are needed")
    chosen = parts if holdout == TENTH else with_validation(data, parts, seed)
    data = drop_constant_sites(data, chosen == TRAIN, refuse=constant_sites == "refuse")
    print(data.describe(), flush=True)
    if chosen is not parts:
        print(validation_line(parts, chosen, data.groups), flush=True)
    parts = chosen
    if data.groups is None:
        block, place = blocks_of(parts)
        columns = {"block": index_column(block), "row": index_column(place)}
    else:
        columns = {"repeat": index_column(data.groups), "bin": index_column(data.order)}
    columns["split"] = parts
    metadata = SampleMetadata(system, point, data.site, data.n_sites, seed)
    write_samples(output, data.array, columns, metadata, json.dumps(data.record), data.observed)


if __name__ == "__main__":
    run(main)
