"""Read the file of a data set, say what is in it, and write it as samples with held-out rows.

Rows of a group (a trial, a repeat, a chain) belong together. In a file without groups contiguous blocks
of rows take their place in all errors.
"""

import json
from pathlib import Path
from typing import Annotated

import numpy as np

from mfvae.data.configurations import Configurations
from mfvae.data.constant import drop_constant_sites
from mfvae.data.holdout import TEST, TRAIN, VALID, hold_out, is_test_repeat
from mfvae.data.parts import PARTS
from mfvae.data.reading import load_as
from mfvae.data.select import rows_of
from mfvae.errors import InputError
from mfvae.workflow.cli import OneOf, Point, SamplesOutput, Seed, System, run, together
from mfvae.workflow.files.provenance import note_input
from mfvae.workflow.files.samples import SampleMetadata, index_column, write_samples
from mfvae.workflow.settings.points import parse, whole_number_at

TENTH = "every_tenth_group"
HOLDOUTS = (TENTH, "group", "block", "random", "given")
BLOCKS = {TRAIN: 180, TEST: 20}  # of rows without groups; errors of errors are then a sixth


def first_groups(data: Configurations, wanted: int) -> Configurations:
    """The first so many groups; raises InputError for more than there are."""
    if data.groups is None:
        raise InputError("repeats", wanted, "the data have no groups")
    if wanted > (found := int(data.groups.max()) + 1):
        raise InputError("repeats", wanted, f"the data have {found}")
    return rows_of(data, data.groups < wanted)


def parts_of(data: Configurations, rule: str | None, validation: float, seed: int) -> np.ndarray:
    """What every row is for, by a rule; a share of all rows, if not 0, is for validation."""
    if rule != TENTH:
        return hold_out(data, rule, valid=validation, seed=seed)
    if validation:
        raise InputError("validation", validation, f"0 is needed with the hold-out {TENTH}")
    if data.groups is None:
        raise InputError("holdout", rule, "groups are needed, which the data have not")
    return np.where(is_test_repeat(data.groups), TEST, TRAIN)


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
    validation: Annotated[float, "share of all rows that choose the epoch whose weights are kept"] = 0.0,
) -> None:
    if parts is None and len(files) > 1:
        raise InputError("parts", None, f"one of {', '.join(PARTS)} is needed for each of several files")
    data = load_as(reading, files[0] if parts is None else dict(together(parts=parts, files=files)))
    for file in files:
        note_input(file)
    if parse(point):
        data = first_groups(data, whole_number_at(point, "repeats"))
    parts = parts_of(data, holdout, validation, seed)
    if not (parts == TRAIN).any() or not (parts == TEST).any():
        raise InputError("holdout", holdout, "rows to train on and rows to hold out are needed")
    data = drop_constant_sites(data, parts == TRAIN, refuse=constant_sites == "refuse")
    print(data.describe(), flush=True)
    sizes = {part: int((parts == part).sum()) for part in (TRAIN, VALID, TEST)}
    print("rows: " + ", ".join(f"{part} {size}" for part, size in sizes.items()), flush=True)
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
