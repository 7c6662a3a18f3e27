"""Effective couplings of an analysis: against those of the network that drew the rows."""

from __future__ import annotations

import numpy as np
import pytest

import mfvae
from mfvae.analysis import page
from mfvae.analysis.interactions import true_couplings
from mfvae.errors import InputError
from mfvae.workflow.render import Picture
from tests.analysis.conftest import SITES
from tests.helpers.statistics import FACTOR


def test_they_are_those_of_the_stored_patterns_within_their_error(fit, hopfield):
    """The twin: couplings of patterns of which one has a sign turned are further away than that."""
    found = fit.interactions(hopfield)
    upper = np.triu_indices(SITES, 1)

    def distance(truth: np.ndarray) -> float:
        return float(np.sqrt(((found.pairs - truth)[upper] ** 2).mean()))

    allowed = FACTOR * found.stderr_halves
    assert distance(found.truth) < allowed
    turned = hopfield.patterns.copy()
    turned[: SITES // 4, 0] *= -1
    wrong = hopfield.coupling / SITES * turned @ turned.T
    assert distance(wrong) > allowed
    assert f"by {distance(found.truth):.2g}, root mean square" in found.summary()


def test_the_table_names_every_pair_once(fit, hopfield):
    table = fit.interactions(hopfield).to_frame()
    assert len(table) == len(table[["site", "other"]].drop_duplicates()) == SITES * (SITES - 1) // 2
    line = table.iloc[0]
    assert line["truth"] == pytest.approx(true_couplings(hopfield, SITES)[0, 1])
    assert "truth" not in fit.interactions().to_frame()


def test_the_page_shows_them_with_the_truth_where_it_is_known(fit, hopfield):
    words = ["of every pair", "against the true ones"]
    for truth, number in ((None, 1), (hopfield, 2)):
        blocks = page.of_pairs(fit.interactions(truth))
        captions = [block.caption for block in blocks if isinstance(block, Picture)]
        assert len(captions) == number
        assert all(word in one for word, one in zip(words, captions, strict=False))


def test_plots_have_every_pair(fit, hopfield):
    matrix = mfvae.plot.interactions(fit.interactions()).collections[0].get_array()
    assert np.isfinite(np.ma.filled(matrix.astype(float), np.nan)).sum() == SITES * (SITES - 1)
    dots = mfvae.plot.against_truth(fit.interactions(hopfield)).lines[0]
    assert len(dots.get_xdata()) == SITES * (SITES - 1) // 2
    with pytest.raises(InputError, match="known couplings"):
        mfvae.plot.against_truth(fit.interactions())


def test_laws_without_couplings_have_none_and_other_truths_are_refused(empty, fit):
    assert empty.interactions() is None
    with pytest.raises(InputError, match="40 × 40"):
        fit.interactions(np.zeros((3, 3)))
    with pytest.raises(InputError, match="stored patterns"):
        fit.interactions(mfvae.build("ising_2d", {"L": 4, "T": 2.5}, seed=0))
