"""Channels for which every term of the capacity bound is known exactly."""

from __future__ import annotations

import numpy as np
import torch

from mfvae.capacity.bound import BoundReport, bound_report, rate_and_distortion
from mfvae.information import worst_split
from mfvae.sites.spin import Spin
from mfvae.stats import Estimate
from mfvae.systems.binary_patterns import BinaryPatternModel
from mfvae.systems.curie_weiss import CurieWeiss
from tests.helpers.statistics import FACTOR

BETAS = [0.5, 1.0, 1.5]
SAMPLES = 20_000
ROUNDING = 1e-5  # nats: float32 statistics of tens of sites


class ExactChannel:
    """The Hubbard–Stratonovich channel of Curie–Weiss: q(φ|x) = N(βJ m(x), βJ/N) and prior ρ(φ).

    q is the exact posterior of ρ(φ) Π_i p(x_i|φ), so −ELBO − H(x) = 0 is an identity.
    """

    family = Spin()

    def __init__(self, system: CurieWeiss) -> None:
        self.n_sites, self.coupling = system.n_sites, system.coupling
        self.width = float(np.sqrt(self.coupling / self.n_sites))
        grid = torch.linspace(-2 * self.coupling - 3, 2 * self.coupling + 3, 40_001).double()
        self.log_normalisation = torch.logsumexp(self.log_weight(grid), 0) + np.log(
            (grid[1] - grid[0]).item()
        )

    def log_weight(self, phi: torch.Tensor) -> torch.Tensor:
        """Unnormalised log ρ(φ) = −Nφ²/2βJ + N log 2cosh φ."""
        return self.n_sites * (torch.logaddexp(phi, -phi) - phi**2 / (2 * self.coupling))

    def encode(self, statistic: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean = self.coupling * statistic.double().mean(1, keepdim=True)
        return mean, torch.full_like(mean, np.log(self.width))

    def rate(self, mean: torch.Tensor, log_std: torch.Tensor) -> torch.Tensor:
        """KL(q(φ|x) ‖ ρ) by the trapezoid rule over the noise of q."""
        noise = torch.linspace(-9, 9, 181, dtype=torch.float64)
        log_q = torch.log_softmax(-(noise**2) / 2, 0)
        phi = mean + log_std.exp() * noise
        log_rho = self.log_weight(phi) - self.log_normalisation
        log_density = -(noise**2) / 2 - log_std - np.log(2 * np.pi) / 2
        return (log_density - log_rho) @ log_q.exp()

    def fields(self, phi: torch.Tensor) -> torch.Tensor:
        return phi.expand(*phi.shape[:-1], self.n_sites)


class BlindChannel:
    """Its encoder ignores x (rate 0) and its decoder has independent, unbiased spins."""

    family = Spin()

    def __init__(self, n_sites: int) -> None:
        self.n_sites = n_sites

    def encode(self, statistic: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return (torch.zeros(len(statistic), 1, dtype=torch.float64),) * 2

    def rate(self, mean: torch.Tensor, log_std: torch.Tensor) -> torch.Tensor:
        return 0 * mean[:, 0]

    def fields(self, phi: torch.Tensor) -> torch.Tensor:
        return 0 * phi.expand(*phi.shape[:-1], self.n_sites)


def noise(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def drawn(system: CurieWeiss, n: int = SAMPLES, seed: int = 0) -> np.ndarray:
    return system.sample(n, np.random.default_rng([2026, seed]))


def terms(channel, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rate_and_distortion(channel, torch.from_numpy(Spin().statistic(x)), noise())


def information_of(system: BinaryPatternModel) -> float:
    """I(A;B) of the worst split."""
    return worst_split(system.bipartite_information(0, np.random.default_rng())).estimate.value


def exactly(value: float) -> Estimate:
    return Estimate(value, 0.0)


def report(channel, system: BinaryPatternModel, n: int = SAMPLES) -> BoundReport:
    x = drawn(system, n)
    return bound_report(*terms(channel, x), system.log_prob(x), exactly(information_of(system)))


def assert_bound_holds(found: BoundReport) -> None:
    """−ELBO − H ≥ I(A;B) − R: the slack is not negative beyond four of its standard errors."""
    violation = -(found.slack.value + ROUNDING) / (found.slack.stderr + 1e-12)
    assert violation <= FACTOR, f"the bound is violated by {violation:.1f} floors"
