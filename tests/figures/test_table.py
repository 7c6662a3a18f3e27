"""What is in a table: data sets and points, by what their systems declare."""

from __future__ import annotations

import pandas as pd
import pytest

from mfvae.errors import InputError
from mfvae.figures.table import (
    all_but_temperature,
    axis_label,
    belonging_to,
    by_size,
    datasets_of,
    joined,
    label_of,
    most_compared,
    of_points,
    parameter_names,
    parameters_of,
    size_of,
    system_label,
    temperature_of,
    transitions_along,
    without_source,
)


def refused(function, *arguments) -> InputError:
    with pytest.raises(InputError) as caught:
        function(*arguments)
    return caught.value


# -- data sets ---------------------------------------------------------------------------------------
def test_data_sets_have_names_and_an_order() -> None:
    table = pd.DataFrame({"dataset": ["my_cells", "ising_2d", None, "curie_weiss", "ising_2d"]})
    assert [system_label(name) for name in datasets_of(table)] == ["Curie–Weiss", "2D Ising", "my cells"]


def test_every_system_has_a_title_of_its_own() -> None:
    names = ["curie_weiss", "curie_weiss_field", "hopfield", "hopfield_pair", "maier_saupe", "ising_2d"]
    assert datasets_of(pd.DataFrame({"dataset": names[::-1]})) == names
    assert len({system_label(name) for name in names} | set(names)) == 12


def test_rows_without_a_model_are_of_points() -> None:
    table = pd.DataFrame({"model": ["iwae", None, float("nan"), "elbo"]})
    assert of_points(table).index.tolist() == [1, 2]


# -- parameters by their roles -----------------------------------------------------------------------
def test_temperatures_and_sizes_are_found_by_their_roles(more_systems) -> None:
    table = pd.DataFrame({"dataset": ["nematic"], "M": [8], "E": [0.5], "theta": [300.0]})
    assert (temperature_of(table), size_of(table)) == ("theta", "M")
    assert all_but_temperature(table) == ["M", "E"]
    assert axis_label(parameters_of(table)["theta"]) == r"bath temperature $\vartheta$ (K)"
    assert axis_label(parameters_of(table)["theta"], short=True) == r"$\vartheta$ (K)"
    assert list(transitions_along(table, "theta")) == ["clearing"]
    row = table.iloc[0]
    assert label_of(row, parameters_of(table)) == r"$M = 8$, $E = 0.5$, $\vartheta = 300$"


def test_columns_that_no_system_of_the_table_declares_are_no_parameters(more_systems) -> None:
    table = pd.DataFrame({"dataset": ["hopfield"], "N": [9], "q": [3], "beta": [1.0], "value": [2.0]})
    assert parameter_names(table) == ["N", "beta"]
    assert parameter_names(table.assign(dataset="potts")) == ["N", "q", "beta"]
    assert parameter_names(table.assign(dataset="my_cells")) == []


def test_of_two_temperatures_the_one_with_values_is_meant() -> None:
    table = pd.DataFrame({"dataset": ["hopfield", "ising_2d"], "beta": [1.0, None], "T": [None, 2.0]})
    assert temperature_of(table.iloc[:1]) == "beta"
    assert temperature_of(table.iloc[1:].drop(columns="beta")) == "T"
    assert refused(temperature_of, table).value == ["beta", "T"]
    assert temperature_of(table.assign(beta=None)) == "T"
    assert refused(temperature_of, table.drop(columns=["beta", "T"])).value == []
    assert refused(size_of, table).value == []


def test_one_name_of_two_parameters_is_refused_where_its_meaning_is_asked_for(more_systems) -> None:
    table = pd.DataFrame({"dataset": ["ising_2d", "inverse_t"], "L": 8, "T": 2.0})
    error = refused(temperature_of, table.drop(columns="L"))
    assert (error.field, error.value) == ("parameter", "T")
    assert "inverse_t" in error.allowed
    assert parameter_names(table) == ["L", "T"]  # what they are does not matter
    assert parameters_of(table.iloc[1:])["T"].role == "inverse temperature"


# -- points ------------------------------------------------------------------------------------------
def test_large_sizes_are_written_out_and_temperatures_are_rounded() -> None:
    point = {"N": 16384, "L": float("nan"), "p": 3, "beta": float("nan"), "T": 2.269185}
    known = parameters_of(pd.DataFrame([point]))
    assert label_of(point, known, ["N", "p"]) == "$N = 16384$, $p = 3$"
    assert label_of(point, known, ["L", "T"]) == "$T = 2.269$"


def test_a_size_is_all_parameters_but_the_temperature() -> None:
    table = pd.DataFrame({"N": 100, "h": [0.05, 0.02], "overlap": [None, 0.3], "beta": 1.0})
    labels = {label for label, _ in by_size(table)}
    assert labels == {r"$N = 100$, $h = 0.02$, $\xi^1\cdot\xi^2/N = 0.3$", "$N = 100$, $h = 0.05$"}
    table = pd.DataFrame({"dataset": "hopfield", "N": [64, 64, 32], "p": [3, 2, 3], "beta": 1.0})
    labels = [label for label, _ in by_size(table)]
    assert labels == ["$N = 32$, $p = 3$", "$N = 64$, $p = 2$", "$N = 64$, $p = 3$"]


def test_rows_of_no_size_belong_to_every_size() -> None:
    table = without_source(pd.DataFrame({"L": [8, 16, None], "value": [1, 2, 3]}))
    assert table["source"].isna().all()
    sizes = by_size(table.dropna(subset="L"))
    assert [label for label, _ in sizes] == ["$L = 8$", "$L = 16$"]
    found = [list(belonging_to(table, rows.iloc[0], ["L"])["value"]) for _, rows in sizes]
    assert found == [[1, 3], [2, 3]]


def test_models_are_compared_at_the_largest_size_that_has_the_most() -> None:
    table = pd.DataFrame({"N": [8, 8, 16, 16, 32], "beta": 1.0, "model": ["a", "b", "b", "c", "c"]})
    label, rows = most_compared(table)
    assert label == "$N = 16$"
    assert rows["model"].tolist() == ["b", "c"]


# -- joins -------------------------------------------------------------------------------------------
def test_a_join_keeps_rows_of_either_side_and_knows_that_none_equals_none() -> None:
    left = pd.DataFrame({"N": [1, 2, 3], "p": [None, 4.0, 5.0], "value": [1.0, 2.0, 3.0]})
    right = pd.DataFrame({"N": [2, 1], "p": [4.0, None], "value": [20.0, 10.0]})
    both = joined(left, right, ["N", "p"], ("_a", "_b"))
    assert both[["N", "value_a", "value_b"]].fillna(-1).to_numpy().tolist() == [
        *([1, 1, 10], [2, 2, 20], [3, 3, -1])
    ]


@pytest.mark.parametrize("twice", ["left", "right"])
def test_a_key_that_is_there_twice_is_refused(twice: str) -> None:
    once = pd.DataFrame({"N": [1, 2], "p": [3.0, 4.0], "value": 0.0})
    sides = {"left": once, "right": once} | {twice: pd.concat([once, once.iloc[1:]])}
    error = refused(joined, sides["left"], sides["right"], ["N", "p"], ("_a", "_b"))
    assert (error.field, error.value) == ("table", {"N": 2, "p": 4.0})
