"""Names and order of what is in a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mfvae.figures import style
from mfvae.figures.table import (
    belonging_to,
    by_objective,
    by_size,
    by_system,
    label_of,
    model_label,
    models_of,
    of_points,
    system_label,
    systems_of,
    with_parameters,
)


@pytest.mark.parametrize(
    ("model", "label"),
    [("d4", "$d = 4$"), ("d16", "$d = 16$"), ("elbo", "ELBO"), ("d4x", "d4x"), ("wide_d4", "wide_d4")],
)
def test_d_and_digits_mean_a_latent_dimension_and_objectives_have_words(model: str, label: str) -> None:
    assert model_label(model) == label


def test_models_are_in_order_of_d_and_then_of_the_table() -> None:
    table = pd.DataFrame({"model": ["iwae", "d16", None, "d2", np.nan, "elbo", "d4", "d16"]})
    assert models_of(table) == ["d2", "d4", "d16", "elbo", "iwae"]
    assert models_of(table.iloc[[2]]) == []
    assert len(of_points(table)) == 2


def test_systems_have_names_and_an_order() -> None:
    table = pd.DataFrame({"system": ["potts", "ising_2d", "curie_weiss", "ising_2d"]})
    assert [system_label(s) for s in systems_of(table)] == ["Curie–Weiss", "2D Ising", "potts"]


def test_systems_in_a_field_and_of_overlapping_patterns_have_names_and_sizes() -> None:
    names = ["curie_weiss", "curie_weiss_field", "hopfield", "hopfield_pair", "maier_saupe", "ising_2d"]
    assert systems_of(pd.DataFrame({"system": names[::-1]})) == names
    assert len({system_label(name) for name in names} | set(names)) == 12  # each has its own
    table = pd.DataFrame({"N": 100, "h": [0.05, 0.02], "overlap": [np.nan, 0.3], "beta": 1.0})
    labels = [label for label, _ in by_system(table)]
    assert labels == [r"$N = 100$, $\xi^1\cdot\xi^2/N = 0.3$, $h = 0.02$", "$N = 100$, $h = 0.05$"]


def test_one_objective_is_one_series_unless_a_point_has_two_models_of_it() -> None:
    table = pd.DataFrame(
        {
            "N": [64, 256, 256, 256, 64],
            "beta": 1.0,
            "model": ["exact", "exact_large", "d4_long", "elbo", "d4"],
        }
    )
    assert by_objective(table)["model"].tolist() == ["exact", "exact", "d4_long", "elbo", "d4"]
    assert by_objective(table.assign(N=64))["model"].tolist() == table["model"].tolist()
    assert by_objective(table.iloc[3:])["model"].tolist() == ["elbo", "d4"]
    data = table.assign(model=None)
    assert by_objective(data)["model"].isna().all()


def test_objectives_look_the_same_beside_any_others() -> None:
    looks = style.of_models(["d1", "exact", "d2", "elbo"])
    alone = style.of_models(["elbo"])
    assert list(looks) == ["d1", "exact", "d2", "elbo"]
    assert looks["elbo"] == alone["elbo"]
    assert len({look["marker"] for look in style.OF_OBJECTIVES.values()}) == 3
    assert len({look["color"] for look in style.OF_OBJECTIVES.values()}) == 3
    assert style.of_models(["d1", "d2"]) == {"d1": style.coloured(0), "d2": style.coloured(1)}


def test_large_sizes_are_written_out_and_temperatures_are_rounded() -> None:
    point = {"N": 16384, "L": np.nan, "p": 3, "beta": np.nan, "T": 2.269185}
    assert label_of(point) == "$N = 16384$, $p = 3$, $T = 2.269$"


def test_rows_of_no_size_belong_to_every_size() -> None:
    table = with_parameters(pd.DataFrame({"L": [8, 16, np.nan], "value": [1, 2, 3]}))
    assert table["source"].isna().all()
    sizes = by_size(table.dropna(subset="L"))
    assert [label for label, _ in sizes] == ["$L = 8$", "$L = 16$"]
    assert [list(belonging_to(table, rows.iloc[0])["value"]) for _, rows in sizes] == [[1, 3], [2, 3]]


def test_systems_of_one_family_are_told_apart_by_n_and_p() -> None:
    table = pd.DataFrame({"N": [64, 64, 32], "p": [3.0, np.nan, np.nan]})
    assert [label for label, _ in by_system(table)] == ["$N = 32$", "$N = 64$, $p = 3$", "$N = 64$"]
