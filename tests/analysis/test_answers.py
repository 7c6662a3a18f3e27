"""From an array to an answer: stored patterns come out, and nothing comes out where there is nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import mfvae
from mfvae.analysis.diagnosis import BASELINES
from mfvae.analysis.ladder import Law, paired_gain, smallest_sufficient
from mfvae.capacity.unknown_law.judgement import Answer
from mfvae.capacity.verdict import FAITHFUL_KL, Verdict
from mfvae.compare.pattern_matching import match_patterns
from mfvae.stats import Estimate
from tests.analysis.conftest import BETA, PATTERNS, ROWS, SITES, independent_rows

SIGMAS = 4


def test_the_stored_patterns_come_out(fit, hopfield):
    theory = fit.decode()
    assert (fit.latents, fit.patterns, theory.n_patterns) == (PATTERNS, PATTERNS, PATTERNS)
    assert theory.kind == "binary"
    values = theory.patterns.filter(like="pattern_").to_numpy()
    _, overlaps = match_patterns(values, hopfield.patterns)
    assert overlaps.min() >= 0.95
    assert theory.stability.min() >= 0.95
    assert theory.patterns.index.tolist() == [str(site) for site in range(SITES)]


def test_couplings_and_fields_are_right_within_their_errors(fit):
    """And the errors are no alibi: they are below a tenth of what they are of.

    Eight passes over few rows leave the spread of the posterior too small, which its own error tells.
    """
    theory = fit.decode()
    table = theory.couplings.set_index(["way", "pattern"])
    assert (table["stderr"] >= table[["stderr_rows", "misfit"]].max(axis=1)).all()
    for way, largest in (("slope", 0.1), ("potential", 0.1), ("spread", 0.3)):
        assert (table.loc[way]["stderr"] < largest * BETA).all()
        off = (table.loc[way]["value"] - BETA).abs()
        assert (off < SIGMAS * table.loc[way]["stderr"]).all()
    assert (theory.fields["value"].abs() < SIGMAS * theory.fields["stderr"]).all()
    assert theory.agree == ("ways of reading a coupling agree" in theory.summary())


def test_the_theory_is_a_law_of_its_own_that_scores_like_the_model(fit):
    """The Hamiltonian that was decoded has no network, and the nats of the form."""
    theory = fit.decode()
    x = fit.ladder.scored.numpy().astype(np.int8)
    off = theory.hamiltonian.log_prob(x) - fit.form.log_prob
    assert abs(off.mean()) < 0.01


def test_the_diagnosis_says_what_was_measured(fit):
    found = fit.diagnose(baselines=["mixture of 8"])
    assert found.latents == PATTERNS
    assert found.gain.value > 100 * abs(found.steps[0][1].value)
    assert [d for d, _ in found.steps] == [3]
    assert found.verdict != Verdict.FAITHFUL  # the law is not known to the diagnosis
    assert found.rate.value > found.information.estimate.value > 3 * found.information.estimate.stderr
    summary = found.summary()
    assert "no larger number of latents that was tried helped by more than 3 standard errors" in summary
    assert "independent sites" in summary
    assert "mixture of 8" in summary
    assert found.headline in summary
    assert found.judged.answer != Answer.NOT_FAITHFUL


def test_with_the_true_law_the_model_is_known_to_be_faithful(fit, hopfield):
    found = fit.diagnose(truth=hopfield, baselines=())
    assert found.verdict == Verdict.FAITHFUL
    assert -SIGMAS * found.kl.stderr < found.kl.value < FAITHFUL_KL
    assert found.model_information is not None


def test_twin_a_model_with_too_few_latents_is_known_to_lack_something(rows, hopfield):
    """One latent where there are two patterns: the answer is a lower bound, and says so."""
    fit = mfvae.fit(rows[:3000], latents=[1], epochs=2)
    found = fit.diagnose(truth=hopfield, baselines=())
    assert found.kl.value > 0.05
    assert "lower bound" in found.sentence


def test_twin_a_model_of_the_ising_model_is_not_faithful(monkeypatch, tmp_path):
    """Short-ranged correlations have no mean-field theory: the law of all pairs is certainly better."""
    x = mfvae.build("ising_2d", {"L": 6, "T": 2.3}, seed=0).sample(3000, np.random.default_rng(0))
    fit = mfvae.fit(x, latents=[1], epochs=2, hidden=(16,))
    monkeypatch.setitem(BASELINES, "pairwise", ("pairwise", {"steps": 150}))
    found = fit.diagnose(baselines=["pairwise"])
    assert found.verdict == Verdict.NOT_FAITHFUL
    assert "Certificate (pairwise): at least" in found.summary()
    page = fit.report(tmp_path / "a.html", baselines=["pairwise"]).read_text()
    assert "what is decoded describes the model, not all of the data" in page


def test_independent_sites_have_no_collective_variable_and_no_coupling(empty):
    theory, found = empty.decode(), empty.diagnose(baselines=())
    assert empty.latents == empty.patterns == theory.n_patterns == 0
    assert theory.couplings.empty
    assert theory.agree is None
    assert "no collective variable" in found.sentence
    for text in (theory.summary(), found.summary()):
        assert "βJ" not in text
    means = np.tanh(theory.patterns["bias"].to_numpy())
    assert np.abs(means - (2 * independent_rows(0).mean(0) - 1)).max() < 0.15
    assert empty.latent_means(empty.data.array[:3]).shape == (3, 0)
    assert empty.sample(5).shape == (5, 20)


def test_shuffled_columns_of_collective_data_have_none_either(rows):
    shuffled = np.random.default_rng(1).permuted(rows[:2000], axis=0)
    assert mfvae.fit(shuffled, latents=1, epochs=4).latents == 0


def test_equal_calls_give_equal_results(empty):
    again = mfvae.fit(independent_rows(0), latents=2, epochs=4)
    assert np.array_equal(again.laws[1].log_prob, empty.laws[1].log_prob)
    other = mfvae.fit(independent_rows(0), latents=1, epochs=1, seed=1)
    assert not np.array_equal(other.parts, empty.parts)


def test_laws_are_compared_row_by_row():
    """A difference that is nearly the same in all rows is certain, though rows differ a lot."""
    rng = np.random.default_rng(0)
    hard = 10 * rng.normal(size=400)
    one, other = (
        Law(str(k), k, None, None, hard + 0.1 * k + 0.01 * rng.normal(size=400)) for k in (0, 1)
    )
    assert smallest_sufficient({0: one, 1: other}, None) == 1
    assert paired_gain(other, one, None).stderr < 0.01
    # errors of groups of rows that depend on each other are those of the groups
    by_group = Law("2", 2, None, None, one.log_prob + np.tile(rng.normal(size=20), 20))
    groups = np.tile(np.arange(20), 20)
    assert paired_gain(by_group, one, groups).stderr > 3 * paired_gain(by_group, one, None).stderr
    assert paired_gain(one, one, None) == Estimate(0.0, 0.0)
    # a sum over latents that is not to be trusted supports nothing
    assert smallest_sufficient({0: one, 1: Law("1", 1, None, None, other.log_prob, np.inf)}, None) == 0


def test_the_chosen_law_scores_and_draws(fit, hopfield, rows):
    assert np.allclose(fit.log_prob(fit.data.array[:1]), fit.log_prob(fit.data.array[:2])[:1], atol=0.01)
    drawn = fit.sample(2000)
    m = hopfield.order_parameters(drawn)
    square, exact = (m**2).sum(1), (hopfield.order_parameters(rows) ** 2).sum(1)
    error = np.hypot(square.std() / len(square) ** 0.5, exact.std() / len(exact) ** 0.5)
    assert abs(square.mean() - exact.mean()) < SIGMAS * error + 0.02
    assert fit.latent_means(rows[:7]).shape == (7, PATTERNS)
    assert len(fit.nats) == len(fit.tried)
    assert (fit.parts == "train").sum() + (fit.parts == "test").sum() == ROWS


def test_data_that_cannot_be_fitted_are_refused_in_one_line():
    x = independent_rows(1).astype(float)
    x[0, 0] = np.nan
    for data, options, said in (
        (x, {}, "are missing"),
        (independent_rows(1), {"threads": 0}, "1 or more"),
        (independent_rows(1), {"device": "abacus"}, "cpu"),
        (independent_rows(1)[:60], {}, "or more are needed"),
        (independent_rows(1), {"latents": 99}, "numbers from 1 to 8"),
        (independent_rows(1), {"holdout": "group"}, "groups are needed"),
    ):
        with pytest.raises(mfvae.InputError, match=said) as caught:
            mfvae.fit(data, **options)
        assert "\n" not in str(caught.value)
    with pytest.raises(mfvae.InputError, match="binary, orthonormal"):
        mfvae.fit(independent_rows(1), latents=1, epochs=1).decode("curved")


def test_sums_that_are_not_to_be_trusted_decide_nothing(empty):
    """Not even that there is no collective variable."""
    known = empty.diagnose(baselines=())
    lost = replace(known, steps=((1, Estimate(10.0, np.inf)),))
    assert known.trusted
    assert "no collective variable" in known.sentence
    assert not lost.trusted
    assert "undecided" in lost.sentence
    assert "undecided" in lost.confidence
    more = replace(lost, latents=1, steps=((2, Estimate(-1.0, np.inf)),))
    assert "whether a larger number helps is undecided (two latents: −1 (error unknown)" in more.sentence


def test_where_no_larger_number_was_tried_nothing_is_decided(fit):
    known = fit.diagnose(baselines=())
    cut = replace(known, steps=())
    assert "lower bound" in cut.sentence
    assert "undecided" in cut.confidence
    assert "no larger number of latents" not in known.confidence


def test_few_rows_are_said_to_be_few():
    found = mfvae.fit(independent_rows(2, 220, 25), latents=1, epochs=1).diagnose(baselines=())
    assert "few rows" in found.summary()
    assert "too few data" in found.confidence


def test_real_numbers_have_a_theory_too(tmp_path):
    """One common signal of uneven strength in ten numbers with noise of their own."""
    rng = np.random.default_rng(0)
    strength = np.linspace(0.5, 1.0, 10)
    x = rng.normal(size=(1500, 1)) * strength + rng.normal(size=(1500, 10))
    fit = mfvae.fit(mfvae.load(x, site="gaussian"), latents=1, epochs=3, hidden=(16,))
    theory = fit.decode()
    assert (fit.latents, theory.kind, theory.hamiltonian) == (1, "orthonormal", None)
    pattern = theory.patterns["pattern_1"].to_numpy()
    assert np.corrcoef(pattern, strength)[0, 1] > 0.8
    assert "real-valued" in fit.report(tmp_path / "a.html").read_text()
