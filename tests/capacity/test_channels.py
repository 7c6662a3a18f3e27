"""Rate and distortion, and the capacity bound, on channels for which every term is known exactly."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mfvae.capacity.bound import bound_report, rate_and_distortion
from mfvae.capacity.verdict import FAITHFUL_KL, SIGMAS, Verdict, verdict
from mfvae.sites.spin import Spin
from mfvae.stats import Estimate
from mfvae.systems.curie_weiss import CurieWeiss
from tests.helpers.channels import (
    BETAS,
    BlindChannel,
    ExactChannel,
    assert_bound_holds,
    drawn,
    information_of,
    noise,
    report,
)
from tests.helpers.statistics import assert_within_floor
from tests.helpers.vaes import in_double, random_vae, spins


# -- the exact channel -----------------------------------------------------------------------------
@pytest.mark.parametrize("n_sites", [16, 64])
@pytest.mark.parametrize("beta", BETAS)
def test_the_exact_channel_has_no_gap_and_enough_rate(beta, n_sites):
    system = CurieWeiss(n_sites, beta)
    found = report(ExactChannel(system), system)
    assert_within_floor(found.elbo_gap.value, 0.0, found.elbo_gap.stderr)
    assert_within_floor(found.rate.value, system.channel_rate(), found.rate.stderr)
    assert_bound_holds(found)
    assert information_of(system) <= system.channel_rate()  # R ≥ I(A;B), here exactly
    assert found.deficit.value < 0


def slightly_wrong(system: CurieWeiss, name: str) -> ExactChannel:
    channel = ExactChannel(system)
    if name == "coupling 5 % too weak":
        return ExactChannel(CurieWeiss(system.n_sites, 0.95 * system.coupling))
    if name == "encoder 10 % too wide":
        exact = channel.encode
        channel.encode = lambda x: (exact(x)[0], exact(x)[1] + np.log(1.1))
    elif name == "rate forgets 2 %":
        rate = channel.rate
        channel.rate = lambda mean, log_std: 0.98 * rate(mean, log_std)
    return channel


@pytest.mark.parametrize("name", ["coupling 5 % too weak", "encoder 10 % too wide", "rate forgets 2 %"])
def test_twin_wrong_channels_have_a_gap(name):
    system = CurieWeiss(64, 1.0)
    found = report(slightly_wrong(system, name), system)
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(found.elbo_gap.value, 0.0, found.elbo_gap.stderr)


# -- its terms -------------------------------------------------------------------------------------
def test_rate_and_distortion_are_those_of_the_model():
    """Per sample: the rate is exact; the distortion has the mean and variance of eight draws of z."""
    model, x = random_vae(6, 1, seed=2), spins(6).float().repeat(300, 1)
    rate, distortion = rate_and_distortion(model, x, noise())
    exact = in_double(model)
    nodes = torch.linspace(-9, 9, 1001, dtype=torch.float64)
    weights = (-(nodes**2) / 2).softmax(0)
    with torch.no_grad():
        mean, log_std = exact.encode(spins(6))
        z = mean + log_std.exp() * nodes
        values = -exact.log_likelihood(spins(6)[:, None], z[:, :, None])
        expected = values @ weights
        variance = (values - expected[:, None]) ** 2 @ weights / 8
    np.testing.assert_allclose(rate, exact.rate(mean, log_std).repeat(300), rtol=1e-4, atol=1e-5)
    by_configuration = distortion.reshape(300, 64)
    assert_within_floor(by_configuration.mean(0), expected.numpy(), np.sqrt(variance.numpy() / 300))
    squares = (by_configuration - expected.numpy()) ** 2 / variance.numpy()
    assert_within_floor(squares.mean(), 1.0, squares.std() / np.sqrt(squares.size))


def test_terms_depend_on_the_generator_alone():
    system = CurieWeiss(16, 1.0)
    x = torch.from_numpy(Spin().statistic(drawn(system, 100)))
    model = random_vae(16, 2, seed=0)
    first = rate_and_distortion(model, x, noise(1))
    torch.manual_seed(5)
    again = rate_and_distortion(model, x, noise(1))
    other = rate_and_distortion(model, x, noise(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first[0], other[0])
    assert (first[1] != other[1]).any()


@given(
    st.integers(2, 50).flatmap(
        lambda n: st.tuples(*[st.lists(st.floats(-50, 50), min_size=n, max_size=n)] * 3)
    ),
    st.floats(0, 10),
    st.floats(0, 3),
)
def test_a_report_is_arithmetic(columns, information, information_stderr):
    rate, distortion, log_prob = map(np.array, columns)
    found = bound_report(rate, distortion, log_prob, Estimate(information, information_stderr))
    gap = rate + distortion + log_prob
    assert found.rate.value == pytest.approx(rate.mean(), abs=1e-9)
    assert found.distortion.value == pytest.approx(distortion.mean(), abs=1e-9)
    assert found.elbo_gap.value == pytest.approx(gap.mean(), abs=1e-9)
    assert found.deficit.value == pytest.approx(information - rate.mean(), abs=1e-9)
    assert found.slack.value == pytest.approx(found.elbo_gap.value - found.deficit.value, abs=1e-9)
    for field, values in {
        "rate": rate, "distortion": distortion, "elbo_gap": gap, "deficit": -rate, "slack": gap + rate
    }.items():  # fmt: skip
        floor = np.sqrt(values.var(ddof=1) / len(values))
        if field in ("deficit", "slack"):  # the error of I(A;B) is independent of the samples'
            floor = np.sqrt(floor**2 + information_stderr**2)
        assert getattr(found, field).stderr == pytest.approx(floor, abs=1e-9)


# -- the verdict -----------------------------------------------------------------------------------
SILENT = Estimate(-1.0, 0.1)  # I(A;B) − R: the bound forbids nothing
FORBIDDEN, UNDECIDED, FAITHFUL = Verdict.NOT_FAITHFUL, Verdict.UNDECIDED, Verdict.FAITHFUL


@pytest.mark.parametrize(
    ("deficit", "kl", "kl_error", "expected"),
    [
        (Estimate(0.31, 0.1), None, 0.0, FORBIDDEN),
        (Estimate(0.31, 0.1), Estimate(0.0, 1e-3), 0.0, FORBIDDEN),  # the bound needs no KL
        (Estimate(0.29, 0.1), None, 0.0, UNDECIDED),  # not at three standard errors
        (Estimate(0.29, 0.1), Estimate(0.01, 0.01), 0.0, FAITHFUL),
        (Estimate(1e-9, 0.0), None, 0.0, FORBIDDEN),
        (Estimate(0.0, 0.0), None, 0.0, UNDECIDED),
        (SILENT, None, 0.0, UNDECIDED),
        (SILENT, Estimate(0.05, 0.01), 0.0, FAITHFUL),
        (SILENT, Estimate(-0.01, 0.01), 0.0, FAITHFUL),
        (SILENT, Estimate(0.05, 0.02), 0.0, UNDECIDED),
        (SILENT, Estimate(0.05, 0.01), 0.03, UNDECIDED),  # the numerical error counts once
        (SILENT, Estimate(0.15, 0.01), 0.0, FORBIDDEN),
        (SILENT, Estimate(0.15, 0.02), 0.0, UNDECIDED),
        (SILENT, Estimate(0.15, 0.01), 0.03, UNDECIDED),
        (SILENT, Estimate(5.0, 0.1), 0.0, FORBIDDEN),
        (SILENT, Estimate(FAITHFUL_KL, 0.0), 0.0, UNDECIDED),
    ],
)
def test_verdict_in_every_branch(deficit, kl, kl_error, expected):
    assert verdict(deficit, kl, kl_error) is expected
    assert (SIGMAS, FAITHFUL_KL) == (3.0, 0.1)  # on which the cases above are built


estimates = st.builds(Estimate, st.floats(-2, 2), st.floats(0, 0.5))


@given(estimates, estimates, st.floats(0, 1), st.floats(0, 1))
def test_more_uncertainty_never_reverses_a_verdict(deficit, kl, kl_error, more):
    """It leaves it, or leads to doubt; a larger KL never makes a model more faithful."""
    before = verdict(deficit, kl, kl_error)
    for blurred in (
        verdict(deficit, kl, kl_error + more),
        verdict(deficit, Estimate(kl.value, kl.stderr + more), kl_error),
    ):
        assert blurred in (before, Verdict.UNDECIDED)
    assert verdict(deficit, Estimate(kl.value + more, kl.stderr), kl_error) <= before
    assert verdict(Estimate(deficit.value + more, deficit.stderr), kl, kl_error) <= before
    assert verdict(deficit) in (Verdict.UNDECIDED, Verdict.NOT_FAITHFUL)


def test_the_exact_channel_is_never_condemned_and_a_blind_one_always():
    system = CurieWeiss(64, 1.5)
    nothing = Estimate(0.0, 1e-3)
    assert verdict(report(ExactChannel(system), system).deficit, nothing) is Verdict.FAITHFUL
    assert verdict(report(BlindChannel(64), system).deficit) is Verdict.NOT_FAITHFUL
