"""Which models a table shows as one series each, what figures call them and how they draw them.

Names of models mean nothing here. What a model is stands in columns of the table, as many as are there:
``model_kind`` (``vae``, a baseline's kind, ``draws``, ``hamiltonian``, ``data``; empty: a VAE),
``objective``, ``latent_dim``, ``field_rank`` (0: free fields), ``size`` (hidden units, components or
patterns of a baseline) and ``variant`` (a word of the configuration for what else differs). The name of
a model without any of them is its label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex, to_rgb

from mfvae.figures import style
from mfvae.figures.table import by_size, parameters_of

OBJECTIVES = {"exact": "exact likelihood", "elbo": "ELBO", "iwae": "IWAE"}
KINDS = {  # in order of print
    "data": "data",
    "independent": "independent",
    "population_count": "population count",
    "chow_liu": "Chow–Liu tree",
    "pairwise": "pairwise",
    "quadratic_hopfield": "quadratic Hopfield",
    "mixture": "mixture",
    "rbm": "RBM",
    "draws": "others' model",
    "vae": "VAE",
    "hamiltonian": "generalized Hopfield",
}
VAE = "vae"
SIZES = {"quadratic_hopfield": "patterns", "mixture": "components", "rbm": "hidden"}
APART = ("model_kind", "objective", "field_rank")  # series differ in one of these,
IF_NEEDED = ("latent_dim", "size", "variant")  # or in these, where they have models at one point
SETTINGS = (*APART, *IF_NEEDED)
DATA = "data"
HOPFIELD = "hopfield"  # the look of VAEs with fields of a finite rank
# Okabe and Ito's, Tol's (muted, 2021) and a brown: apart under deuteranopia and protanopia, tints too
LOOKS: dict[str, dict[str, Any]] = {
    DATA: {"color": style.BLACK, "marker": "o", "linestyle": "none"},
    "independent": {"color": "0.7", "marker": "P", "linestyle": ":"},
    "population_count": {"color": "0.25", "marker": "X", "linestyle": "-."},
    "pairwise": {"color": "#E69F00", "marker": "D", "linestyle": "--"},
    "chow_liu": {"color": "#117733", "marker": "<", "linestyle": ":"},
    "quadratic_hopfield": {"color": "#AA4499", "marker": ">", "linestyle": "--"},
    "mixture": {"color": "#999933", "marker": "v", "linestyle": "-."},
    "rbm": {"color": "#6B3A00", "marker": "^", "linestyle": (0, (5, 1, 1, 1))},
    "draws": {"color": "#44AA99", "marker": "*", "linestyle": (0, (1, 1))},
    "exact": {"color": style.BLUE, "marker": "o", "linestyle": "-"},
    "elbo": {"color": style.VERMILION, "marker": "s", "linestyle": "--"},
    "iwae": {"color": "#009E73", "marker": "^", "linestyle": "-."},
    HOPFIELD: {"color": "#882255", "marker": "p", "linestyle": "-"},
    "hamiltonian": {"color": "#332288", "marker": "h", "linestyle": (0, (4, 2))},
}
PALEST = 0.5  # share of white in tint 1; it falls off with the tint's number


class Series(NamedTuple):
    """What is drawn alike: its label, look (colour, marker, linestyle) and objective, if it has one."""

    label: str
    look: dict[str, Any]
    objective: str | None


def with_models(
    table: pd.DataFrame, models: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> pd.DataFrame:
    """The table with the ``SETTINGS`` of its models, by data set and name; of replicas the first alone.

    A name that is not among the models of its data set gets none.
    """
    if not {"dataset", "model"} <= set(table):
        return table
    pairs = table[["dataset", "model"]].itertuples(index=False)
    known = [models.get(dataset, {}).get(name, {}) for dataset, name in pairs]
    first = [settings.get("replica", 1) == 1 for settings in known]
    table = table[np.array(first, dtype=bool)].copy()  # an empty list would choose columns
    known = [settings for settings, kept in zip(known, first, strict=True) if kept]
    for setting in SETTINGS:
        found = [settings.get(setting) for settings in known]
        if any(value is not None for value in found):
            table[setting] = pd.Series(found, index=table.index, dtype=object)
    return table


class _Model(NamedTuple):
    """One model of a table: its name, what is known of it, and the points at which it is."""

    name: Any
    settings: dict[str, Any]  # all of SETTINGS; those that are not known are None
    places: set[tuple[Any, ...]]

    @property
    def unknown(self) -> bool:
        return all(value is None for value in self.settings.values())


def _models(table: pd.DataFrame, points: Iterable[str]) -> tuple[pd.Series, dict[int, _Model]]:
    """A number of every row's model, −1 where there is none, and the models by it in the table's order.

    One name with two settings, such as of two data sets, is two models.
    """
    known = ["model", *(setting for setting in SETTINGS if setting in table)]
    places = [point for point in points if point in table]
    numbers = table.groupby(known, dropna=False, sort=False).ngroup()
    numbers = numbers.where(table["model"].notna(), -1)
    rows = table[[*known, *places]].assign(number=numbers)[numbers >= 0]
    rows = rows.drop_duplicates(["number", *places]).astype(object)
    found: dict[int, _Model] = {}
    for _, row in rows.where(rows.notna(), None).iterrows():
        settings = {setting: row.get(setting) for setting in SETTINGS}
        if any(value is not None for value in settings.values()):
            settings["model_kind"] = settings["model_kind"] or VAE
            settings["field_rank"] = settings["field_rank"] or 0
        model = found.setdefault(row["number"], _Model(row["model"], settings, set()))
        model.places.add(tuple(row[places]))
    return numbers, found


def _overlap(models: Sequence[_Model]) -> bool:
    """Whether two of these models are at one point."""
    joint = [place for model in models for place in model.places]
    return len(joint) > len(set(joint))


def _split(models: list[_Model], settings: Sequence[str] = IF_NEEDED) -> list[list[_Model]]:
    """Models that no two of a part are at one point: by as few of the settings as needed, or by name."""
    if not _overlap(models):
        return [models]
    for i, setting in enumerate(settings):
        parts: dict[Any, list[_Model]] = {}
        for model in models:
            parts.setdefault(model.settings[setting], []).append(model)
        if len(parts) > 1:
            return [part for own in parts.values() for part in _split(own, settings[i + 1 :])]
    return [[model] for model in models]


def _grouped(models: Iterable[_Model]) -> list[list[_Model]]:
    """The models of every series."""
    apart: dict[Any, list[_Model]] = {}
    for model in models:
        key = model.name if model.unknown else tuple(model.settings[setting] for setting in APART)
        apart.setdefault((model.unknown, key), []).append(model)
    return [part for own in apart.values() for part in _split(own)]


def as_series(table: pd.DataFrame, points: Iterable[str] = ()) -> tuple[pd.DataFrame, dict[str, Series]]:
    """The table with the label of its series in ``model``, and all series by label, in order of print.

    Models of one kind and objective are one series, however they had to be trained at some ``points``
    (columns), unless two are at one point. These are told apart by as few settings as needed; where all
    settings are equal, by their names, which are then in their labels.
    """
    numbers, models = _models(table, points)
    groups = sorted(_grouped(models.values()), key=lambda members: _rank(_common(members)))
    common = [_common(members) for members in groups]
    labels = _labels(common, [members[0].name for members in groups])
    looks = _looks(common)
    series = {
        label: Series(label, look, settings["objective"])
        for label, look, settings in zip(labels, looks, common, strict=True)
    }
    of_model = {id(model): label for label, own in zip(labels, groups, strict=True) for model in own}
    of_number = {number: of_model[id(model)] for number, model in models.items()}
    return table.assign(model=numbers.map(of_number).astype(object)), series


def by_size_and_series(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """(label, rows) of every series at every size; the label says what varies, of one it is empty."""
    table, models = as_series(table, parameters_of(table))
    found = [
        (size, model, own)
        for size, rows in by_size(table)
        for model in models
        if not (own := rows[rows["model"] == model]).empty
    ]
    if len(found) == 1:
        return [("", found[0][2])]
    only_one = len(models) == 1
    return [(size if only_one else ", ".join(filter(None, (size, m))), own) for size, m, own in found]


def _common(members: Sequence[_Model]) -> dict[str, Any]:
    """The settings that all models of a series share; the others None."""
    first = members[0].settings
    return {
        name: value if all(model.settings[name] == value for model in members) else None
        for name, value in first.items()
    }


def _rank(settings: Mapping[str, Any]) -> tuple[int, ...]:
    """The order of print: by kind, then free fields first, by objective, number of latents and size."""
    kinds, objectives = list(KINDS), list(OBJECTIVES)
    if all(value is None for value in settings.values()):
        return (len(kinds) + 1,)
    kind, objective = settings["model_kind"], settings["objective"]
    rank = int(settings["field_rank"] or 0)
    return (
        kinds.index(kind) if kind in kinds else len(kinds),
        min(rank, 1),
        objectives.index(objective) if objective in objectives else len(objectives),
        int(settings["latent_dim"] or 0),
        rank,
        int(settings["size"] or 0),
        int(settings["variant"] is not None),
    )


def _labels(series: Sequence[Mapping[str, Any]], names: Sequence[Any]) -> list[str]:
    """A label for every series, each another: what it is, and of its settings those that are needed."""
    kinds = {settings["model_kind"] for settings in series} - {None}

    def varies(own: Mapping[str, Any], setting: str) -> bool:
        """Whether a setting tells a series from others that are like it so far."""
        before = SETTINGS[: SETTINGS.index(setting)]
        alike = [one for one in series if all(one[name] == own[name] for name in before)]
        alike = [one for one in alike if bool(one["field_rank"]) == bool(own["field_rank"])]
        return len({one[setting] for one in alike}) > 1

    def label(settings: Mapping[str, Any]) -> str:
        kind, objective, dimension = (settings[n] for n in ("model_kind", "objective", "latent_dim"))
        rank, size, variant = (settings[n] for n in ("field_rank", "size", "variant"))
        words = []
        if kind != VAE:
            words.append(KINDS.get(kind, str(kind)))
            if size is not None:
                words.append(f"{int(size)} {SIZES.get(kind, 'units')}")
        elif len(kinds) > 1:
            words.append("VAE")
        if kind == VAE:
            alone = not (rank or varies(settings, "latent_dim"))
            if rank:
                words.append("Hopfield form")
            if objective is not None and (varies(settings, "objective") or alone):
                words.append(OBJECTIVES.get(objective, str(objective)))
            if dimension is not None and (
                varies(settings, "latent_dim") or (alone and objective is None)
            ):
                words.append(f"$d = {int(dimension)}$")
            if rank:
                words.append(f"{int(rank)} pattern{'s' if rank > 1 else ''}")
        if variant is not None and varies(settings, "variant"):
            words.append(str(variant))
        return ", ".join(words) or KINDS[VAE]

    known = [any(value is not None for value in settings.values()) for settings in series]
    labels = [
        label(settings) if one_is else str(name)
        for settings, one_is, name in zip(series, known, names, strict=True)
    ]
    often = Counter(labels)
    labels = [
        f"{text} ({name})" if one_is and often[text] > 1 else text
        for text, one_is, name in zip(labels, known, names, strict=True)
    ]
    return [
        f"{text} {labels[: i + 1].count(text)}" if labels.count(text) > 1 else text
        for i, text in enumerate(labels)
    ]


def _in_turn(taken: set[Any]) -> Iterator[dict[str, Any]]:
    """Looks of colours that are not taken, as long as there are some; each look once."""
    untaken = [i for i, colour in enumerate(style.COLOURED) if colour not in taken]
    for i in untaken:
        yield style.coloured(i)
    for i in count(len(style.COLOURED)):
        yield style.coloured(i)


def _tint(look: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A paler colour of its own, marker and line for every number from 1 on."""
    white = PALEST / number
    red, green, blue = (white + (1 - white) * part for part in to_rgb(look["color"]))
    return style.series(number - 1) | {"color": to_hex((red, green, blue))}


