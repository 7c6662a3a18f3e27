"""The verdict of an analysis: what it says first, what it rests on, and what is missing."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from html import escape

import numpy as np
import pytest

import mfvae
from mfvae.analysis.judging import rows_of_fit, sampled
from mfvae.capacity.unknown_law.examination import IndependentLaw
from mfvae.errors import InputError
from tests.analysis.conftest import independent_rows


def test_rows_that_choose_are_for_training_and_the_others_are_held_out(fit):
    selection, estimation, _ = rows_of_fit(fit)
    assert len(selection) == (fit.parts == "train").sum()
    assert np.array_equal(estimation.statistic, fit.ladder.scored.numpy())
    assert estimation.observed is None


def test_without_latents_the_law_of_independent_sites_is_judged(empty):
    assert isinstance(sampled(empty), IndependentLaw)
    found = empty.diagnose(baselines=())
    assert found.judged.missing == 0
    assert found.opening == [found.sentence, found.headline]


def test_pairs_that_one_latent_leaves_out_are_named():
    """Three pairs of twenty sites copy each other half of the time, which one latent cannot hold."""
    planted = {(1, 6), (9, 12), (14, 17)}
    x = independent_rows(0, 8000)
    for one, other in planted:
        copied = np.random.default_rng(one).random(len(x)) < 0.5
        x[copied, one] = x[copied, other]
    fit = mfvae.fit(x, latents=1, epochs=3)
    found = {tuple(sorted(map(int, pair[:2]))) for pair in fit.lacks.couplings.pairs}
    assert len(found) >= 2
    assert found <= planted
    assert fit.lacks is fit.lacks  # asked once


def test_the_page_begins_with_the_verdict_and_says_what_is_missing(fit, tmp_path):
    page = fit.report(tmp_path / "a.html", baselines=()).read_text()
    headline = fit.diagnose(baselines=()).headline
    assert headline in page
    assert page.index(headline) < page.index("describe held-out rows")
    assert "What is missing" in page
    assert "fitted worst" in page


def test_draws_that_depend_on_each_other_are_named_and_those_with_gaps_refused():
    rows, draws = independent_rows(1, 400, 5), independent_rows(2, 1000, 5)
    data = mfvae.load(rows)
    said = mfvae.judge_draws(data, mfvae.load(draws)).reasons
    assert not any("depend on each other" in reason for reason in said)
    said = mfvae.judge_draws(data, mfvae.load(np.repeat(draws, 4, axis=0))).reasons
    assert "Neighbouring draws depend on each other" in said[1]
    holes = np.where(np.arange(5000).reshape(1000, 5) % 7 == 0, np.nan, draws)
    with pytest.raises(InputError, match="whole configurations"):
        mfvae.judge_draws(data, mfvae.load(holes, missing="allow"))
    with pytest.raises(InputError, match="5 spin sites of the data"):
        mfvae.judge_draws(data, mfvae.load(draws[:, 1:]))


def test_verdicts_and_choices_are_tables_and_show_themselves_in_notebooks(fit):
    """Frozen, as all results are."""
    judged = fit.diagnose(baselines=()).judged
    for found, number, first in (
        (judged, len(judged.certificates), judged.sentence),
        (fit.choice, len(fit.choice.differences), fit.choice.reason),
        (fit.lacks, len(fit.lacks.to_frame()), "pairs of the"),
    ):
        assert len(found.to_frame()) == number > 0
        assert str(found) == found.summary()
        assert escape(first) in found._repr_html_()
        with pytest.raises(FrozenInstanceError):
            found.reasons = ()
