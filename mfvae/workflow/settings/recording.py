"""What a configuration says of the recording, and of what is cut from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from mfvae.errors import InputError
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.workflow.settings.base import Distinct, Name, OneOf, Settings, Text
from mfvae.workflow.settings.figures import FigureOfRecording
from mfvae.workflow.settings.models import Trained, TrainedOnGrid
from mfvae.workflow.settings.replica_names import original

BASELINE_KINDS = (
    "independent",
    "population_count",
    "chow_liu",
    "pairwise",
    "quadratic_hopfield",
    "mixture",
    "rbm",
)
BASELINE_NEEDS = {  # kind → what it cannot do without
    "quadratic_hopfield": "patterns",
    "mixture": "components",
    "rbm": "hidden",
}
BASELINE_OPTIONS = {"pairwise": {"steps"}}  # kind → what it may have
HAMILTONIAN = "hamiltonian"  # name of words drawn from the theory, which are of no model of their own
GENERATORS = {"data", HAMILTONIAN}

Chains = Annotated[int, Field(ge=2, le=100_000, description="independent chains of its Monte Carlo")]
Kept = Annotated[int, Field(ge=4, le=10**7, description="words that are kept of every chain")]


class Repeats(Settings):
    repeats: Distinct[Annotated[int, Field(ge=11, le=297)]] = Field(
        min_length=1,
        description="number of repeats used, from the first; two are held out from 11 on",
    )


class Baseline(Settings):
    """Another law of words."""

    kind: Annotated[str, OneOf(BASELINE_KINDS)]
    stream: Name | None = Field(None, description="what random draws are named by; its name")
    components: int | None = Field(None, ge=1, le=200, description="of a mixture")
    hidden: int | None = Field(
        None, ge=1, le=16, description="units of an rbm, of which all states are summed over"
    )
    patterns: int | None = Field(
        None, ge=1, le=3, description="of a quadratic_hopfield model, whose field is summed over"
    )
    steps: int | None = Field(
        None, ge=100, le=10**7, description="of the stochastic gradient of a pairwise model"
    )

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        needed = BASELINE_NEEDS.get(self.kind)
        if needed and getattr(self, needed) is None:
            raise InputError(needed, None, f"this key is required for {self.kind}")
        for option in sorted(self.model_fields_set - {"kind", "stream"}):
            if option != needed and option not in BASELINE_OPTIONS.get(self.kind, ()):
                raise InputError(option, getattr(self, option), f"{self.kind} has no such option")
            if getattr(self, option) is None:
                raise InputError(option, None, "an integer is needed")
        return self


class Population(Settings):
    """Statistics by which the recording and models of it are compared."""

    triplets: int = Field(
        ge=1, le=10**8, description="random triplets of neurons of which covariances are taken"
    )
    shown: Distinct[Text] = Field(
        min_length=1, description="models and baselines in the figures of statistics"
    )


class HeatCapacity(Settings):
    """Monte Carlo at several temperatures, 1 among them."""

    temperatures: Distinct[Annotated[float, Field(ge=0.01, le=100)]] = Field(
        min_length=2, description="not so far apart that neighbours never exchange"
    )
    chains: Chains
    kept: Kept

    @model_validator(mode="after")
    def _check_temperatures(self) -> Self:
        if 1 not in self.temperatures:
            raise InputError("temperatures", self.temperatures, "1 is needed")
        return self


class Theory(Settings):
    """The generalized Hopfield model of one trained decoder."""

    model: Text = Field(
        description="name of a model with two patterns (field_rank 2) and at most three latents"
    )
    chains: Chains
    kept: Kept
    n_words: int = Field(
        ge=1,
        le=10**8,
        description="words of the recording, in whole repeats, of which attractors are sought",
    )
    heat_capacity: HeatCapacity


class Recording(TrainedOnGrid):
    """Words of many neurons in repeats of a stimulus."""

    name: Name = Field(description="names the recording in paths")
    file: Text | None = Field(description="path of a local copy, or null to download")
    urls: list[Annotated[str, Field(pattern="^(https?|file)://")]] = Field(
        description="where to download from, tried in turn"
    )
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="of the file's content")
    grid: Repeats
    baselines: dict[Name, Baseline] = Field(
        min_length=1, description="other laws of words, fitted to the same repeats, by name"
    )
    population: Population
    theory: Theory
    patterns: Literal["real"]
    figures: Distinct[FigureOfRecording]

    def grid_of_models(self) -> Mapping[str, list[Any]]:
        return {"repeats": self.grid.repeats}

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        for name in GENERATORS & set(self.models):
            raise InputError("models", name, "a name that nothing else has is needed")
        for name in self.baselines:
            if name in {*self.models, *GENERATORS} or original(name) != name:
                raise InputError("baselines", name, "a name that nothing else has is needed")
        trained = {name for name, model in self.models.items() if model.replicas}
        known = {*trained, *self.baselines, HAMILTONIAN}
        for name in self.population.shown:
            if name not in known:
                allowed = f"one of {', '.join(sorted(known))} is needed"
                raise InputError("population.shown", name, allowed)
        return self

    @model_validator(mode="after")
    def _check_theory(self) -> Self:
        model = self.models.get(self.theory.model)
        if (
            model is None
            or not model.replicas
            or model.only
            or model.architecture.field_rank != 2
            or model.architecture.latent_dim > MAX_LATENT_DIM
        ):
            allowed = "a model with field_rank 2 and latent_dim ≤ 3 that is trained everywhere is needed"
            raise InputError("theory.model", self.theory.model, allowed)
        return self

    @model_validator(mode="after")
    def _check_figures(self) -> Self:
        exact = [m.architecture for m in self.trained() if m.training.objective == "exact"]
        rank = {model.latent_dim for model in exact if model.field_rank}
        free = {model.latent_dim for model in exact if not model.field_rank}
        if "price_of_theory" in self.figures and not rank & free:
            allowed = (
                "models of objective exact, of one latent_dim, with and without field_rank are needed"
            )
            raise InputError("figures", "price_of_theory", allowed)
        architectures = [model.architecture for model in self.trained()]
        if "latent_dimension" in self.figures and not any(
            model.latent_dim <= MAX_LATENT_DIM and not model.field_rank for model in architectures
        ):
            allowed = "a model with free fields and latent_dim ≤ 3 is needed for this figure"
            raise InputError("figures", "latent_dimension", allowed)
        planes = [kind for kind in ("latent_plane", "latent_raster") if kind in self.figures]
        if planes and architectures[0].latent_dim < 2:
            allowed = "latent_dim ≥ 2 of the first model is needed, of which a plane is drawn"
            raise InputError("figures", planes[0], allowed)
        return self


class Groups(Trained):
    """Random groups of the recording's neurons, in which models meet the pairwise one."""

    number: int = Field(ge=2, le=100, description="of groups; two for an error of their mean")
    n_neurons: int = Field(ge=2, le=160, description="in a group")
    pairwise_steps: int = Field(
        ge=100, le=10**7, description="of the stochastic gradient of the pairwise model"
    )
    n_words: int = Field(ge=1, le=10**8, description="drawn from the pairwise model")
