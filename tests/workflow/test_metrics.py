"""Metrics: their names, their files and their tables."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfvae.errors import InputError
from mfvae.stats import Estimate
from mfvae.workflow.metrics import (
    FACTS,
    SETTINGS,
    Metric,
    Scope,
    check_once,
    find_metric,
    read_metrics,
    to_table,
    with_settings,
    write_metrics,
)
from mfvae.workflow.settings.points import spell
from tests.helpers.files import names_in
from tests.helpers.metrics import metric_of

COLUMNS = {"dataset", "model", "quantity", *SETTINGS, *FACTS}

words = st.from_regex(r"[a-z][a-z0-9_]*", fullmatch=True)
numbers = st.one_of(st.integers(-(10**6), 10**6), st.floats(allow_nan=False, allow_infinity=False))
points = st.dictionaries(words, numbers, min_size=1, max_size=3)
finite = st.floats(allow_nan=False, allow_infinity=False)
metrics = st.builds(
    Metric,
    words,
    st.dictionaries(words, numbers, max_size=3),
    words,
    finite,
    st.sampled_from(["exact", "statistical", "trained"]),
    st.none() | words,
    st.none() | st.floats(0, 1e6),
    st.none() | finite,
    st.none() | st.text(),
    st.none() | st.sampled_from(["elbo", "exact"]),
    st.none() | st.integers(1, 64),
)

SCOPE = Scope("hopfield", "N~100/p~3/beta~1.2", "elbo")


# -- what they are about -----------------------------------------------------------------------------
POINT = {"N": 100, "p": 3, "beta": 1.2}


def test_a_metric_has_what_it_is_about_in_columns():
    metric = SCOPE.metric("pattern_overlap_min", 0.97, "trained")
    assert metric == Metric("hopfield", POINT, "pattern_overlap_min", 0.97, "trained", "elbo")
    assert metric.scope == SCOPE
    assert metric.label == "hopfield N=100 p=3 beta=1.2, elbo: pattern_overlap_min"


def test_without_a_model_it_is_about_the_point():
    metric = Scope("curie_weiss", "N~64/beta~1.0").metric("entropy", 3, "exact")
    assert metric.label == "curie_weiss N=64 beta=1.0: entropy"
    assert metric.model is None
    assert type(metric.value) is float


def test_a_number_about_several_models_says_which():
    one, other = (
        Scope("retina", "repeats~11").metric("latents_supported", 2, "trained", objective=objective)
        for objective in ("elbo", "exact")
    )
    assert one.label == "retina repeats=11, objective elbo: latents_supported"
    check_once([one, other])


def test_settings_of_models_are_joined_by_data_set_and_name():
    models = {"hopfield": {"elbo": {"objective": "elbo", "latent_dim": 3, "replica": 1, "epochs": 9}}}
    joined, other, point = with_settings(
        [
            SCOPE.metric("kl", 1.0, "trained"),
            Scope("ising_2d", "L~8/T~2.0", "elbo").metric("kl", 1.0, "trained"),
            Scope("hopfield", "N~100").metric("entropy", 1.0, "exact"),
        ],
        models,
    )
    assert (joined.objective, joined.latent_dim, joined.field_rank, joined.replica) == (
        "elbo",
        3,
        None,
        1,
    )
    assert joined.key == SCOPE.metric("kl", 1.0, "trained").key
    assert other.objective is point.objective is None


def test_a_measured_metric_takes_its_error_along():
    metric = SCOPE.measured("rate", Estimate(1.5, 0.25), reference=1.0, reference_source="exact channel")
    expected = Metric("hopfield", POINT, "rate", 1.5, "trained", "elbo", 0.25, 1.0, "exact channel")
    assert metric == expected


def test_measured_observables_are_put_beside_what_is_exact():
    """Each has its error; only those that are exactly known have a reference, and it is their own."""
    measured = {"energy": Estimate(-1.5, 0.25), "specific_heat": Estimate(2.0, 0.5)}
    energy, heat = SCOPE.compared("statistical", measured, {"energy": -1.25, "entropy": 3.0})
    about = {"stderr": 0.25, "reference": -1.25, "reference_source": "exact at this size"}
    assert energy == SCOPE.metric("energy", -1.5, "statistical", **about)
    assert heat == SCOPE.metric("specific_heat", 2.0, "statistical", stderr=0.5)


@given(
    st.dictionaries(words, st.builds(Estimate, finite, st.floats(0, 1e6)), max_size=4),
    st.dictionaries(words, finite, max_size=4),
    st.sampled_from(["exact", "statistical", "trained"]),
)
def test_as_many_metrics_as_observables_in_their_order(measured, exact, kind):
    exact = exact | dict.fromkeys(list(measured)[::2], 0.0)
    found = Scope("ising_2d", "L~8/T~2.0").compared(kind, measured, exact)
    assert [metric.quantity for metric in found] == list(measured)
    assert [Estimate(metric.value, metric.stderr) for metric in found] == list(measured.values())
    assert [metric.reference for metric in found] == [exact.get(name) for name in measured]
    assert all((metric.reference is None) == (metric.reference_source is None) for metric in found)
    assert {metric.kind for metric in found} <= {kind}


# -- files -----------------------------------------------------------------------------------------
@given(st.lists(metrics, max_size=5, unique_by=lambda metric: metric.key))
def test_metrics_survive_a_file(tmp_path_factory, some):
    path = tmp_path_factory.getbasetemp() / "metrics.json"
    write_metrics(path, some)
    assert read_metrics([path]) == some
    for written, metric in zip(json.loads(path.read_text()), some, strict=True):
        assert written == {name: value for name, value in asdict(metric).items() if value is not None}


def test_several_files_are_joined_in_order(tmp_path):
    for name in ("b", "a"):
        write_metrics(tmp_path / name, [Metric(name, {}, str(i), i, "exact") for i in range(2)])
    found = read_metrics([tmp_path / "b", tmp_path / "a"])
    assert [metric.label for metric in found] == ["b: 0", "b: 1", "a: 0", "a: 1"]


@pytest.mark.parametrize("files", [["one", "one"], ["one", "two"], ["twice"]])
def test_a_metric_that_occurs_twice_is_refused(tmp_path, files):
    write_metrics(tmp_path / "one", [metric_of("a/b", 1.0, "exact")])
    write_metrics(tmp_path / "two", [metric_of("c/d", 1.0, "exact"), metric_of("a/b", 2.0, "trained")])
    write_metrics(tmp_path / "twice", [metric_of("a/b", 1.0, "exact"), metric_of("a/b", 1.0, "exact")])
    with pytest.raises(InputError, match="'a: b'") as caught:
        read_metrics([tmp_path / name for name in files])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("field", ["value", "stderr", "reference"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_undefined_numbers_are_not_written(tmp_path, field, value):
    about = {"dataset": "a", "point": {}, "quantity": "b", "value": 1.0, "kind": "exact"}
    bad = Metric(**(about | {field: value}))
    with pytest.raises(ValueError, match="JSON"):
        write_metrics(tmp_path / "metrics.json", [bad])
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[",
        "null",
        "3",
        '{"dataset": 1}',
        "[3]",
        '["dataset"]',
        '[{"dataset": "a"}]',
        '[{"dataset": "a", "point": {}, "quantity": "b", "value": 1.0, "kind": "exact", "new": 1}]',
    ],
)
def test_files_of_another_kind_are_refused_by_name(tmp_path, content):
    path = tmp_path / "metrics.json"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        read_metrics([path])
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


# -- finding ---------------------------------------------------------------------------------------
def test_the_metric_of_a_quantity_is_found():
    rate, kl = SCOPE.metric("rate", 1.0, "trained"), SCOPE.metric("kl", 2.0, "trained")
    other = SCOPE.metric("exact_channel_rate", 3.0, "exact")
    assert find_metric([rate, kl, other], "rate") is rate  # not what merely ends in it
    assert find_metric(iter([rate, kl]), "kl") is kl


@pytest.mark.parametrize("count", [0, 2])
def test_none_or_several_metrics_of_a_quantity_are_refused(count):
    some = [Scope("hopfield", f"N~{n}").metric("rate", 1.0, "trained") for n in range(count)]
    with pytest.raises(InputError, match=f"found {count}"):
        find_metric(some, "rate")


# -- tables ----------------------------------------------------------------------------------------
@given(words, points.filter(lambda point: not point.keys() & COLUMNS), st.none() | words, words, finite)
def test_a_row_says_what_its_metric_says(dataset, point, model, quantity, value):
    table = to_table([Scope(dataset, spell(point), model).metric(quantity, value, "exact")])
    (row,) = table.to_dict("records")
    own = {"dataset": dataset, "model": model, "quantity": quantity, "value": value}
    for key, expected in {**point, **own}.items():
        assert row[key] == expected or (expected is None and row[key] is None)
        assert expected is None or type(row[key]) is type(expected)


def test_a_table_has_one_row_per_metric_and_all_parameters():
    table = to_table(
        [
            Scope("curie_weiss", "N~64/beta~1.0").metric("entropy", 40.0, "exact"),
            SCOPE.metric("rate", 1.5, "trained", stderr=0.1, reference=1.4),
        ]
    )
    assert list(table["dataset"]) == ["curie_weiss", "hopfield"]
    assert list(table["quantity"]) == ["entropy", "rate"]
    assert pd.isna(table["model"][0])
    assert table["model"][1] == "elbo"
    assert pd.isna(table["p"][0])
    assert (table["N"][1], table["p"][1], table["beta"][1]) == (100, 3, 1.2)
    assert (table["stderr"][1], table["reference"][1]) == (0.1, 1.4)
    assert pd.isna(table["stderr"][0])


def test_rows_are_put_beside_their_nulls_where_there_are_any():
    nan = float("nan")
    rows = [("a", 0.5, 0.1, 0.01), ("b", 1.0, nan, nan)]
    table = pd.DataFrame(rows, columns=["quantity", "value", "stderr", "null"])
    one, other = Scope("clusters", "k~2").beside_nulls(table)
    assert (one.label, one.value, one.stderr, one.reference) == ("clusters k=2: a", 0.5, 0.1, 0.01)
    assert (other.stderr, other.reference, other.reference_source) == (None, None, None)