def _looks(series: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The look of every series, each another: that of its kind or objective in all figures.

    Where series share one, they are tints of its colour, numbered by latents, patterns or size while
    these are few. Where all share one, or there is none, they are colours in turn.
    """
    keys: list[Any] = []
    numbers: dict[Any, list[int]] = {}
    for settings in series:
        rank = int(settings["field_rank"] or 0)
        of_vae = HOPFIELD if rank else settings["objective"]
        keys.append(of_vae if settings["model_kind"] == VAE else settings["model_kind"])
        own = settings["latent_dim"] if settings["model_kind"] == VAE else settings["size"]
        numbers.setdefault(keys[-1], []).append(rank or int(own or 0))
    only_one = len(numbers) == 1 and len(series) > 1  # colours in turn tell more apart than tints
    fixed = {} if only_one else {key: LOOKS[key] for key in numbers if key in LOOKS}
    others = _in_turn({look["color"] for look in fixed.values()})
    places: Counter[Any] = Counter()
    looks = []
    for key in keys:
        place, own = places[key], numbers[key]
        places[key] += 1
        if key not in fixed:
            looks.append(next(others))
        elif len(own) == 1:
            looks.append(dict(fixed[key]))
        else:
            few = len(set(own)) == len(own) and min(own) >= 1 and max(own) <= len(style.LINES)
            looks.append(_tint(fixed[key], own[place] if few else place + 1))
    return looks
