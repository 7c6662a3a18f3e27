"""Series of models: told apart by settings alone, never by names; their labels and looks."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfvae.figures.models import KINDS, LOOKS, OBJECTIVES, Series, as_series, with_models
from mfvae.figures.style import BLACK
from tests.helpers.figures.models import MODELS, configured, vae


def table_of(*models: str | None, **columns: object) -> pd.DataFrame:
    """A row for every model, by its name in the tests' configuration."""
    return configured(pd.DataFrame({"model": list(models)} | columns))


def series_of(*settings: dict[str, object], names: list[str] | None = None) -> list[Series]:
    """Series of models with these settings, all at one point, in order of print."""
    names = names or [f"name {i}" for i in range(len(settings))]
    rows = [{"model": name, **known} for name, known in zip(names, settings, strict=True)]
    return list(as_series(pd.DataFrame(rows))[1].values())


def labels_of(*settings: dict[str, object], names: list[str] | None = None) -> list[str]:
    return [series.label for series in series_of(*settings, names=names)]


# -- which models are one series ---------------------------------------------------------------------
def test_one_objective_is_one_series_unless_a_point_has_two_models_of_it() -> None:
    models = ["exact", "exact_large", "d4_long", "exact", None]
    table = table_of(*models, N=[64, 256, 256, 128, 64], beta=1.0)
    drawn, series = as_series(table, ["N", "beta"])
    exact, elbo = "exact likelihood", "ELBO"
    assert drawn["model"].tolist()[:4] == [exact, exact, elbo, exact]
    assert drawn["model"].isna().tolist() == [False] * 4 + [True]
    assert list(series) == [exact, elbo]
    drawn, series = as_series(table.assign(N=64), ["N", "beta"])
    assert list(series) == [exact, f"{exact}, large", elbo]
    assert drawn["model"].tolist()[:4] == [exact, f"{exact}, large", elbo, exact]


def test_as_few_settings_as_needed_tell_series_apart() -> None:
    """Numbers of latents do where one point has several, but no variants beside them."""
    table = table_of("exact", "exact_d3", "elbo", N=[64, 256, 64])
    assert list(as_series(table, ["N"])[1]) == ["exact likelihood", "ELBO"]
    table = table_of("exact_large", "exact_d3", "elbo", N=64)
    labels = ["exact likelihood, $d = 1$", "exact likelihood, $d = 3$", "ELBO"]
    assert list(as_series(table, ["N"])[1]) == labels


def test_objectives_and_forms_are_never_one_series() -> None:
    table = table_of("exact", "elbo", "hopfield_k3", "pairwise", N=[1, 2, 3, 4])
    labels = ["pairwise", "VAE, exact likelihood", "VAE, ELBO", "VAE, Hopfield form, 3 patterns"]
    assert list(as_series(table, ["N"])[1]) == labels


def test_a_label_does_not_depend_on_which_model_of_a_series_comes_first() -> None:
    table = table_of("exact_large", "exact", "elbo", N=[256, 64, 64])
    again = table.iloc[::-1]
    assert list(as_series(table, ["N"])[1]) == ["exact likelihood", "ELBO"]
    assert as_series(again, ["N"])[1] == as_series(table, ["N"])[1]


def test_models_of_equal_settings_at_one_point_are_two_series_and_others_stay_one() -> None:
    table = table_of("exact", "exact_large", "d1", "elbo", N=[64, 256, 64, 64])
    drawn, series = as_series(table, ["N"])
    assert drawn["model"].tolist() == ["exact likelihood"] * 2 + ["ELBO (d1)", "ELBO (elbo)"]
    assert len({str(one.look) for one in series.values()}) == 3


def test_one_name_with_two_settings_is_two_series() -> None:
    """As where two data sets have a model of one name."""
    table = pd.DataFrame(
        {"dataset": ["hopfield", "ising_2d"], "N": 64, "model": "vae", "objective": ["exact", "elbo"]}
    )
    drawn, series = as_series(table, ["dataset", "N"])
    assert drawn["model"].tolist() == list(series) == ["exact likelihood", "ELBO"]
    assert [one.objective for one in series.values()] == ["exact", "elbo"]


def test_a_table_without_models_has_no_series() -> None:
    drawn, series = as_series(pd.DataFrame({"model": [None, None], "N": [1, 2]}), ["N"])
    assert series == {}
    assert drawn["model"].isna().all()


SETTINGS = st.fixed_dictionaries(
    {
        "model_kind": st.sampled_from([None, *KINDS, "tree"]),
        "objective": st.sampled_from([None, *OBJECTIVES, "tempered"]),
        "latent_dim": st.sampled_from([None, 1, 2, 16]),
        "field_rank": st.sampled_from([None, 0, 1, 8]),
        "size": st.sampled_from([None, 2, 20]),
        "variant": st.sampled_from([None, "long"]),
    }
)


@given(models=st.lists(st.tuples(SETTINGS, st.integers(0, 2)), min_size=1, max_size=8))
def test_series_differ_in_label_and_look_and_have_one_model_at_a_point(models) -> None:
    rows = [{"model": f"m{i}", "N": n, **settings} for i, (settings, n) in enumerate(models)]
    drawn, series = as_series(pd.DataFrame(rows), ["N"])
    assert set(drawn["model"]) == set(series)
    assert not drawn.duplicated(["model", "N"]).any()
    assert all(label and one.label == label for label, one in series.items())
    looks = {tuple(map(str, one.look.values())) for one in series.values()}
    assert len(looks) == len(series)
    renamed = pd.DataFrame(rows).assign(model=[f"a{9 - i}" for i in range(len(rows))])
    others = list(as_series(renamed, ["N"])[1].values())
    assert [one.look for one in others] == [one.look for one in series.values()]


