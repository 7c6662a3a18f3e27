"""What a model reproduces: means, pairs and counts of its own draws against rows it has not seen.

The yardstick is the training rows themselves: a model cannot be asked to be closer to held-out rows
than other rows of the same kind are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mfvae.analysis.directions import directions_of
from mfvae.analysis.judging import check_same_sites
from mfvae.analysis.law import statistic_of
from mfvae.data.configurations import Configurations
from mfvae.shown import Shown
from mfvae.sites import SITE_FAMILIES
from mfvae.sites.base import SiteFamily
from mfvae.sites.masks import rows_of
from mfvae.sites.potts import Potts

if TYPE_CHECKING:
    import pandas as pd

    from mfvae.analysis.fit import Fit

FEWEST_DRAWS, MOST_ROWS = 5000, 20_000


class _Rows(NamedTuple):
    """Statistics (B, N·dim), which sites were observed (B, N), and how much rows count (B,)."""

    statistic: np.ndarray
    observed: np.ndarray | None = None
    weights: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Reproduction(Shown):
    """Statistics of held-out rows, of training rows, and of draws of the chosen law.

    Attributes
    ----------
    means : DataFrame
        A line a site: ``data`` (held-out), ``training``, ``model``.
    pairs : DataFrame
        The same of covariances, a line a pair; where entries are missing, over rows with both. Of Potts
        states a line for every two states of two sites, with ``state`` and ``other_state``: how often
        they occur together, less the product of how often each does.
    counts : DataFrame or None
        Share of the rows with each number of +1; of spins without gaps.
    conservation : DataFrame or None
        log q − H of every site in nats, H the entropy of its q states; of Potts states.
    """

    means: pd.DataFrame
    pairs: pd.DataFrame
    counts: pd.DataFrame | None
    conservation: pd.DataFrame | None = None

    def to_frame(self) -> pd.DataFrame:
        """Root mean square differences from held-out rows, of the model and of the training rows.

        Of ``counts`` it is half the sum of absolute differences, the total variation distance.
        """
        import pandas as pd

        rows = [
            {"of": name, **{who: _rms(table, who) for who in ("model", "training")}}
            for name, table in (("means", self.means), ("pairs", self.pairs))
        ]
        if self.counts is not None:
            found = self.counts
            distance = {
                who: float(np.abs(found[who] - found["data"]).sum() / 2) for who in ("model", "training")
            }
            rows.append({"of": "counts", **distance})
        if self.conservation is not None:
            found = self.conservation
            rows.append(
                {"of": "conservation", **{who: _rms(found, who) for who in ("model", "training")}}
            )
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """A line a statistic."""
        named = {
            "means": "Means of sites",
            "pairs": "Covariances of pairs",
            "counts": "Share of rows by their number of +1",
            "conservation": "Conservation of sites, in nats",
        }
        return "\n".join(
            f"{named[row['of']]}: the model differs from held-out rows by {row['model']:.2g}, training "
            f"rows do by {row['training']:.2g}."
            for row in self.to_frame().to_dict("records")
        )


def _rms(table: pd.DataFrame, who: str) -> float:
    return float(np.sqrt(np.nanmean((table[who] - table["data"]) ** 2)))


def reproduction(fit: Fit) -> Reproduction:
    """Compare draws of the chosen law with held-out rows, and training rows with the same.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    Reproduction

    Examples
    --------
    >>> import mfvae
    >>> x = np.random.default_rng(0).integers(2, size=(400, 4))
    >>> reproduction(mfvae.fit(x, latents=1, epochs=1)).to_frame()["of"].tolist()
    ['means', 'pairs', 'counts']
    """
    ladder = fit.ladder
    n = min(MOST_ROWS, max(FEWEST_DRAWS, len(ladder.scored)))
    drawn = ladder.family.statistic(fit.sample(n, ladder.seed))
    step = slice(None, None, max(1, len(ladder.statistic) // MOST_ROWS))
    seen, seen_before = ladder.scored_observed, rows_of(ladder.observed, step)
    return _compared(
        {
            "data": _Rows(
                ladder.scored.numpy(), None if seen is None else seen.numpy(), ladder.scored_weights
            ),
            "training": _Rows(
                ladder.statistic[step].numpy(),
                None if seen_before is None else seen_before.numpy(),
                rows_of(ladder.weights, step),
            ),
            "model": _Rows(drawn),
        },
        fit.data,
        ladder.family,
    )


def compare(data: Configurations, draws: Configurations) -> Reproduction:
    """Compare draws of any law, however they were made, with data.

    Parameters
    ----------
    data : Configurations
        Every other of its rows is held against the draws, and the rest are the yardstick, which stands
        for training rows in the result.
    draws : Configurations
        Of the same sites.

    Returns
    -------
    Reproduction

    Raises
    ------
    InputError
        For other sites, or a family other than that of the data.

    Examples
    --------
    >>> import mfvae
    >>> x = np.random.default_rng(0).integers(2, size=(800, 4))
    >>> table = compare(mfvae.load(x[:600]), mfvae.load(x[600:])).to_frame()
    >>> table.columns.tolist()
    ['of', 'model', 'training']
    """
    check_same_sites(data, draws)
    family = SITE_FAMILIES[data.site]

    def rows(of: Configurations, part: slice) -> _Rows:
        seen = rows_of(of.observed, part)
        statistic, mask = statistic_of(family, of.array[part], seen)
        seen = None if mask is None else mask.numpy()
        return _Rows(statistic.numpy(), seen, rows_of(of.weights, part))

    tables = {
        "data": rows(data, slice(0, None, 2)),
        "training": rows(data, slice(1, None, 2)),
        "model": rows(draws, slice(None)),
    }
    return _compared(tables, data, family)


def _compared(tables: dict[str, _Rows], data: Configurations, family: SiteFamily) -> Reproduction:
    """Moments and counts of rows, by whose they are."""
    import pandas as pd

    moments = {who: _moments(rows, family.dim) for who, rows in tables.items()}
    names = [data.name_of(site) for site in range(data.n_sites) for _ in range(family.dim)]
    means = pd.DataFrame({"site": names, **{who: mean for who, (mean, _) in moments.items()}})
    covariances = {who: covariance for who, (_, covariance) in moments.items()}
    if isinstance(family, Potts):
        pairs = _pairs_of_states(covariances, data, family)
    else:
        one, other = np.triu_indices(data.n_sites * family.dim, 1)
        named = {"site": np.array(names)[one], "other": np.array(names)[other]}
        pairs = pd.DataFrame(named | {who: found[one, other] for who, found in covariances.items()})
    counts = None
    if family.name == "spin" and all(rows.observed is None for rows in tables.values()):
        bins = np.arange(data.n_sites + 2)
        shares = {who: _shares(rows, bins) for who, rows in tables.items()}
        counts = pd.DataFrame({"count": bins[:-1], **shares})
    conservation = None
    if isinstance(family, Potts):
        found = {who: _conservation(mean, family) for who, (mean, _) in moments.items()}
        conservation = pd.DataFrame({"site": names[:: family.dim], **found})
    return Reproduction(means, pairs, counts, conservation)


def _pairs_of_states(
    covariances: dict[str, np.ndarray], data: Configurations, family: Potts
) -> pd.DataFrame:
    """Connected frequencies of two states at two sites, from covariances of statistics (F, F).

    A state a is there (1) or not (0) as (1 + (q − 1)V_a·T)/q says, which is linear in T.
    """
    import pandas as pd

    n, q = data.n_sites, family.n_states
    chart = np.kron(np.eye(n), (q - 1) / q * family.corners)  # (N·q, N·(q − 1))
    site, state = np.divmod(np.arange(n * q), q)
    one, other = np.triu_indices(n * q, 1)
    apart = site[one] != site[other]
    one, other = one[apart], other[apart]
    sites = pd.Index([data.name_of(number) for number in range(n)])
    states = pd.Index(directions_of(data, family).labels)
    found = {
        "site": pd.Categorical.from_codes(site[one], sites),
        "state": pd.Categorical.from_codes(state[one], states),
        "other": pd.Categorical.from_codes(site[other], sites),
        "other_state": pd.Categorical.from_codes(state[other], states),
    }
    joint = {who: (chart @ matrix @ chart.T)[one, other] for who, matrix in covariances.items()}
    return pd.DataFrame(found | joint)


def _conservation(mean: np.ndarray, family: Potts) -> np.ndarray:
    """log q − H of sites (N,) with these means of statistics (N·(q − 1),), in nats.

    A mean m has Σ_b p_b V_a·V_b = V_a·m, and V_a·V_b = (q δ_ab − 1)/(q − 1): p_a = (1 + (q − 1)V_a·m)/q.
    """
    q = family.n_states
    shares = (1 + (q - 1) * mean.reshape(-1, family.dim) @ family.corners.T) / q
    known = np.clip(shares, 0, 1)  # of rounding
    return np.asarray(np.log(q) + np.sum(known * np.log(np.where(known > 0, known, 1)), axis=1))


def _shares(rows: _Rows, bins: np.ndarray) -> np.ndarray:
    """Share of the rows with each number of +1."""
    counts, weights = (rows.statistic > 0).sum(1), rows.weights
    size = len(counts) if weights is None else weights.sum()
    return np.asarray(np.histogram(counts, bins, weights=weights)[0] / size)


def _moments(rows: _Rows, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Means (F,) and covariances (F, F) of statistics (B, F) over what was observed."""
    x = rows.statistic.astype(np.float64)
    if rows.observed is None and rows.weights is None:
        mean = x.mean(0)
        centred = x - mean
        return mean, centred.T @ centred / len(x)
    weight = np.ones_like(x) if rows.observed is None else np.repeat(rows.observed, dim, axis=1)
    if rows.weights is not None:  # its root, as a pair has the product of its sites' weights
        weight = weight * np.sqrt(rows.weights)[:, None]
    weight = weight.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (x * weight**2).sum(0) / (weight**2).sum(0)
        centred = np.nan_to_num((x - mean) * weight)
        return mean, (centred.T @ centred) / (weight.T @ weight)
