"""What a configuration says of a data set in a file, and of what is cut from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, create_model, model_validator

from mfvae.errors import InputError
from mfvae.figures.vocabulary import SiteWords
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.sites import SITE_FAMILIES
from mfvae.workflow.settings.base import Distinct, Name, Number, OneOf, Settings, Text, options_of
from mfvae.workflow.settings.dataset_defaults import OF_SPINS, with_defaults
from mfvae.workflow.settings.figures import (
    FigureOfRecording,
    is_of_groups,
    is_of_population,
    is_of_verdict,
)
from mfvae.workflow.settings.models import Decoded, Trained, TrainedOnGrid
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
SPIN = "spin"
OF_THEORY = {"potential_surface", "heat_capacity"}  # figures

Chains = Annotated[int, Field(ge=2, le=100_000, description="independent chains of its Monte Carlo")]
Kept = Annotated[int, Field(ge=4, le=10**7, description="words that are kept of every chain")]


class Repeats(Settings):
    """How much of a data set with repeats is used."""

    repeats: Distinct[Annotated[int, Field(ge=2, le=10**6)]] = Field(
        min_length=1,
        description="number of repeats used, from the first; two are held out from 11 on",
    )


class Address(Settings):
    """Where one file is to be had."""

    urls: list[Annotated[str, Field(pattern="^(https?|file)://")]] = Field(
        [], description="where to download from, tried in turn"
    )
    sha256: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="of the file's content; no other is taken"
    )


Part = Literal["train", "valid", "test"]


class Source(Address):
    """Where the data are to be had, and whom to cite."""

    parts: dict[Part, Address] = Field(
        {}, description="of data in several files: rows to train on, to stop by and to test on"
    )
    doi: Text | None = None
    cite: Text | None = Field(None, description="the reference, in words")
    licence: Text | None = Field(None, description="on whose terms the data may be used")


class Reader(Settings):
    """How a file is read; all is found in the file where it is clear."""

    key: Text | None = Field(None, description="the variable, of a file with several")
    axes: Text | None = Field(
        None, description="what the axes are, in order: some of groups, rows and sites"
    )
    format: Text | None = Field(None, description="that of the file's suffix without it")
    groups: Text | Annotated[int, Field(ge=1, le=10**9)] | None = Field(
        None,
        description="which rows belong together: a column or array of the file, intervals of an NWB "
        "file such as trials, or the number of rows in each of equal groups",
    )
    columns: list[Text] | None = Field(
        None, min_length=2, description="of a table, those that are sites"
    )
    long: list[Text] | None = Field(
        None,
        min_length=2,
        max_length=3,
        description="columns of a table with an entry a line: row, site, value; or unit, time of spikes",
    )
    header: bool | None = Field(
        None, description="whether a text file has names in its first line; seen in it without this"
    )
    where: dict[str, Number | Text | list[Number | Text]] | None = Field(
        None,
        description="column → values of the lines of a table, or units of an NWB file, that are used",
    )
    time_unit: Text | None = Field(None, description="of spike times: s, ms or us; seconds without it")


class Draws(Settings):
    """Rows that others drew from a model of theirs, in a file: they are compared, but not scored."""

    file: Text | None = Field(
        None,
        description="path of the file, or the name of one in the folder MFVAE_DATA; null to download",
    )
    source: Address = Address.model_validate({})
    reader: Reader = Reader.model_validate({})


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
    """Statistics by which binary data and models of them are compared."""

    triplets: int = Field(
        10_000, ge=1, le=10**8, description="random triplets of sites of which covariances are taken"
    )
    shown: Distinct[Text] = Field(
        min_length=1, description="models and baselines in the figures of statistics"
    )


class Verdict(Settings):
    """Which models are judged, and by how many rows, since nobody knows the law of the data."""

    models: Distinct[Text] | None = Field(
        None,
        min_length=1,
        description="names of those that are judged; all of free fields and objective exact without it",
    )
    rows: int = Field(
        20_000,
        ge=40,
        le=10**6,
        description="from which a critic learns, and on as many it is tested, if there are so many",
    )
    planted: Distinct[Annotated[float, Field(ge=1e-4, le=10)]] = Field(
        [0.1, 0.03, 0.01],
        description="nats of departures that are planted in draws of a model, to see which are found; "
        "without any, that nothing was found means nothing",
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
        description="words of the data, in whole repeats, of which attractors are sought",
    )
    heat_capacity: HeatCapacity


UNITS: Any = create_model("Units", __base__=Settings, **options_of(SiteWords))


class Units(UNITS):  # type: ignore[misc]
    """What figures call the sites and rows of a data set. What is left out has a neutral word."""

    @model_validator(mode="after")
    def _check_words(self) -> Self:
        SiteWords(**self.model_dump())
        return self


class Groups(Trained):
    """Random groups of the sites, in which models meet the pairwise one."""

    number: int = Field(ge=2, le=100, description="of groups; two for an error of their mean")
    n_neurons: int = Field(ge=2, le=100_000, description="sites in a group")
    pairwise_steps: int = Field(
        ge=100, le=10**7, description="of the stochastic gradient of the pairwise model"
    )
    n_words: int = Field(ge=1, le=10**8, description="drawn from the pairwise model")


class Halves(Decoded):
    """Of the training repeats, every other one.

    Models are trained in each, and their patterns compared between halves and, where replicas say so,
    between seeds.
    """


class Studies(Settings):
    """What is made of parts of the data."""

    groups: Groups | None = None
    halves: Halves | None = None


def _without_required(schema: dict[str, Any]) -> None:
    """All keys of a data set have defaults, which are filled in before the rest is looked at."""
    schema.pop("required", None)


class DatasetSettings(TrainedOnGrid):
    """A data set in a file: rows of sites whose law nobody knows. Without keys there are defaults."""

    model_config = ConfigDict(json_schema_extra=_without_required)

    file: Text | dict[Part, Text] | None = Field(
        None,
        description="path of the file, or the name of one in the folder MFVAE_DATA, or one for each of "
        "train, valid and test; of a single file the environment variable MFVAE_NAME_FILE, NAME that of "
        "the data set, takes precedence; null to download",
    )
    optional: bool = Field(
        False,
        description="whether a run without network and without the files leaves it out, and says so, "
        "instead of ending",
    )
    source: Source = Source.model_validate({})
    reader: Reader = Reader.model_validate({})
    site: Annotated[str, Field(pattern=r"^(spin|potts[1-9][0-9]{0,2})$")] = Field(
        SPIN,
        description="what one site is: spin, or potts with the number of its states, such as potts21",
    )
    values: list[Number | str] | None = Field(
        None,
        min_length=2,
        description="the two values, that of −1 first; 0 and 1 without; of states all in their order",
    )
    threshold: Number | None = Field(None, description="above which a number is +1")
    bin_s: float | None = Field(
        None, gt=0, le=1e6, description="width of a bin, of spike times in seconds"
    )
    clip: bool = Field(False, description="whether counts above 1 become 1; else they are refused")
    missing: list[Number | str] | Literal["allow"] | None = Field(
        None, description="values that stand for what was not observed; allow for none but NaN"
    )
    constant_sites: Annotated[str, OneOf(("drop", "refuse"))] = Field(
        "drop", description="what is done with sites that never change in training rows"
    )
    holdout: Annotated[str, OneOf(("every_tenth_group", "group", "block", "random", "given"))] | None = (
        Field(
            None,
            description="what is held out: groups where there are any, else blocks of rows, without it",
        )
    )
    validation: float = Field(
        0.0,
        ge=0.0,
        le=0.5,
        description="share of all rows, in whole groups or blocks, that choose the epoch whose weights "
        "are kept; files with a part valid have their own",
    )
    grid: Repeats | None = Field(None, description="how much is used; all without it")
    baselines: dict[Name, Baseline] = Field(
        min_length=1, description="other laws of the same rows, by name"
    )
    draws: dict[Name, Draws] = Field({}, description="others' models of the same rows, by name")
    population: Population | None = Field(
        None, description="none of data with gaps, whose statistics would be of whole rows"
    )
    theory: Theory | None = Field(None, description="the generalized Hopfield model of one decoder")
    verdict: Verdict | None = Field(
        Verdict.model_validate({}), description="how models are judged; null for no verdict"
    )
    patterns: Literal["real"] = "real"
    units: Units | None = Field(None, description="words that its figures are labelled with")
    figures: Distinct[FigureOfRecording]
    studies: Studies = Studies()

    def grid_of_models(self) -> Mapping[str, list[Any]]:
        return {"repeats": self.grid.repeats} if self.grid else {}

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        return with_defaults(given) if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        for name in GENERATORS & set(self.models):
            raise InputError("models", name, "a name that nothing else has is needed")
        for part, others in (("baselines", self.draws), ("draws", self.baselines)):
            for name in getattr(self, part):
                if name in {*self.models, *others, *GENERATORS} or original(name) != name:
                    raise InputError(part, name, "a name that nothing else has is needed")
        trained = {name for name, model in self.models.items() if model.replicas}
        known = {*trained, *self.baselines, *self.draws, *([HAMILTONIAN] if self.theory else [])}
        for name in self.population.shown if self.population else ():
            if name not in known:
                allowed = f"one of {', '.join(sorted(known))} is needed"
                raise InputError("population.shown", name, allowed)
        return self

    @model_validator(mode="after")
    def _check_verdict(self) -> Self:
        trained = [name for name, model in self.models.items() if model.replicas]
        for name in (self.verdict.models or ()) if self.verdict else ():
            if name not in trained:
                allowed = f"one of {', '.join(trained)} is needed"
                raise InputError("verdict.models", name, allowed)
        kinds = [kind for kind in self.figures if is_of_verdict(kind)]
        if kinds and self.verdict is None:
            raise InputError("figures", kinds[0], "a verdict is needed for this figure")
        if kinds and self.missing is not None:
            raise InputError("figures", kinds[0], "data without gaps are needed for this figure")
        return self

    @model_validator(mode="after")
    def _check_gaps(self) -> Self:
        """What needs whole rows is not asked of data with gaps."""
        if self.missing is None:
            return self
        whole = "data without gaps are needed, for which missing is left out"
        for part in ("population", "theory", "draws"):
            if getattr(self, part):
                raise InputError(part, part, whole)
        for name, baseline in self.baselines.items():
            if baseline.kind != "independent":
                raise InputError(f"baselines.{name}.kind", baseline.kind, f"independent, or {whole}")
        for part, study in self.studies:
            if study is not None:
                raise InputError(f"studies.{part}", part, whole)
        return self

    @model_validator(mode="after")
    def _check_sites(self) -> Self:
        """What is known of spins alone is not asked of other sites."""
        if self.site == SPIN:
            if self.values is not None and len(self.values) != 2:
                raise InputError("values", self.values, "two values are needed, of −1 and of +1")
            return self
        if self.site not in SITE_FAMILIES:
            raise InputError("site", self.site, "spin, or potts2 to potts255, is needed")
        alone = "spins are needed, of which alone it is known"
        for part in ("population", "theory", "verdict", "draws", "threshold", "clip", "bin_s"):
            if getattr(self, part):
                raise InputError(part, part, alone)
        for name, baseline in self.baselines.items():
            if baseline.kind != "independent":
                raise InputError(f"baselines.{name}.kind", baseline.kind, f"independent, or {alone}")
        for part, study in self.studies:
            if study is not None:
                raise InputError(f"studies.{part}", part, alone)
        for kind in OF_SPINS & set(self.figures):
            raise InputError("figures", kind, alone)
        return self

    @model_validator(mode="after")
    def _check_theory(self) -> Self:
        if self.theory is None:
            return self
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
        for kind in self.figures if self.population is None else ():
            if is_of_population(kind):
                raise InputError("figures", kind, "population is needed for this figure")
        if self.theory is None and (kinds := sorted(OF_THEORY & set(self.figures))):
            raise InputError("figures", kinds[0], "a theory is needed for this figure")
        if self.studies.groups is None and any(is_of_groups(kind) for kind in self.figures):
            kind = next(kind for kind in self.figures if is_of_groups(kind))
            raise InputError("figures", kind, "studies.groups are needed for this figure")
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
