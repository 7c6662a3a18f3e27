"""The whole configuration, block by block. ``python -m mfvae.workflow.settings.schema`` describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, create_model, model_validator

from mfvae.errors import InputError
from mfvae.training.config import TrainingConfig
from mfvae.workflow.settings.base import (
    Distinct,
    Grid,
    Name,
    Settings,
    Text,
    Widths,
    options_of,
)
from mfvae.workflow.settings.dataset import DatasetSettings
from mfvae.workflow.settings.figures import FigureAcross, FigureOfSystem, ledger_dim
from mfvae.workflow.settings.models import Decoded, TrainedOnGrid

Count = Annotated[int, Field(ge=100, le=10**8)]
LearningRate = Annotated[float, Field(ge=1e-9, le=100, description="of Adam")]


class Folders(Settings):
    """Where results, logs and benchmarks go (no braces or line breaks, no - or ~ to begin with)."""

    results: Text
    logs: Text
    benchmarks: Text


class SystemSettings(TrainedOnGrid):
    """A solvable system, of which log p(x) is known exactly."""

    n_samples: Count = Field(description="configurations per point; the last tenth is held out")
    grid: Grid = Field(description="values of every parameter; all combinations are run")
    patterns: Literal["binary", "orthonormal", None] = Field(
        description="what is sought in the span of the decoded fields; null without patterns"
    )
    observables: Distinct[Text] = Field(
        description="which of the system's observables the figure of that name shows"
    )
    figures: Distinct[FigureOfSystem]

    def grid_of_models(self) -> Mapping[str, list[Any]]:
        return self.grid

    @model_validator(mode="after")
    def _check_ledgers(self) -> Self:
        recorded = [m.architecture.latent_dim for m in self.trained() if m.training.checkpoints]
        for kind in self.figures:
            most = ledger_dim(kind)
            if most is not None and not any(dim <= most for dim in recorded):
                allowed = f"checkpoints of a model with latent_dim ≤ {most} are needed for this figure"
                raise InputError("figures", kind, allowed)
        return self


class Recovery(Settings):
    """One Hopfield pattern in the disordered phase, sought by a VAE and by PCA in few samples."""

    N: int = Field(ge=10, le=2000, description="sites")
    beta: Distinct[Annotated[float, Field(gt=0, lt=1)]] = Field(
        min_length=1, description="inverse temperatures"
    )
    B: Distinct[Annotated[int, Field(ge=10, le=10**6)]] = Field(
        min_length=1, description="numbers of samples"
    )
    replicates: int = Field(
        ge=2,
        le=10_000,
        description="independent patterns with samples of their own, at every beta and B",
    )


class Features(Settings):
    """Of scikit-learn's make_classification."""

    informative: int = Field(
        ge=2,
        le=100,
        description="in which clusters differ; 2 to their number bounds that of clusters",
    )
    redundant: int = Field(ge=0, le=100, description="linear combinations of the informative ones")
    noise: int = Field(ge=0, le=100)
    separation: float = Field(
        ge=0.001, le=100, description="half the edge of the hypercube at whose vertices clusters lie"
    )


class Box(Settings):
    """The perceptron from latents to functions of the box, trained on its energies."""

    half_waves_per_cluster: float = Field(
        ge=0.001, le=1000, description="of the potential; two of them have one minimum"
    )
    alpha: float = Field(
        ge=1e-6,
        le=1e6,
        description="of the unperturbed energies αn², in units of the potential's strength",
    )
    floor: float = Field(ge=1e-6, le=10, description="of |z|, in standard deviations of the prior")
    widths: Widths
    updates: int = Field(ge=1, le=10**7, description="steps of its training")
    learning_rate: LearningRate


OPTIONS: Any = create_model(
    "Options",
    __base__=Settings,
    **options_of(TrainingConfig, "epochs", "batch_size", "learning_rate", "warmup"),
)


class ReplicaTraining(OPTIONS):  # type: ignore[misc]
    """By the evidence lower bound, as of other models."""


class Degeneracy(Settings):
    """Replicas of VAEs on clusters of points, and the energies of a particle in a box."""

    n_samples: int = Field(
        ge=100, le=10**6, description="points; the last tenth is held out, and compared"
    )
    clusters: Distinct[Annotated[int, Field(ge=2, le=20)]] = Field(
        min_length=1, description="numbers of clusters"
    )
    features: Features
    latent_dim: Distinct[Annotated[int, Field(ge=2, le=20)]] = Field(min_length=1)
    widths: Widths = Field(description="of the hidden layers of both networks, of replicas in turn")
    number: int = Field(ge=3, le=100, description="of replicas for every number of latents")
    training: ReplicaTraining
    box: Box

    @model_validator(mode="after")
    def _check_clusters(self) -> Self:
        most = 2**self.features.informative
        for clusters in self.clusters:
            if clusters > most:
                allowed = (
                    f"a number ≤ {most} is needed, that of vertices for so few informative features"
                )
                raise InputError("clusters", clusters, allowed)
        return self


class Surrogate(Decoded):
    """A population like the retina's with a known generalized Hopfield model of two patterns."""

    N: int = Field(ge=3, le=1000, description="sites")
    n_samples: Count = Field(description="words; the last tenth is held out")


class Evaluation(Settings):
    """How many samples models are measured on."""

    n_test: Count = Field(
        description="held-out configurations on which capacity and couplings are measured"
    )
    n_information: Count = Field(description="configurations for an I(A;B) that has to be sampled")
    n_generated: int = Field(
        ge=1000, le=10**8, description="draws from a trained model for its statistics"
    )


class Configuration(Settings):
    """Configuration of the mfvae pipeline."""

    preset: Name = Field(
        description="names the file of config/expected/ that `snakemake reproduce` compares with"
    )
    seed: int = Field(ge=0, le=2**63 - 1, description="global seed of every random draw")
    run: Distinct[Text] | None = Field(
        None,
        min_length=1,
        description="what is run, by name: systems, data sets, and the parts groups, halves, "
        "surrogate, scaling, recovery, degeneracy and figures (those that join systems); all without it",
    )
    skip: Distinct[Text] = Field([], description="what of it is left out, by name")
    pathvars: Folders
    extensions: Distinct[Text] = Field(
        [], description="Python files with systems, site families or figures (mfvae/registry.py)"
    )
    systems: dict[str, SystemSettings] = Field(min_length=1, description="solvable systems by name")
    scaling: dict[str, Grid] = Field(
        description="grids by system on which I(A;B) and the exact rate are measured against size"
    )
    figures: Distinct[FigureAcross] = Field(description="figures that join all systems")
    recovery: Recovery
    degeneracy: Degeneracy
    datasets: dict[Name, DatasetSettings] = Field(
        description="data sets in files, of which nobody knows the law, by name"
    )
    surrogate: Surrogate
    evaluation: Evaluation
    headlines: list[dict[str, Any]] = Field(
        description="metrics shown at the end of a run, by what they are about (dataset, model, "
        "quantity, where …); * stands for any part of a text"
    )