# -- labels ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("settings", "labels"),
    [
        ([vae("exact")], ["exact likelihood"]),
        ([vae("elbo", 8)], ["ELBO"]),
        ([{"latent_dim": 3}], ["$d = 3$"]),
        ([{"model_kind": "vae"}], ["VAE"]),
        ([vae("iwae"), vae("elbo"), vae("exact")], ["exact likelihood", "ELBO", "IWAE"]),
        ([vae("elbo", 16), vae("elbo", 2)], ["$d = 2$", "$d = 16$"]),
        ([vae("elbo", 4, variant="long"), vae("elbo", 4)], ["ELBO", "ELBO, long"]),
        (
            [vae("elbo", 4, variant="long"), vae("elbo", 4), vae("elbo", 2)],
            ["$d = 2$", "$d = 4$", "$d = 4$, long"],
        ),
        ([vae("exact", 3), vae("exact", 3, 3)], ["exact likelihood", "Hopfield form, 3 patterns"]),
        (
            [vae("exact", 2, 2), vae("exact", 2, 1)],
            ["Hopfield form, 1 pattern", "Hopfield form, 2 patterns"],
        ),
        ([MODELS["data"], vae("exact")], ["data", "VAE, exact likelihood"]),
        ([MODELS["rbm"], MODELS["mixture"]], ["mixture, 20 components", "RBM, 10 hidden"]),
        (
            [MODELS["hamiltonian"], MODELS["population_count"], MODELS["independent"]],
            ["independent", "population count", "generalized Hopfield"],
        ),
        ([{"model_kind": "tree"}, {"objective": "tempered"}], ["VAE, tempered", "tree"]),
    ],
)
def test_labels_say_what_varies(settings, labels) -> None:
    assert labels_of(*settings) == labels
    assert labels_of(*settings[::-1]) == labels


def test_names_without_settings_are_labels_as_they_are() -> None:
    assert labels_of({}, {}, names=["z", "d4"]) == ["z", "d4"]
    beside = [vae("exact", 1), {}, MODELS["pairwise"], {}]
    assert labels_of(*beside, names=["a", "exact", "b", "elbo_d3"]) == [
        *("pairwise", "VAE, exact likelihood", "exact", "elbo_d3")
    ]


# -- looks -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("beside", [[], ["exact", "iwae"], ["data", "pairwise", "hopfield_k3", "rbm"]])
def test_an_objective_looks_the_same_beside_any_others(beside) -> None:
    _, series = as_series(table_of("elbo", *beside))
    (elbo,) = [one for one in series.values() if one.objective == "elbo"]
    assert elbo.look == LOOKS["elbo"]


def test_kinds_and_objectives_have_a_colour_each_and_black_is_the_datas() -> None:
    assert len({look["color"] for look in LOOKS.values()}) == len(LOOKS)
    assert [key for key, look in LOOKS.items() if look["color"] == BLACK] == ["data"]
    unknown = [one.look["color"] for one in series_of(*[{}] * 6)]
    assert BLACK not in unknown
    assert len(set(unknown)) == 6


def test_what_has_no_look_takes_no_colour_of_what_has_one() -> None:
    settings = [vae("exact"), vae("elbo"), MODELS["pairwise"], {}, {"model_kind": "tree"}]
    colours = [one.look["color"] for one in series_of(*settings)]
    assert len(set(colours)) == 5


def test_models_of_one_objective_are_tints_beside_others_and_colours_in_turn_among_themselves() -> None:
    tints = series_of(vae("exact", 1), vae("exact", 2), vae("elbo", 1))
    assert tints[2].look == LOOKS["elbo"]
    assert [one.objective for one in tints] == ["exact", "exact", "elbo"]
    paler, darker = (int(one.look["color"][1:3], 16) for one in tints[:2])  # red, of a blue
    assert paler > darker > 0
    alone = series_of(vae("exact", 1), vae("exact", 2))
    assert alone[0].look["color"] == "#56B4E9"
    assert alone[0].look["color"] != alone[1].look["color"]


# -- settings of a table's models ---------------------------------------------------------------------
def test_settings_are_found_by_data_set_and_name() -> None:
    table = pd.DataFrame(
        {"dataset": ["a", "b", "a", "c"], "model": ["m", "m", None, "m"], "value": [1.0, 2, 3, 4]}
    )
    models = {"a": {"m": vae("exact", 2)}, "b": {"m": {"model_kind": "rbm", "size": 7}}}
    found = with_models(table, models)
    assert found["value"].tolist() == [1, 2, 3, 4]
    assert found["objective"].tolist() == ["exact", None, None, None]
    assert found["size"].tolist() == [None, 7, None, None]
    assert found["model_kind"].tolist() == ["vae", "rbm", None, None]
    assert "variant" not in found
    without = table.drop(columns="model")
    pd.testing.assert_frame_equal(with_models(without, models), without)


def test_of_replicas_the_first_is_left() -> None:
    models = {"a": {"m": vae("elbo", replica=1), "m_r2": vae("elbo", replica=2), "n": vae("exact")}}
    table = pd.DataFrame({"dataset": "a", "model": ["m_r2", "m", None, "n", "m_r2"]})
    table.index = [5, 5, 5, 1, 2]  # as of joined tables
    assert with_models(table, models)["model"].fillna("").tolist() == ["m", "", "n"]
