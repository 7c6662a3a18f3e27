"""Sites that never change: they are set aside by name, and scored so that nats stay comparable.

No model can learn of them, and a model's odds of them would run to infinity. A site of which k of n
training rows are +1 is scored by Laplace's rule of succession, p = (k + 1)/(n + 2), which is finite.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mfvae.data.configurations import Configurations
from mfvae.data.values import blocks
from mfvae.errors import InputError

NAMED = 5  # sites in a message


def counts_of_ones(
    array: np.ndarray, rows: np.ndarray | None = None, observed: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """How many of the observed spins of every site are +1, and how many are observed.

    Parameters
    ----------
    array : ndarray
        Spins −1/+1, (B, N).
    rows : ndarray, optional
        bool (B,), the rows that count; all without it.
    observed : ndarray, optional
        bool (B, N).

    Returns
    -------
    ones, seen : ndarray
        int64 (N,) each.
    """
    ones = np.zeros(array.shape[1], dtype=np.int64)
    seen = np.zeros(array.shape[1], dtype=np.int64)
    for part in blocks(array):
        block, known = array[part], None if observed is None else observed[part]
        if rows is not None:
            block, known = block[rows[part]], None if known is None else known[rows[part]]
        plus = block > 0 if known is None else (block > 0) & known
        ones += np.count_nonzero(plus, axis=0)
        seen += len(block) if known is None else np.count_nonzero(known, axis=0)
    return ones, seen


def constant_sites(data: Configurations, rows: np.ndarray | None = None) -> np.ndarray:
    """Sites that never change among rows, such as those for training: indices, int64.

    A site of which no such row was observed counts as one of them. ``rows`` is bool (B,); all without
    it.
    """
    if data.site == "spin":
        ones, seen = counts_of_ones(data.array, rows, data.observed)
        return np.flatnonzero((ones == 0) | (ones == seen))
    chosen = slice(None) if rows is None else np.flatnonzero(rows)
    constant = []
    for site in range(data.n_sites):
        values = data.array[chosen, site]
        if data.observed is not None:
            values = values[data.observed[chosen, site]]
        if not len(values) or (values == values[0]).all():
            constant.append(site)
    return np.array(constant, dtype=np.int64)


def drop_constant_sites(
    data: Configurations, rows: np.ndarray | None = None, refuse: bool = False
) -> Configurations:
    """Set aside the sites that never change among rows, with a notice in the record.

    Parameters
    ----------
    data : Configurations
        With two sites or more that do change.
    rows : ndarray, optional
        bool (B,), rows among which a site must change, such as those for training; all without it.
    refuse : bool
        Whether such sites are refused.

    Returns
    -------
    Configurations
        Without these sites; ``record["constant_sites"]`` has name, index in the file, ones and rows of
        each, and whether they were looked at ``among`` some rows only.

    Raises
    ------
    InputError
        If fewer than two sites are left, or where sites are refused.

    Examples
    --------
    >>> import numpy as np
    >>> from mfvae.data import load
    >>> words = np.random.default_rng(0).integers(2, size=(60, 4))
    >>> words[:40, 2] = 0
    >>> data = load(words)
    >>> train = np.arange(60) < 40
    >>> fewer = drop_constant_sites(data, train)
    >>> fewer.site_names, [one["name"] for one in fewer.record["constant_sites"]]
    (('0', '1', '3'), ['2'])
    """
    constant = constant_sites(data, rows)
    if not len(constant):
        return data
    names = [data.name_of(site) for site in constant.tolist()]
    shown = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
    if refuse:
        raise InputError("constant_sites", shown, f"{len(names)} sites never change: drop them")
    if data.n_sites - len(constant) < 2:
        allowed = f"two sites that change are needed, {len(names)} of {data.n_sites} never do"
        raise InputError("sites", shown, allowed)
    kept = np.ones(data.n_sites, dtype=bool)
    kept[constant] = False
    before = list(data.record.get("constant_sites", ()))
    index = np.asarray(data.record.get("kept_sites", np.arange(data.n_sites)))
    among = "all rows" if rows is None else "some rows"
    aside: list[dict[str, object]] = []
    if data.site == "spin":
        ones, seen = counts_of_ones(data.array, rows, data.observed)
        aside = [
            {
                "name": name,
                "index": int(index[site]),
                "among": among,
                "ones": int(ones[site]),
                "rows": int(seen[site]),
            }
            for name, site in zip(names, constant.tolist(), strict=True)
        ]
    else:
        aside = [
            {"name": name, "index": int(index[site]), "among": among}
            for name, site in zip(names, constant.tolist(), strict=True)
        ]
    observed = None if data.observed is None else data.observed[:, kept]
    site_names = data.site_names
    if site_names is not None:
        site_names = tuple(np.array(site_names, dtype=object)[kept])
    else:  # numbers of the file stay names
        site_names = tuple(str(one) for one in index[kept])
    record = {
        **data.record,
        "constant_sites": before + aside,
        "kept_sites": index[kept].tolist(),
    }
    return replace(
        data,
        array=np.ascontiguousarray(data.array[:, kept]),
        observed=observed if observed is None or not observed.all() else None,
        site_names=site_names,
        record=record,
    )


def laplace_nats(
    train_ones: np.ndarray, train_rows: np.ndarray, ones: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """Score of sites by Laplace's rule of succession, in nats summed over rows, (N,).

    Parameters
    ----------
    train_ones, train_rows : ndarray
        How many training rows of each site are +1, and how many there are.
    ones, rows : ndarray
        Likewise of the rows that are scored.

    Returns
    -------
    ndarray
        −Σ log p of each site over the scored rows, with p = (train_ones + 1)/(train_rows + 2).

    Examples
    --------
    A site that was −1 in all 98 training rows, and is +1 in one other:

    >>> import numpy as np
    >>> one = np.array([1])
    >>> round(float(np.exp(-laplace_nats(0 * one, 98 * one, one, one))[0]), 12)
    0.01
    """
    total = np.asarray(train_rows, dtype=np.float64) + 2
    plus = np.asarray(train_ones) + 1
    scored = np.asarray(ones)
    return -(scored * np.log(plus / total) + (np.asarray(rows) - scored) * np.log(1 - plus / total))


def score_of_constant_sites(data: Configurations, train: np.ndarray, held_out: np.ndarray) -> float:
    """What the sites that are constant in training add to the score of held-out rows.

    Parameters
    ----------
    data : Configurations
        Spins, before these sites are dropped (``constant_sites="keep"``).
    train, held_out : ndarray
        bool (B,).

    Returns
    -------
    float
        Nats per held-out row, summed over the sites; 0 where there are none.
    """
    constant = constant_sites(data, train)
    train_ones, train_rows = counts_of_ones(data.array, train, data.observed)
    ones, rows = counts_of_ones(data.array, held_out, data.observed)
    by_site = laplace_nats(train_ones, train_rows, ones, rows)
    return float(by_site[constant].sum() / np.count_nonzero(held_out))


def score_of_dropped_sites(data: Configurations, n_train: int) -> float:
    """What the sites that ``load`` set aside add to the score of any row: nats per row.

    They are the same in all rows, ``n_train`` of which are for training, so that each of them has
    log((n_train + 2)/(n_train + 1)). Sites that were dropped for training rows alone are not among them
    (``score_of_constant_sites``).
    """
    aside = data.record.get("constant_sites", ())
    return len(aside) * float(np.log((n_train + 2) / (n_train + 1)))
