"""The verdict of an analysis: what it says first, what it rests on, and what is missing."""

from __future__ import annotations

import numpy as np

import mfvae
from mfvae.analysis.judging import lacks, rows_of_fit, sampled
from mfvae.capacity.unknown_law.examination import IndependentLaw
from tests.analysis.conftest import independent_rows


def test_rows_that_choose_are_for_training_and_the_others_are_held_out(fit):
    selection, estimation = rows_of_fit(fit)
    assert len(selection) == (fit.parts == "train").sum()
    assert np.array_equal(estimation.statistic, fit.ladder.scored.numpy())
    assert estimation.observed is None


def test_without_latents_the_law_of_independent_sites_is_judged(empty):
    assert isinstance(sampled(empty), IndependentLaw)
    found = empty.diagnose(baselines=())
    assert found.judged.missing == 0
    assert found.opening == [found.sentence, found.headline]


def test_a_pair_that_the_latents_leave_out_is_named():
    """Two of twenty independent sites copy each other half of the time; no latent was offered."""
    x = independent_rows(0, 4000)
    x[::2, 15] = x[::2, 18]
    fit = mfvae.fit(x, latents=1, epochs=1)
    if fit.latents == 0:
        assert ("15 and 18" in fit.lacks.summary(fit.data.name_of)) == (lacks(fit) is not None)
    assert fit.lacks is fit.lacks  # asked once


def test_the_page_begins_with_the_verdict_and_says_what_is_missing(fit, tmp_path):
    page = fit.report(tmp_path / "a.html", baselines=()).read_text()
    headline = fit.diagnose(baselines=()).headline
    assert headline in page
    assert page.index(headline) < page.index("describe held-out rows")
    assert "What is missing" in page
    assert "fitted worst" in page
