"""Several starts: the best goes on, and those that failed are told from those that are alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import torch

from mfvae.latent.lattice import LatentLattice
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.spin import Spin
from mfvae.stats import estimate
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import TrainingDiverged, train
from mfvae.training.restarts import FAILED, JUDGED, SIGMAS, Start, best_start, reset
from tests.helpers.trainings import (
    N_SITES,
    SYSTEM,
    TEST_SET,
    TRAIN_SET,
    digest,
    generator,
    statistics,
    untrained,
)

DATA = statistics(2 * JUDGED, 9)
GOOD, BROKEN = 1.2, 0.0  # without coupling: independent spins


def mean_field(model: VAE, coupling: float) -> None:
    """Fields of one sign on all sites, ± coupling, as the sign of z: two modes, without a training."""
    with torch.no_grad():
        for parameter in model.decoder.parameters():
            parameter.zero_()
        model.decoder[0].weight.fill_(3.0)
        model.decoder[-1].weight.fill_(coupling / 8)


def changing(model: VAE, couplings: list[float]) -> Callable[[], None]:
    """A beginning that sets the next of these couplings."""
    left = iter(couplings)
    return lambda: mean_field(model, next(left))


def compared(couplings: list[float], data: torch.Tensor = DATA) -> tuple[VAE, list[Start]]:
    model = untrained()
    starts = best_start(model, data, len(couplings), changing(model, couplings), generator())
    return model, starts


@cache
def free_energy(coupling: float) -> np.ndarray:
    model = untrained()
    mean_field(model, coupling)
    return -LatentLattice(model, 1).log_marginal(DATA[:JUDGED]).numpy()


@cache
def worse_by(nats: float) -> float:
    """A coupling below GOOD whose free energy is higher by a little more than that."""
    best = free_energy(GOOD)
    return next(c for c in np.arange(GOOD, 0, -0.02) if (free_energy(c) - best).mean() > nats)


# -- choice ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_lowest_free_energy_goes_on(place):
    couplings = [BROKEN, 0.3, 0.1]
    couplings[place] = GOOD
    model, starts = compared(couplings)
    assert torch.equal(model.decoder[-1].weight, torch.full_like(model.decoder[-1].weight, GOOD / 8))
    assert [start.failed for start in starts] == [place != k for k in range(3)]
    assert starts[place].excess.value == starts[place].excess.stderr == 0
    assert all(start.excess.value >= 0 for start in starts)


def test_all_of_the_best_start_comes_back():
    """Both networks and the gain, although later starts drew and changed them."""
    model, kept, left = untrained(), [], iter([GOOD, BROKEN])

    def begin():
        mean_field(model, next(left))
        model.latent_gain.fill_(2.0 + len(kept))
        kept.append(digest(model))

    best_start(model, DATA, 2, begin, generator())
    assert kept[0] != kept[1]
    assert digest(model) == kept[0]


def test_the_excess_is_that_of_the_free_energy_of_the_same_configurations():
    """Its standard error is that of the difference, which is far below that of either."""
    _, (_, other) = compared([GOOD, 0.8])
    difference = free_energy(0.8) - free_energy(GOOD)
    expected = estimate(difference)
    assert other.excess.value == pytest.approx(expected.value, rel=1e-6)
    assert other.excess.stderr == pytest.approx(expected.stderr, rel=1e-6)
    apart = np.hypot(estimate(free_energy(0.8)).stderr, estimate(free_energy(GOOD)).stderr)
    assert other.excess.stderr < 0.5 * apart


def test_no_more_configurations_are_looked_at_than_are_needed():
    changed = DATA.clone()
    changed[JUDGED:] = 1.0
    assert compared([GOOD, 0.8], changed)[1] == compared([GOOD, 0.8])[1]
    changed[0] *= -changed[1]  # twin
    assert compared([GOOD, 0.8], changed)[1] != compared([GOOD, 0.8])[1]


# -- failure ---------------------------------------------------------------------------------------
def test_a_difference_within_its_error_is_no_failure():
    """The same couplings, and some that lie 0.05 nats apart though the data can tell them apart."""
    _, starts = compared([GOOD, worse_by(0.05), GOOD])
    assert [start.failed for start in starts] == [False] * 3
    assert SIGMAS * starts[1].excess.stderr < starts[1].excess.value < FAILED
    assert starts[0] == starts[2]


def test_few_configurations_show_no_failure():
    """0.3 nats are more than the threshold; of 20 configurations they are not three standard errors."""
    far = next(c for c in np.arange(GOOD, 0, -0.01) if (free_energy(c) - free_energy(GOOD)).mean() > 0.3)
    found = {}
    for n in (20, JUDGED):
        parts = [compared([GOOD, far], part)[1] for part in torch.split(DATA[:JUDGED], n)[:30]]
        found[n] = [start for starts in parts for start in starts if start.excess.value > FAILED]
    assert all(
        start.failed == (start.excess.value > SIGMAS * start.excess.stderr) for start in found[20]
    )
    assert not all(start.failed for start in found[20])
    assert [start.failed for start in found[JUDGED]] == [True]


def test_starts_that_all_fail_alike_are_not_told_apart():
    """Nothing is known of the truth: failure is to lie above the best."""
    _, starts = compared([BROKEN, BROKEN])
    assert [start.failed for start in starts] == [False, False]
    truth = -SYSTEM.log_prob(DATA[:JUDGED].numpy())
    assert (free_energy(BROKEN) - truth).mean() > 10 * FAILED


def beginning(model: VAE, couplings: list[float | None]) -> Callable[[], None]:
    """As ``changing``; None diverges after it has spoiled the weights."""
    left = iter(couplings)

    def begin():
        coupling = next(left)
        mean_field(model, np.nan if coupling is None else coupling)
        if coupling is None:
            raise TrainingDiverged("step 7: loss is nan")

    return begin


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_start_that_diverges_has_failed_and_the_others_go_on(place):
    couplings: list[float | None] = [GOOD, GOOD]
    couplings.insert(place, None)
    model = untrained()
    starts = best_start(model, DATA, 3, beginning(model, couplings), generator())
    assert [start.failed for start in starts] == [place == k for k in range(3)]
    assert starts[place].excess is None
    assert torch.equal(model.decoder[-1].weight, torch.full_like(model.decoder[-1].weight, GOOD / 8))


def test_a_training_of_which_every_start_diverges_ends():
    model = untrained()
    before = digest(model)
    with pytest.raises(TrainingDiverged, match="step 7"):
        best_start(model, DATA, 2, beginning(model, [None, None]), generator())
    assert digest(model) == before


# -- new weights -----------------------------------------------------------------------------------
def test_every_start_but_the_first_has_new_weights():
    """The first goes on from those that were given; the others are fixed by the generator alone."""

    def seen(global_seed: int) -> list[str]:
        torch.manual_seed(2)
        model, digests = untrained(), []
        torch.manual_seed(global_seed)
        best_start(model, DATA[:100], 3, lambda: digests.append(digest(model)), generator())
        return digests

    torch.manual_seed(2)
    assert seen(3)[0] == digest(untrained())
    assert len(set(seen(3))) == 3
    assert seen(3) == seen(4)


def test_reset_is_to_what_a_new_model_is():
    model = untrained()
    model.latent_gain.fill_(7.0)
    before = torch.get_rng_state()
    reset(model, generator())
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(int(torch.randint(2**62, (1,), generator=generator())))
    assert digest(model) == digest(VAE(Spin(), N_SITES, VAEConfig(1, (8,), (8,))))


# -- in a training ---------------------------------------------------------------------------------
def trained(starts: int, seed: int = 1, **settings) -> tuple[VAE, list[Start]]:
    torch.manual_seed(2)
    model = untrained()
    config = TrainingConfig(
        epochs=1, batch_size=64, learning_rate=0.01, starts=starts, warmup=0.0, **settings
    )
    return model, train(model, TRAIN_SET, TEST_SET, config, seed).starts


@pytest.mark.parametrize("settings", [{}, {"start": "data"}, {"objective": "exact", "latent_draws": 32}])
def test_a_training_with_several_starts_is_fixed_by_its_seed(settings):
    (first, starts), (again, same), (other, _) = (trained(3, seed, **settings) for seed in (1, 1, 2))
    assert digest(first) == digest(again) != digest(other)
    assert starts == same
    assert len(starts) == 3
    assert min(start.excess.value for start in starts) == 0


def test_a_single_start_is_compared_with_nothing():
    model, starts = trained(1)
    assert starts == []
    assert digest(model) != digest(trained(2)[0])
