"""The estimator keeps scikit-learn's conventions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import mfvae
from tests.analysis.conftest import independent_rows

ELSEWHERE = {"check_array_api_input"}  # asks for a variable of the environment that SciPy reads


def test_parameters_are_those_of_the_constructor_and_fitting_changes_none():
    model = mfvae.LatentMeanField(latents=1, epochs=2, seed=3)
    before = model.get_params()
    assert before == {
        "latents": 1,
        "site": "spin",
        "holdout": None,
        "share": 0.2,
        "epochs": 2,
        "hidden": (64,),
        "seed": 3,
        "threads": None,
        "device": "cpu",
    }
    x = independent_rows(3, 600, 8)
    assert model.fit(x) is model
    assert model.get_params() == before
    assert (model.n_features_in_, model.n_latents_, model.values_) == (8, 0, (False, True))
    assert not hasattr(clone(model), "fit_")


def test_scores_are_those_of_the_law_in_the_values_that_were_given():
    system = mfvae.build("curie_weiss", {"N": 12, "beta": 1.4}, seed=0)
    x = system.sample(600, np.random.default_rng(0))
    spins = mfvae.LatentMeanField(latents=1, epochs=1, hidden=(8,)).fit(x)
    ones = mfvae.LatentMeanField(latents=1, epochs=1, hidden=(8,)).fit((x + 1) // 2)
    assert np.allclose(spins.score_samples(x[:9]), ones.score_samples((x[:9] + 1) // 2))
    assert spins.score(x[:9]) == pytest.approx(spins.score_samples(x[:9]).mean())
    assert spins.transform(x[:9]).shape == (9, spins.n_latents_) == (9, 1)
    assert set(np.unique(spins.sample(50))) == {-1, 1}
    assert set(np.unique(ones.sample(50))) == {0, 1}


def test_a_grid_search_can_drive_it():
    x = independent_rows(4, 450, 6)
    model = mfvae.LatentMeanField(latents=1, hidden=(8,))
    search = GridSearchCV(model, {"epochs": [1, 2]}, cv=2).fit(x)
    assert set(search.best_params_) == {"epochs"}
    assert search.best_estimator_.score(x) < 0


class OfFewRows(mfvae.LatentMeanField):
    """Sees a dozen rows often enough for an error bar: scikit-learn's checks have no more."""

    def fit(self, X, y=None, groups=None):
        rows = X if hasattr(X, "iloc") or hasattr(X, "tocsr") else np.asarray(X)
        few = isinstance(rows, np.ndarray) and rows.ndim == 2 and 1 < len(rows) < 200
        super().fit(np.tile(rows, (20, 1)) if few and rows.shape[1] > 1 else X, y)
        return self


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        (estimator, check)
        for estimator, check in estimator_checks_generator(
            OfFewRows(latents=[1], site="gaussian", epochs=1, hidden=(2,), share=0.4)
        )
        if check.func.__name__ not in ELSEWHERE
    ],
    ids=lambda one: getattr(getattr(one, "func", None), "__name__", "real_numbers"),
)
def test_scikit_learn_finds_nothing_to_complain_of(estimator, check):
    check(estimator)


def test_it_is_a_step_of_a_pipeline_whose_groups_are_held_out_whole():
    """Columns of a frame keep their names; latents are named after the estimator."""
    rng = np.random.default_rng(0)
    x = pd.DataFrame(rng.normal(2, 3, size=(1200, 1)) + rng.normal(size=(1200, 4)), columns=list("abcd"))
    model = mfvae.LatentMeanField(latents=[1], site="gaussian", hidden=(8,))
    steps = make_pipeline(StandardScaler(), model)
    grid = {"latentmeanfield__epochs": [2, 4]}
    search = GridSearchCV(steps, grid, cv=GroupKFold(2))
    search.fit(x, groups=np.arange(1200) // 40)
    z = search.best_estimator_.transform(x)
    common = x.mean(axis=1)
    assert abs(np.corrcoef(z[:, 0], common)[0, 1]) > 0.9
    assert list(search.best_estimator_[-1].get_feature_names_out()) == ["latentmeanfield0"]


def test_gaps_take_no_part_and_are_filled_from_the_rest():
    """The others of a row tell the sign of a missing spin, better than its mean does."""
    system = mfvae.build("curie_weiss", {"N": 20, "beta": 1.4}, seed=0)
    whole = (system.sample(1500, np.random.default_rng(0)) + 1) // 2
    x = np.where(np.random.default_rng(1).random(whole.shape) < 0.2, np.nan, whole)
    model = mfvae.LatentMeanField(latents=1, epochs=3).fit(x)
    assert (model.n_latents_, model.values_) == (1, (0.0, 1.0))
    gaps = np.isnan(x)
    filled = model.impute(x)
    assert np.array_equal(filled[~gaps], x[~gaps])
    squares = (filled - whole)[gaps] ** 2, (np.nanmean(x, 0) - whole)[gaps] ** 2
    better = squares[1] - squares[0]
    assert better.mean() > 5 * better.std() / np.sqrt(len(better))
    drawn = model.impute(x, draw=True)
    assert set(np.unique(drawn)) == {0, 1}
    right = (drawn == whole)[gaps]
    known = filled[gaps]
    expected = (known**2 + (1 - known) ** 2).mean()  # if the model is right
    assert abs(right.mean() - expected) < 5 * right.std() / np.sqrt(len(right))
    assert model.score(x) > model.score(whole)  # fewer sites are more likely


def test_names_can_be_drawn_for_gaps_and_have_no_mean():
    words = np.where(independent_rows(6, 300, 5), "yes", "no").astype(object)
    words[0, 0] = None
    model = mfvae.LatentMeanField(latents=1, epochs=1, hidden=(4,)).fit(words)
    assert model.impute(words, draw=True)[0, 0] in {"yes", "no"}
    with pytest.raises(mfvae.InputError, match="have no mean"):
        model.impute(words)


def test_other_rows_are_refused():
    x = independent_rows(5, 300, 6)
    with pytest.raises(NotFittedError):
        mfvae.LatentMeanField().score_samples(x)
    model = mfvae.LatentMeanField(latents=1, epochs=1).fit(x)
    with pytest.raises(ValueError, match="is expecting 6 features"):
        model.transform(x[:, :5])
    with pytest.raises(mfvae.InputError, match="as in training"):
        model.score_samples(np.full((2, 6), 7))
    with pytest.raises(mfvae.InputError, match="exactly two values"):
        model.fit(np.arange(12).reshape(4, 3))
