"""The square-lattice Ising model: solvable, and not mean-field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from mfvae.errors import InputError
from mfvae.information import BipartiteInformation, lower_bound_from_statistics
from mfvae.sites.base import SiteFamily
from mfvae.sites.spin import Spin
from mfvae.stats import Estimate, estimate
from mfvae.systems.base import Parameter, Parameters, System, Transition
from mfvae.systems.ising_2d import exact as ising_exact

MIN_SIDE = 4  # at L = 2 both neighbours of a site along an axis are the same one
MAX_SIDE = 128  # 50,000 configurations of 128² spins are 0.8 GB
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 1000.0  # beyond, frozen or free; sinh(2/T) stays harmless
AT_CRITICALITY = 2.5e-6  # relative; 2.26919 and all that is written with more digits means T_c
EXACT_HALF_SIDE = 16  # by transfer matrix in about 10 s; L = 14 takes 1 s
EXACT_PAIR_SIDE, EXACT_LAW_SIDE = 14, 10  # likewise, in under a second
COLUMN_BINS = 4  # of a column's magnetisation in the lower bound: few enough for a plug-in estimate
BLOCK_SITES = 2**24  # of configurations handled at once: 16 MB


class Ising2D(System):
    """p(x) ∝ exp(β Σ_<ij> x_i x_j), nearest neighbours on an L×L torus, J = 1.

    Parameters of a point: ``L`` (side, even), ``T`` (temperature). Site = row · L + column.
    """

    name: ClassVar[str] = "ising_2d"
    title: ClassVar[str] = "2D Ising"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "L": Parameter("L", "size", whole=True, axis="linear size"),
        "T": Parameter("T", "temperature", unit=r"$J/k_\mathrm{B}$"),
    }
    transitions: ClassVar[Mapping[str, Transition]] = {
        "critical_temperature": Transition("T", ising_exact.CRITICAL_TEMPERATURE, r"$T_\mathrm{c}$")
    }
    observable_labels: ClassVar[Mapping[str, str]] = {
        "energy": "energy\nper site ($J$)",
        "specific_heat": "specific heat\nper site ($k_\\mathrm{B}$)",
        "mean_abs_magnetisation": "magnetisation\n$\\langle|m|\\rangle$",
        "magnetisation_squared": "magnetisation\n$\\langle m^2\\rangle$",
        "half_distance_correlation": "spin correlation\nat distance $L/2$",
    }
    site_family: ClassVar[SiteFamily] = Spin()

    def __init__(self, side: int, temperature: float) -> None:
        self.side, self.temperature = side, temperature
        self.n_sites = side * side
        self.beta = 1 / temperature

    @classmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        side, temperature = parameters["L"], parameters["T"]
        if not MIN_SIDE <= side <= MAX_SIDE or side % 2:
            allowed = f"an even integer from {MIN_SIDE} to {MAX_SIDE} is needed"
            raise InputError("L", side, f"{allowed} (even for the checkerboard on a torus)")
        if not MIN_TEMPERATURE <= temperature <= MAX_TEMPERATURE:
            allowed = f"a finite number > 0, from {MIN_TEMPERATURE} to {MAX_TEMPERATURE:g}, is needed"
            raise InputError("T", temperature, allowed)

    @classmethod
    def from_parameters(cls, parameters: Parameters, seed: int) -> Self:
        cls.check(parameters, seed)
        return cls(int(parameters["L"]), float(parameters["T"]))

    # -- exact law ----------------------------------------------------------------------------------
    @cached_property
    def log_partition(self) -> float:
        """log Z in nats, total (Kaufman 1949)."""
        return ising_exact.log_partition(self.side, self.temperature)

    def entropy(self) -> float:
        """H(x) in nats, total: log Z + βU."""
        mean_energy = self.n_sites * ising_exact.energy(self.side, self.temperature)
        return self.log_partition + self.beta * mean_energy

    def log_prob(self, x: np.ndarray) -> np.ndarray:
        """Exact log p(x) in nats, shape (B,)."""
        return -self.beta * self.energies(x) - self.log_partition

    # -- configurations -----------------------------------------------------------------------------
    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n nearly independent configurations, int8 (n, N), of a thinned cluster chain."""
        from mfvae.systems.ising_2d.sampler import equilibrated_chain

        return equilibrated_chain(self.side, self.temperature, rng).draw(n, rng)

    def _lattices(self, x: np.ndarray) -> list[np.ndarray]:
        """Configurations (B, N) in blocks, each (b, L, L)."""
        lattices = x.reshape(-1, self.side, self.side)
        length = max(1, BLOCK_SITES // self.n_sites)
        return [lattices[start : start + length] for start in range(0, len(lattices), length)]

    def _correlation(self, x: np.ndarray, distance: int) -> np.ndarray:
        """Mean of s_0 s_r over all sites and both axes, r = ``distance``: (B, N) → (B,)."""
        per_block = [
            sum((s * np.roll(s, distance, axis)).sum((1, 2), dtype=np.int64) for axis in (1, 2))
            for s in self._lattices(x)
        ]
        return np.concatenate(per_block) / (2 * self.n_sites)

    def energies(self, x: np.ndarray) -> np.ndarray:
        """E(x) = −Σ_<ij> x_i x_j, total: (B, N) → (B,)."""
        return -2 * self.n_sites * self._correlation(x, 1)

    def observables(self, x: np.ndarray) -> dict[str, Estimate]:
        """Energy and specific heat per site, moments of m, ⟨s_0 s_r⟩ at r = L/2 along the axes."""
        energies = self.energies(x)
        magnetisation = x.sum(1, dtype=np.int64) / self.n_sites
        # The error of a variance is that of the mean of the squared deviations.
        squares = (energies - energies.mean()) ** 2 * len(x) / (len(x) - 1)
        return {
            "energy": estimate(energies / self.n_sites),
            "specific_heat": estimate(self.beta**2 / self.n_sites * squares),
            "mean_abs_magnetisation": estimate(np.abs(magnetisation)),
            "magnetisation_squared": estimate(magnetisation**2),
            "half_distance_correlation": estimate(self._correlation(x, self.side // 2)),
        }

    def exact_observables(self) -> dict[str, float]:
        """Energy and specific heat at any size; for small L what the transfer matrix gives as well."""
        point = (self.side, self.temperature)
        found = {
            "energy": ising_exact.energy(*point),
            "specific_heat": ising_exact.specific_heat(*point),
        }
        if self.side <= EXACT_PAIR_SIDE:
            found |= ising_exact.pair_observables(*point)
        if self.side <= EXACT_LAW_SIDE:
            m = np.linspace(-1, 1, self.n_sites + 1)
            found["mean_abs_magnetisation"] = float(ising_exact.magnetisation_law(*point) @ np.abs(m))
        return found

    @classmethod
    def limit_kl_per_site(cls, parameters: Parameters) -> float | None:
        return ising_exact.limit_product_kl(parameters["T"])

    @classmethod
    def limit_observables(cls, parameters: Parameters) -> dict[str, float]:
        """Onsager's energy and specific heat (infinite at T_c, left out there), Yang's magnetisation."""
        temperature = float(parameters["T"])
        found = {"energy": ising_exact.limit_energy(temperature)}
        if math.isclose(temperature, ising_exact.CRITICAL_TEMPERATURE, rel_tol=AT_CRITICALITY):
            return found | {"mean_abs_magnetisation": 0.0}
        return found | {
            "specific_heat": ising_exact.limit_specific_heat(temperature),
            "mean_abs_magnetisation": ising_exact.spontaneous_magnetisation(temperature),
        }

    # -- information --------------------------------------------------------------------------------
    def bipartite_information(self, n: int, rng: np.random.Generator) -> list[BipartiteInformation]:
        """Half of the columns against the others, and the two sublattices of the checkerboard."""
        x = self.sample(n, rng)
        return [self._half(x), self._checkerboard(x)]

    def _half(self, x: np.ndarray) -> BipartiteInformation:
        if self.side <= EXACT_HALF_SIDE:
            exact = ising_exact.half_information(self.side, self.temperature)
            return BipartiteInformation("half", Estimate(exact, 0.0), "exact")
        # All that a half knows of the other is in its two outer columns (a Markov field): their
        # magnetisations tell more than that of the half, away from T_c twenty times as much.
        up = (x.reshape(-1, self.side, self.side) > 0).sum(1)  # (B, L), spins up in each column
        bins = up * COLUMN_BINS // (self.side + 1)
        middle = self.side // 2
        a, b = (bins[:, i] * COLUMN_BINS + bins[:, j] for i, j in ((0, middle - 1), (-1, middle)))
        return lower_bound_from_statistics("half", a, b)

    def checkerboard_terms(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """H(B|A = x_A) + H(A|B = x_B) of the sublattices, in nats, and Σ_i η_i tanh η_i: two (B,).

        Given one sublattice, each site of the other stands alone in its field η = β Σ over neighbours,
        with entropy log 2cosh η − η tanh η and mean ⟨x_i⟩ = tanh η; hence ⟨Σ_i η_i tanh η_i⟩ = −2βU.
        """
        field = self.beta * np.arange(-4, 5)
        aligned = field * np.tanh(field)
        terms = np.stack([self.site_family.log_partition(field) - aligned, aligned])
        around = (
            sum(np.roll(s, step, axis) for axis in (1, 2) for step in (1, -1)) for s in self._lattices(x)
        )
        entropies, alignments = np.concatenate([terms[:, n + 4].sum((2, 3)) for n in around], axis=1)
        return entropies, alignments

    def _checkerboard(self, x: np.ndarray) -> BipartiteInformation:
        """I = H(x) − H(B|A) − H(A|B), with Σ_i η_i tanh η_i, whose mean is known, as control variate.

        It makes the error 10 to 30 times smaller; that its factor is fitted biases by O(1/n) only.
        """
        entropies, alignments = self.checkerboard_terms(x)
        mean_energy = self.n_sites * ising_exact.energy(self.side, self.temperature)
        deviation = alignments - alignments.mean()
        spread = deviation @ deviation
        factor = deviation @ entropies / spread if spread else 0.0
        given = entropies - factor * (alignments + 2 * self.beta * mean_energy)
        information = estimate(self.entropy() - given)
        return BipartiteInformation("checkerboard", information, "unbiased")
