"""The estimator keeps scikit-learn's conventions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

import mfvae
from tests.analysis.conftest import independent_rows


def test_parameters_are_those_of_the_constructor_and_fitting_changes_none():
    model = mfvae.LatentMeanField(latents=1, epochs=2, seed=3)
    before = model.get_params()
    assert before == {
        "latents": 1,
        "holdout": None,
        "share": 0.2,
        "epochs": 2,
        "hidden": (64,),
        "seed": 3,
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


def test_other_rows_are_refused():
    x = independent_rows(5, 300, 6)
    with pytest.raises(NotFittedError):
        mfvae.LatentMeanField().score_samples(x)
    model = mfvae.LatentMeanField(latents=1, epochs=1).fit(x)
    with pytest.raises(mfvae.InputError, match="rows of 6 sites"):
        model.transform(x[:, :5])
    with pytest.raises(mfvae.InputError, match="as in training"):
        model.score_samples(np.full((2, 6), 7))
    with pytest.raises(mfvae.InputError, match="exactly two values"):
        model.fit(np.arange(12).reshape(4, 3))
