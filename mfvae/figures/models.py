"""Which models a table shows as one series each, and what figures call them and draw them like.

Names of models mean nothing here. What a model is stands in columns of the table, as many as are there:
``kind`` (``vae``, a baseline's kind, ``hamiltonian`` or ``data``; empty: a VAE), ``objective``,
``latent_dim``, ``field_rank`` (0: free fields), ``size`` (hidden units or components of a baseline) and
``variant`` (a word of the configuration for what else differs). Without any of them, a name is a label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.colors import to_hex, to_rgb

from mfvae.figures import style

OBJECTIVES = {"exact": "exact likelihood", "elbo": "ELBO", "iwae": "IWAE"}
KINDS = {  # in order of print
    "data": "data",
    "independent": "independent",
    "population_count": "population count",
    "pairwise": "pairwise",
    "mixture": "mixture",
    "rbm": "RBM",
    "vae": "VAE",
    "hamiltonian": "generalized Hopfield",
}
SIZES = {"mixture": "components", "rbm": "hidden"}
SETTINGS = ("kind", "objective", "latent_dim", "field_rank", "size", "variant")  # by which series differ
DATA = "data"
HOPFIELD = "hopfield"  # the look of VAEs with fields of a finite rank
# Okabe and Ito's, Tol's (muted, 2021) and a brown: apart under deuteranopia and protanopia, tints too
LOOKS: dict[str, dict[str, Any]] = {
    DATA: {"color": style.BLACK, "marker": "o", "linestyle": "none"},
    "independent": {"color": "0.7", "marker": "P", "linestyle": ":"},
    "population_count": {"color": "0.25", "marker": "X", "linestyle": "-."},
    "pairwise": {"color": "#E69F00", "marker": "D", "linestyle": "--"},
    "mixture": {"color": "#999933", "marker": "v", "linestyle": "-."},
    "rbm": {"color": "#6B3A00", "marker": "^", "linestyle": (0, (5, 1, 1, 1))},
    "exact": {"color": style.BLUE, "marker": "o", "linestyle": "-"},
    "elbo": {"color": style.VERMILION, "marker": "s", "linestyle": "--"},
    "iwae": {"color": "#009E73", "marker": "^", "linestyle": "-."},
    HOPFIELD: {"color": "#882255", "marker": "p", "linestyle": "-"},
    "hamiltonian": {"color": "#332288", "marker": "h", "linestyle": (0, (4, 2))},
}
PALEST = 0.5  # share of white in the variant 1; it falls off with the variant's number


class Series(NamedTuple):
    """What is drawn alike: its label, look (colour, marker, linestyle) and objective, if it has one."""

    label: str
    look: dict[str, Any]
    objective: str | None


def with_models(
    table: pd.DataFrame, models: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> pd.DataFrame:
    """A table with the ``SETTINGS`` of its models, by data set and name; first replicas alone.

    Names that are not among the models, such as those of curves, get none.
    """
    if not {"dataset", "model"} <= set(table):
        return table
    pairs = table[["dataset", "model"]].itertuples(index=False)
    known = [models.get(dataset, {}).get(name, {}) for dataset, name in pairs]
    first = [settings.get("replica", 1) == 1 for settings in known]
    table = table[first].copy()
    known = [settings for settings, kept in zip(known, first, strict=True) if kept]
    for setting in SETTINGS:
        found = [settings.get(setting) for settings in known]
        if any(value is not None for value in found):
            table[setting] = pd.Series(found, index=table.index, dtype=object)
    return table


def _settings(table: pd.DataFrame) -> pd.DataFrame:
    """One row a model, in the table's order, with all of ``SETTINGS``; those that are not known None."""
    rows = table[table["model"].notna()].drop_duplicates("model").set_index("model")
    known = {name: rows.get(name) for name in SETTINGS}
    found = pd.DataFrame(known, index=rows.index, dtype=object)
    return found.where(found.notna(), None)


def _points_of(table: pd.DataFrame, keys: Iterable[str]) -> dict[Any, set[tuple[Any, ...]]]:
    """The places, by values of these columns, at which a table has each model."""
    present = [key for key in keys if key in table]
    rows = table[table["model"].notna()][["model", *present]].drop_duplicates()
    places: dict[Any, set[tuple[Any, ...]]] = {}
    for model, *place in rows.astype(object).where(rows.notna(), None).itertuples(index=False):
        places.setdefault(model, set()).add(tuple(place))
    return places


def _overlap(groups: Mapping[Any, list[Any]], places: Mapping[Any, set[tuple[Any, ...]]]) -> bool:
    """Whether two models of one group are at one place."""
    for members in groups.values():
        joint = [place for model in members for place in places[model]]
        if len(joint) != len(set(joint)):
            return True
    return False


