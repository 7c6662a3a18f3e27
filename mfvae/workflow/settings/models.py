"""Models of a configuration: their options, and on which part of a grid they are trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Self, TypeVar

from pydantic import Field, create_model, model_validator

from mfvae.errors import InputError
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.model.config import VAEConfig
from mfvae.training.config import TrainingConfig
from mfvae.workflow.settings.base import Name, PartOfGrid, Settings, options_of
from mfvae.workflow.settings.replica_names import FEWEST, REPLICATED, original

Config = TypeVar("Config")
CPU = "cpu"  # where bits are promised


OPTIONS: Any = create_model(
    "Options", __base__=Settings, **options_of(VAEConfig), **options_of(TrainingConfig)
)


class ModelSettings(OPTIONS):  # type: ignore[misc]
    """A model and its training. What is left out is as the library has it."""

    only: PartOfGrid = Field(
        {}, description="the part of the grid where it is trained, by parameter; everywhere without it"
    )
    variant: str | None = Field(
        None,
        min_length=1,
        description="a word or two for what else tells it from models of equal objective and sizes",
    )
    stream: Name | None = Field(
        None, description="what random draws are named by; its name, so that another one draws anew"
    )
    replicas: int = Field(
        1,
        ge=0,
        le=1000,
        description="trainings with other seeds, MODEL_r2, MODEL_r3 … beside the first; 0 for none",
    )

    device: str = Field(
        CPU, min_length=1, description="where it is trained: auto, cpu, cuda, mps or another of PyTorch"
    )

    @property
    def architecture(self) -> VAEConfig:
        return self._as(VAEConfig)

    @property
    def training(self) -> TrainingConfig:
        return self._as(TrainingConfig)

    def _as(self, config: type[Config]) -> Config:
        values = {field.name: getattr(self, field.name) for field in fields(config)}  # type: ignore[arg-type]
        return config(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})

    @model_validator(mode="after")
    def _check_latent_dim(self) -> Self:
        self.training.check_latent_dim(self.architecture.latent_dim)
        return self

    def check_only(self, field: str, grid: Mapping[str, list[Any]]) -> None:
        """Raise InputError unless the part of the grid where the model is trained lies in the grid."""
        for parameter, values in self.only.items():
            there = grid.get(parameter)
            if there is None or not set(values) <= set(there):
                allowed = "a part of the grid is needed: "
                allowed += "no such parameter" if there is None else f"{there} (change it with the grid)"
                raise InputError(f"{field}.only.{parameter}", values, allowed)


class ReplicatedSettings(ModelSettings):
    """A model of which three replicas or more, or none, are compared, and nothing else is measured."""

    @model_validator(mode="after")
    def _check_replicas(self) -> Self:
        if 0 < self.replicas < FEWEST:
            allowed = f"0 for none, or a number ≥ {FEWEST} for an error, is needed"
            raise InputError("replicas", self.replicas, allowed)
        if (latent_dim := self.architecture.latent_dim) > MAX_LATENT_DIM:
            allowed = f"a number ≤ {MAX_LATENT_DIM} is needed, for sums over the latent space"
            raise InputError("latent_dim", latent_dim, allowed)
        return self


Models = Annotated[dict[Name, ModelSettings], Field(min_length=1)]


class Trained(Settings):
    """Data on which models are trained."""

    models: Models = Field(description="models trained at every point, by name")

    def grid_of_models(self) -> Mapping[str, list[Any]]:
        """The values among which models may be for a part alone."""
        return {}

    def trained(self) -> list[ModelSettings]:
        """The models that are trained, in the order in which they are written."""
        return [model for model in self.models.values() if model.replicas]

    def check_parts(self, field: str) -> None:
        """Raise InputError unless every part of the grid where a model is trained lies in the grid."""
        for name, model in self.models.items():
            model.check_only(f"{field}.models.{name}", self.grid_of_models())

    @model_validator(mode="after")
    def _check_models(self) -> Self:
        if not self.trained():
            raise InputError("models", list(self.models), "replicas ≥ 1 of one are needed")
        for name in self.models:
            if original(name) != name or name == REPLICATED:
                allowed = f"a name that is not a replica's, such as any_r2 or {REPLICATED}, is needed"
                raise InputError("models", name, allowed)
        return self


class TrainedOnGrid(Trained):
    """The same with a grid of points, where replicas of one more model may be compared."""

    replicated: ReplicatedSettings | None = None

    def check_parts(self, field: str) -> None:
        super().check_parts(field)
        if self.replicated:
            self.replicated.check_only(f"{field}.replicated", self.grid_of_models())


class Decoded(Trained):
    """Data whose models are of the form that is decoded: of fields b + ξ·φ(z), with few latents."""

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        for name, model in self.models.items():
            rank = model.architecture.field_rank
            if not rank or model.architecture.latent_dim > MAX_LATENT_DIM:
                allowed = f"an integer ≥ 1 is needed, with latent_dim ≤ {MAX_LATENT_DIM}"
                raise InputError(f"models.{name}.field_rank", rank, allowed)
        return self
