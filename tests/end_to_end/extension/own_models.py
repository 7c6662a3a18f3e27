"""A system, a kind of site and a figure that the library does not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from array_api_compat import array_namespace

from mfvae.errors import InputError
from mfvae.figures.kind import FigureKind
from mfvae.information import BipartiteInformation
from mfvae.sites.base import Array, SiteFamily
from mfvae.sites.checks import check_shape, check_sites
from mfvae.stats import Estimate, estimate
from mfvae.systems.base import Parameter, Parameters, System


class Ternary(SiteFamily):
    """x = −1, 0 or 1 with T(x) = (x, x²) and A(η) = log(1 + 2 exp(η₂) cosh η₁)."""

    name = "ternary"
    dim = 2
    units = "dimensionless; a byte holds x + 1"

    def pack(self, x: np.ndarray) -> np.ndarray:
        self.check(x)
        return (x + 1).astype(np.uint8)

    def unpack(self, packed: np.ndarray, n_sites: int) -> np.ndarray:
        return packed.reshape(len(packed), n_sites).astype(np.int8) - 1

    def check(self, x: np.ndarray) -> None:
        check_shape(x)
        check_sites(x, lambda part: np.isin(part, (-1, 0, 1)), "only −1, 0 and 1 are allowed")

    def statistic(self, x: np.ndarray) -> np.ndarray:
        self.check(x)
        return np.stack([x, x**2], -1).reshape(len(x), -1).astype(np.float32)

    def _parts(self, fields: Array) -> tuple[Array, Array, Array]:
        """Boltzmann factors of 1 and −1, and their sum with that of 0."""
        namespace = array_namespace(fields)
        one, other = (namespace.exp(fields[..., 1::2] + sign * fields[..., ::2]) for sign in (1, -1))
        return one, other, 1 + one + other

    def log_partition(self, fields: Array) -> Array:
        return array_namespace(fields).log(self._parts(fields)[2])

    def mean_statistic(self, fields: Array) -> Array:
        one, other, total = self._parts(fields)
        stack = array_namespace(fields).stack
        return stack([(one - other) / total, (one + other) / total], -1).reshape(fields.shape)

    def field_of_mean(self, mean: np.ndarray) -> np.ndarray:
        first, second = mean[..., ::2].astype(np.float64), mean[..., 1::2].astype(np.float64)
        one, other, none = (second + first) / 2, (second - first) / 2, 1 - second
        fields = [np.log(one / other) / 2, np.log(one * other / none**2) / 2]
        return np.stack(fields, -1).reshape(mean.shape)

    def log_base_measure(self, statistic: Array) -> Array:
        return 0.0

    def sample(self, fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        one, other, total = self._parts(fields.astype(np.float64))
        level = rng.random(total.shape) * total
        return np.where(level < one, 1, np.where(level < one + other, -1, 0)).astype(np.int8)


class TernaryGas(System):
    """p(x) ∝ Π exp((x_i − x_i²)/θ): sites that know nothing of each other, at temperature θ."""

    name: ClassVar[str] = "ternary_gas"
    title: ClassVar[str] = "Ternary gas"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "M": Parameter("M", "size", whole=True, axis="number of places"),
        "theta": Parameter(r"\theta", "temperature"),
    }
    observable_labels: ClassVar[Mapping[str, str]] = {"density": r"density $\langle x^2\rangle$"}
    site_family: ClassVar[SiteFamily] = Ternary()

    def __init__(self, n_sites: int, theta: float) -> None:
        self.n_sites, self.theta = n_sites, theta
        self.fields = np.tile([1 / theta, -1 / theta], n_sites)

    @classmethod
    def check(cls, parameters: Parameters, seed: int) -> None:
        if not 0.1 <= parameters["theta"] <= 100:
            raise InputError("theta", parameters["theta"], "a number from 0.1 to 100 is needed")

    @classmethod
    def from_parameters(cls, parameters: Parameters, seed: int) -> Self:
        cls.check(parameters, seed)
        return cls(int(parameters["M"]), float(parameters["theta"]))

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.site_family.sample(np.tile(self.fields, (n, 1)), rng)

    def log_prob(self, x: np.ndarray) -> np.ndarray:
        return self.site_family.statistic(x) @ self.fields - self.log_partition

    @property
    def log_partition(self) -> float:
        return float(self.site_family.log_partition(self.fields).sum())

    def entropy(self) -> float:
        return self.log_partition - float(self.site_family.mean_statistic(self.fields) @ self.fields)

    def observables(self, x: np.ndarray) -> dict[str, Estimate]:
        return {"density": estimate((x**2).mean(1, dtype=np.float64))}

    def exact_observables(self) -> dict[str, float]:
        return {"density": float(self.site_family.mean_statistic(self.fields)[1])}

    def bipartite_information(self, n: int, rng: np.random.Generator) -> list[BipartiteInformation]:
        return [BipartiteInformation("half", Estimate(0.0, 0.0), "exact")]


def draw(table):
    """KL per site against temperature."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3, 2), layout="constrained")
    ax = figure.subplots()
    ax.plot(table["theta"], table["value"], "o")
    ax.set(xlabel=r"temperature $\theta$", ylabel="KL per site (nats)")
    return figure


SITE_FAMILIES = {"ternary": Ternary}
SYSTEMS = {"ternary_gas": TernaryGas}
FIGURES = {
    "divergence": FigureKind(
        draw,
        of="system",
        needs=("capacity",),
        quantities=("kl_per_site",),
        caption="KL(p_data‖p_θ) per site of the ternary gas.",
    )
}
