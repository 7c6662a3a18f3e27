"""Adam on all weights as one vector, against another implementation, and the schedule of its rate."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mfvae.training.optimiser import RISE, START, Adam, one_cycle


def small_network() -> torch.nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torch.nn.Sequential(
            torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)
        ).double()


X = torch.linspace(-1, 1, 48, dtype=torch.float64).reshape(16, 3).sin()


def loss_of(network: torch.nn.Module) -> torch.Tensor:
    return (network(X) - X.sum(1, keepdim=True)).pow(2).mean()


# -- Adam ------------------------------------------------------------------------------------------
def descended(rates) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Ours and PyTorch's, after as many steps at these learning rates."""
    ours = small_network()
    theirs = copy.deepcopy(ours)
    optimiser, reference = Adam(ours.parameters(), 0.01), torch.optim.Adam(theirs.parameters())
    for rate in rates:
        optimiser.minimise(loss_of(ours), rate / 0.01)
        reference.param_groups[0]["lr"] = rate
        reference.zero_grad()
        loss_of(theirs).backward()
        reference.step()
    return ours, theirs


def assert_equal_weights(one: torch.nn.Module, other: torch.nn.Module) -> None:
    for mine, yours in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, yours, rtol=1e-9, atol=1e-12)


def test_adam_takes_the_steps_of_torch():
    """In float64, at varying learning rates."""
    assert_equal_weights(*descended([0.01 * (1 + step % 3) for step in range(50)]))


@pytest.mark.parametrize("name", ["decay", "decay_squared"])
def test_twin_other_averages_are_caught(monkeypatch, name):
    monkeypatch.setattr(Adam, name, 0.99)
    with pytest.raises(AssertionError):
        assert_equal_weights(*descended([0.01] * 5))


def test_parameters_become_views_of_one_vector():
    network = small_network()
    before = [parameter.clone() for parameter in network.parameters()]
    optimiser = Adam(network.parameters(), 0.01)
    for parameter, value in zip(network.parameters(), before, strict=True):
        assert torch.equal(parameter, value)
    optimiser.weights.zero_()
    assert all(not parameter.any() for parameter in network.parameters())


def test_a_part_of_the_parameters_may_be_descended_alone():
    """A parameter that is not given stays, bit for bit, also after another optimiser had it."""
    network = small_network()
    Adam(network.parameters(), 0.01).minimise(loss_of(network))
    kept = [parameter.clone() for parameter in network[0].parameters()]
    optimiser = Adam(network[2].parameters(), 0.01)
    before = loss_of(network).item()
    for _ in range(5):
        optimiser.minimise(loss_of(network))
    assert loss_of(network).item() < before
    assert all(map(torch.equal, network[0].parameters(), kept))


def test_a_parameter_that_the_loss_does_not_depend_on_stays():
    network = small_network()
    before = [parameter.clone() for parameter in network[0].parameters()]
    Adam(network.parameters(), 0.01).minimise(network[2].weight.sum())
    assert all(map(torch.equal, network[0].parameters(), before))


# -- schedule --------------------------------------------------------------------------------------
@given(st.integers(1, 3000))
def test_one_cycle_rises_and_falls_within_zero_and_one(total):
    rates = [one_cycle(step, total) for step in range(total)]
    assert all(0 < rate <= 1 for rate in rates)
    peak = max(range(total), key=rates.__getitem__)
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert abs(peak - RISE * total) <= 1


def test_one_cycle_is_two_half_cosines():
    assert one_cycle(0, 1000) == pytest.approx(START)
    assert one_cycle(100, 1000) == pytest.approx((START + 1) / 2)  # half of the rise
    assert one_cycle(200, 1000) == pytest.approx(1)
    assert one_cycle(600, 1000) == pytest.approx(0.5)
    assert one_cycle(999, 1000) == pytest.approx((math.pi / 800) ** 2 / 4, rel=1e-3)