def as_series(table: pd.DataFrame, points: Iterable[str] = ()) -> tuple[pd.DataFrame, dict[str, Series]]:
    """The table with one name in ``model`` for every series, and all series in order of print.

    Models are one series, however they had to be trained at some ``points`` (columns), if no more than
    their settings tell them apart: of ``SETTINGS``, as few from the first on as leave no two models of a
    series at one point. Where settings do not suffice, every model is a series of its own.
    """
    settings, places = _settings(table), _points_of(table, points)
    if settings.empty or settings.isna().all(axis=None):
        names = list(settings.index)
        looks = {name: style.coloured(i) for i, name in enumerate(names)}
        return table, {name: Series(str(name), looks[name], None) for name in names}
    used: list[str] = []
    for setting in SETTINGS:
        used.append(setting)
        groups: dict[Any, list[Any]] = {}
        for name, row in settings.iterrows():
            groups.setdefault(tuple(row[used]), []).append(name)
        if not _overlap(groups, places):
            break
    else:
        groups = {
            (*row, name): [name] for name, row in zip(settings.index, settings.to_numpy(), strict=True)
        }
    first = {name: members[0] for members in groups.values() for name in members}
    chosen = settings.loc[[members[0] for members in groups.values()]]
    labels = _labels(chosen, used)
    looks, ranks = _looks(chosen), {name: _rank(row) for name, row in chosen.iterrows()}
    series = {
        name: Series(labels[name], looks[name], chosen.loc[name, "objective"])
        for name in sorted(chosen.index, key=ranks.__getitem__)
    }
    return table.assign(model=table["model"].map(lambda name: first.get(name, name))), series


def _is_vae(row: pd.Series) -> bool:
    return row["kind"] in (None, "vae")


def _rank(row: pd.Series) -> tuple[int, ...]:
    """The order of print: by kind, then free fields first, by objective, number of latents and size."""
    kind = "vae" if row["kind"] is None else row["kind"]
    order = list(KINDS).index(kind) if kind in KINDS else len(KINDS)
    objective = list(OBJECTIVES).index(row["objective"]) if row["objective"] in OBJECTIVES else 9
    rank = int(row["field_rank"] or 0)
    return order, min(rank, 1), objective, int(row["latent_dim"] or 0), rank, int(row["size"] or 0)


def _labels(chosen: pd.DataFrame, used: list[str]) -> dict[Any, str]:
    """A label for every series: what varies among them, in words."""
    kinds = {"vae" if kind is None else kind for kind in chosen["kind"]}
    labels = {}
    vaes = chosen[[_is_vae(row) for _, row in chosen.iterrows()]]

    def varies(setting: str) -> bool:
        return setting in used and vaes[setting].nunique(dropna=False) > 1

    for name, row in chosen.iterrows():
        if not _is_vae(row):
            words = [KINDS.get(row["kind"], str(row["kind"]))]
            if row["size"] is not None:
                words.append(f"{int(row['size'])} {SIZES.get(row['kind'], 'units')}")
            labels[name] = ", ".join(words)
            continue
        words, rank = [], int(row["field_rank"] or 0)
        if len(kinds) > 1:
            words.append("VAE")
        if rank:
            words.append("Hopfield form")
        if row["objective"] is not None and (
            varies("objective") or not (rank or varies("latent_dim") or varies("variant"))
        ):
            words.append(OBJECTIVES.get(row["objective"], str(row["objective"])))
        if row["latent_dim"] is not None and varies("latent_dim"):
            words.append(f"$d = {int(row['latent_dim'])}$")
        if rank:
            words.append(f"{rank} pattern{'s' if rank > 1 else ''}")
        if row["variant"] is not None:
            words.append(str(row["variant"]))
        labels[name] = ", ".join(words) or str(name)
    for name in labels:
        if list(labels.values()).count(labels[name]) > 1:
            labels = {model: f"{label} ({model})" for model, label in labels.items()}
            break
    return labels


def _looks(chosen: pd.DataFrame) -> dict[Any, dict[str, Any]]:
    """Colours of kinds and objectives; series that share one are tints of it, or colours in turn."""
    base: dict[Any, tuple[str | None, int]] = {}
    for name, row in chosen.iterrows():
        rank = int(row["field_rank"] or 0)
        key = (HOPFIELD if rank else row["objective"]) if _is_vae(row) else row["kind"]
        base[name] = (key, rank or int((row["latent_dim"] if _is_vae(row) else row["size"]) or 0))
    shared = Counter(key for key, _ in base.values())
    only_one = len(shared) == 1 and len(chosen) > 1  # colours in turn tell more apart than tints
    looks: dict[Any, dict[str, Any]] = {}
    for i, (name, (key, number)) in enumerate(base.items()):
        look = LOOKS.get(key) if key is not None else None
        if look is None or only_one:
            look = style.coloured(i)
        elif shared[key] > 1 and number:
            white = PALEST / number
            red, green, blue = (white + (1 - white) * part for part in to_rgb(look["color"]))
            look = style.series(number - 1) | {"color": to_hex((red, green, blue))}
        looks[name] = dict(look)
    return looks
