"""Which rows are held out: whole groups, blocks of time with a gap, random ones, or those of files."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from mfvae.errors import InputError
from mfvae.random import generator
from mfvae.stats import integrated_autocorrelation_time

TEST_STRIDE = 10
TRAIN, VALID, TEST, GAP = "train", "valid", "test", "gap"
RULES = ("group", "block", "random", "given")
BLOCKS_PER_PART = 4  # contiguous blocks of which each held-out part is made, at most
GAP_TIMES = 10  # integrated autocorrelation times between training and held-out blocks
MEMORY_ROWS = 100_000  # of which that time is taken


class Rows(Protocol):
    """What a hold-out must know of configurations (``mfvae.data.Configurations`` are such)."""

    @property
    def array(self) -> np.ndarray: ...
    @property
    def groups(self) -> np.ndarray | None: ...
    @property
    def split(self) -> np.ndarray | None: ...


def train_size(n: int) -> int:
    """How many of n independent samples are for training."""
    return n - n // TEST_STRIDE


def split_samples(n: int) -> np.ndarray:
    """``train`` or ``test`` for each of n independent samples."""
    return np.repeat(["train", "test"], [train_size(n), n - train_size(n)])


def is_test_repeat(repeats: np.ndarray) -> np.ndarray:
    """Held-out repeats: index divisible by ten. Whole repeats, since bins of one repeat are alike."""
    return np.asarray(repeats) % TEST_STRIDE == 0


def hold_out(
    data: Rows,
    rule: str | None = None,
    *,
    share: float = 0.1,
    valid: float = 0.0,
    gap: int | None = None,
    seed: int = 0,
) -> np.ndarray:
    """What every row is for: ``train``, ``valid``, ``test``, or ``gap`` for none of them.

    Parameters
    ----------
    data : Configurations
    rule : str, optional
        ``given`` takes what the files say; ``group`` holds out whole groups, ``block`` contiguous blocks
        of rows with gaps beside them, ``random`` single rows. Without it the first of given, group and
        block that the data allow.
    share : float
        Share of the rows, or groups, for the test.
    valid : float
        Share for the validation by which a training is stopped; of given files it is taken from
        training, by the rule that would hold otherwise, if they have none.
    gap : int, optional
        Rows that are left out on both sides of every held-out block; ten integrated autocorrelation
        times without it, at most half of a block.
    seed : int
        Of the choice of groups, blocks or rows.

    Returns
    -------
    ndarray
        str (B,).

    Raises
    ------
    InputError
        Where the data do not allow the rule, or a part would be empty.

    Examples
    --------
    >>> import numpy as np
    >>> from mfvae.data import load
    >>> x = np.random.default_rng(0).integers(2, size=(200, 4))
    >>> parts = hold_out(load(x, groups=10), "group", share=0.1, valid=0.1)
    >>> [int((parts == name).sum()) for name in ("train", "valid", "test")]
    [160, 20, 20]
    """
    if rule is None:
        rule = "given" if data.split is not None else "group" if data.groups is not None else "block"
    if rule not in RULES:
        raise InputError("rule", rule, f"one of {', '.join(RULES)} is needed")
    for field, part in (("share", share), ("valid", valid)):
        if not 0 <= part < 1:
            raise InputError(field, part, "a number from 0 to below 1 is needed")
    if share + valid >= 1:
        raise InputError("share", share, f"with valid = {valid} less than 1 is needed")
    if rule == "given":
        parts = _given(data, valid, gap, seed)
    else:
        shares = {TEST: share, VALID: valid}
        parts = _by_rule(data, rule, shares, gap, seed, np.arange(len(data.array)))
    _check_parts(parts, {TRAIN: 1.0, TEST: share if rule != "given" else 0.0, VALID: valid})
    return parts


def _by_rule(
    data: Rows, rule: str, shares: dict[str, float], gap: int | None, seed: int, rows: np.ndarray
) -> np.ndarray:
    """Parts of some of the rows, given by their indices in order."""
    rng = generator(seed, f"hold out by {rule}")
    if rule == "random":
        return _dealt(len(rows), shares, rng)
    if rule == "group":
        if data.groups is None:
            raise InputError("rule", rule, "groups are needed, the data have none")
        names, members = np.unique(data.groups[rows], return_inverse=True)
        return _dealt(len(names), shares, rng)[members]
    return _blocks(data.array[rows], shares, gap, rng)


def _dealt(n: int, shares: dict[str, float], rng: np.random.Generator) -> np.ndarray:
    """Random ones of n for each part, at least one where a share is asked for."""
    parts = np.full(n, TRAIN, dtype="<U5")
    waiting = rng.permutation(n)
    for name, share in shares.items():
        taken = max(1, round(share * n)) if share else 0
        parts[waiting[:taken]] = name
        waiting = waiting[taken:]
    return parts


def _blocks(
    array: np.ndarray, shares: dict[str, float], gap: int | None, rng: np.random.Generator
) -> np.ndarray:
    """Contiguous blocks, dealt at random, with rows left out on both sides of held-out ones."""
    n = len(array)
    smallest = min((share for share in shares.values() if share), default=1.0)
    n_blocks = min(n, max(2, round(BLOCKS_PER_PART / smallest)))
    block = np.arange(n) * n_blocks // n
    kinds = _dealt(n_blocks, shares, rng)
    size = n // n_blocks
    if gap is None:
        gap = min(size // 2, _memory(array))
    if gap < 0 or gap > size:
        raise InputError("gap", gap, f"from 0 to {size} rows are possible, the length of a block")
    parts = kinds[block]
    for edge in np.flatnonzero(parts[1:] != parts[:-1]) + 1:
        # rows of training are given up; between two held-out parts, of validation
        before, after = kinds[block[edge - 1]], kinds[block[edge]]
        given_up = TRAIN if TRAIN in (before, after) else VALID
        side = slice(max(0, edge - gap), edge) if before == given_up else slice(edge, edge + gap)
        parts[side] = np.where(parts[side] == given_up, GAP, parts[side])
    return parts


def _memory(array: np.ndarray) -> int:
    """Rows after which nothing is left of a row; none where the rows are independent."""
    known = np.nan_to_num(array[:MEMORY_ROWS].reshape(min(len(array), MEMORY_ROWS), -1)).mean(1)
    tau = integrated_autocorrelation_time(known)
    return int(np.ceil(GAP_TIMES * tau)) if tau > 1 else 0


def _given(data: Rows, valid: float, gap: int | None, seed: int) -> np.ndarray:
    if data.split is None:
        raise InputError("rule", "given", "a split by the files is needed, they have none")
    parts = data.split.astype("<U5")
    if valid and VALID not in parts:
        rule = "group" if data.groups is not None else "block"
        training = np.flatnonzero(parts == TRAIN)
        parts[training] = _by_rule(data, rule, {VALID: valid}, gap, seed, training)
    return parts


def _check_parts(parts: np.ndarray, asked: dict[str, float]) -> None:
    for name, share in asked.items():
        if share and name not in parts:
            raise InputError("share", share, f"no row is left for {name}, of {len(parts)}")
