"""The data sets of a run, their points, and the models that are trained or fitted on them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import getitem
from typing import Any

from mfvae.systems import system_class
from mfvae.workflow.settings.figures import systems_that_are
from mfvae.workflow.settings.points import grid_points, parse, spell
from mfvae.workflow.settings.replica_names import REPLICATED, replicated
from mfvae.workflow.settings.systems import parameters_of

Block = Mapping[str, Any]

SURROGATE, CLUSTERS = "surrogate", "clusters"  # data sets that a run draws itself
ABOUT_MODELS = {"only", "replica", "replica_of", "stream", "variant"}  # settings that no training has
SHOWN_OF_MODELS = {"objective", "latent_dim", "field_rank", "replica", "replica_of", "variant"}


def options_in(settings: Block) -> dict[str, Any]:
    """Of a model's settings those that are options of its training."""
    return {key: value for key, value in settings.items() if key not in ABOUT_MODELS}


def stream_in(settings: Block) -> str | None:
    """What random draws of a model of these settings are named by; None: its name."""
    stream, number = settings.get("stream"), settings.get("replica", 1)
    return stream if stream is None or number == 1 else f"{stream}_r{number}"


def in_part(point: str, settings: Block) -> bool:
    """Whether a model of these settings, which may be for a part of the grid ``only``, is at a point."""
    return all(parse(point)[name] in values for name, values in settings.get("only", {}).items())


@dataclass(frozen=True)
class Plan:
    """What a settled configuration asks for.

    A *source* is a solvable system or a data set in a file. What is cut from a data set is one of its
    own, ``DATASET_groups`` or ``DATASET_halves``. A model is named by ``POINT/MODEL`` on its source.

    Parameters
    ----------
    config : mapping
        As ``mfvae.workflow.settings.settle.settle`` returns it.
    """

    config: Block

    @cached_property
    def systems(self) -> dict[str, Block]:
        """Solvable systems by name."""
        return dict(self.config["systems"])

    @cached_property
    def datasets(self) -> dict[str, Block]:
        """Data sets in files by name."""
        return dict(self.config["datasets"])

    @cached_property
    def sources(self) -> dict[str, Block]:
        """Both."""
        return {**self.systems, **self.datasets}

    @cached_property
    def grids(self) -> dict[str, dict[str, list[Any]]]:
        """Values of every parameter of every source, in the order of its parameters."""
        return {name: data.get("grid") or {} for name, data in self.datasets.items()} | {
            name: {key: system["grid"][key] for key in parameters_of(name)}
            for name, system in self.systems.items()
        }

    @cached_property
    def points(self) -> dict[str, list[str]]:
        """All points of every source."""
        return {name: [spell(point) for point in grid_points(self.grids[name])] for name in self.sources}

    @cached_property
    def first(self) -> dict[str, str]:
        """The first of them, where a data set's models are shown."""
        return {name: points[0] for name, points in self.points.items()}

    @cached_property
    def mean_field(self) -> list[str]:
        """Systems whose theory is known."""
        return systems_that_are("mean field", self.systems)

    @cached_property
    def counted(self) -> list[str]:
        """Systems of which the law of an order parameter is known."""
        return systems_that_are("order parameter law", self.systems)

    @cached_property
    def decoded(self) -> list[str]:
        """Sources whose decoders are read."""
        return [*self.mean_field, *self.datasets]

    @cached_property
    def scaling(self) -> dict[str, list[str]]:
        """Points at which the growth of the information with N is measured, by system."""
        return {
            name: [spell(at) for at in grid_points({key: grid[key] for key in parameters_of(name)})]
            for name, grid in self.config["scaling"].items()
        }

    @cached_property
    def groups(self) -> dict[str, str]:
        """Groups of sites → the data set that they are cut from."""
        return self._with_study("groups")

    @cached_property
    def halves(self) -> dict[str, str]:
        """Halves of the repeats → the data set that they are cut from."""
        return self._with_study("halves")

    def _with_study(self, study: str) -> dict[str, str]:
        return {
            f"{name}_{study}": name for name, data in self.datasets.items() if study in data["studies"]
        }

    @cached_property
    def cut(self) -> dict[str, Block]:
        """Settings of both."""
        return {
            name: self.datasets[whole]["studies"]["groups"] for name, whole in self.groups.items()
        } | {name: self.datasets[whole]["studies"]["halves"] for name, whole in self.halves.items()}

    @cached_property
    def half_points(self) -> list[str]:
        """Points of halves."""
        return [spell({"half": number}) for number in (1, 2)]

    @cached_property
    def surrogate_point(self) -> str:
        """The point of the surrogate."""
        return spell({"N": self.config["surrogate"]["N"]})

    @cached_property
    def cluster_points(self) -> list[str]:
        """Points of the clusters: how many there are."""
        return [spell({"k": number}) for number in self.config["degeneracy"]["clusters"]]

    @cached_property
    def with_theory(self) -> list[str]:
        """Data sets of which a generalized Hopfield model is read."""
        return [name for name, data in self.datasets.items() if data.get("theory")]

    @cached_property
    def families(self) -> dict[str, str]:
        """The site family of everything that has samples."""
        of_systems = {name: system_class(name).site_family.name for name in self.systems}
        of_files = {name: data["site"] for name, data in self.datasets.items()}
        drawn = {**dict.fromkeys([*self.cut, SURROGATE], "spin"), CLUSTERS: "gaussian"}
        return {**of_systems, **of_files, **drawn}

    def running(self, names: Iterable[str]) -> list[str]:
        """Those of the names that run."""
        return [name for name in names if name in self.config["run"]]

    def running_parts(self, part: str, cut: Iterable[str]) -> list[str]:
        """Of data that are cut from others those that run."""
        return list(cut) if self.running([part]) else []

    def files_used(self) -> list[str]:
        """Data sets in files of which anything is made."""
        cut = {name for name in self.groups.values() if self.running(["groups"])}
        cut |= {name for name in self.halves.values() if self.running(["halves"])}
        return [name for name in self.datasets if self.running([name]) or name in cut]

    def group_points(self, source: str) -> list[str]:
        """Points of the groups that are cut from a data set."""
        study = self.cut[source]
        numbers = range(1, study["number"] + 1)
        return [spell({"neurons": study["n_neurons"], "group": number}) for number in numbers]

    def title_of(self, name: str) -> str:
        """What the report calls a data set, or ``all`` of them."""
        if name == "all":
            return "All systems"
        return system_class(name).title if name in self.systems else name.replace("_", " ")

    def units_of(self, name: str) -> Block:
        """What a data set calls its sites and rows, where it says so."""
        return self.sources.get(name, {}).get("units") or {}

    def grid_options(self, name: str) -> list[str]:
        """A system's grid as options spell it."""
        return [f"{key}={','.join(map(str, values))}" for key, values in self.grids[name].items()]

    def patterns_of(self, name: str) -> str:
        """What is sought in the decoded fields of a source."""
        return str(self.sources[name]["patterns"])

    # Models

    def models_of(self, source: str) -> list[str]:
        """POINT/MODEL of everything trained on a source."""
        return [
            f"{point}/{model}"
            for point in self.points[source]
            for model, settings in self.sources[source]["models"].items()
            if in_part(point, settings)
        ]

    def models_on(self, source: str) -> dict[str, Block]:
        """Settings of everything trained on a source, on what is cut from it or on the surrogate."""
        blocks = {**self.sources, **self.cut, SURROGATE: self.config["surrogate"]}
        return {**blocks[source]["models"], **self.replicas_of(source)}

    def trained_at(self, source: str, point: str) -> list[str]:
        """Models of a source at a point."""
        paths = (path.rpartition("/") for path in self.models_of(source))
        return [model for where, _, model in paths if where == point]

    def first_models(self, source: str) -> list[str]:
        """Those at the first point."""
        return self.trained_at(source, self.first[source])

    def most_trained(self, source: str) -> list[str]:
        """POINT/MODEL at the points where most models are trained: where they are compared."""
        counts = Counter(path.rpartition("/")[0] for path in self.models_of(source))
        most = max(counts.values())
        return [path for path in self.models_of(source) if counts[path.rpartition("/")[0]] == most]

    def training_of(self, system: str, name: str, **_: str) -> dict[str, Any]:
        """Settings of a model's architecture and training."""
        return options_in(self.models_on(system)[name])

    def stream_of(self, system: str, name: str, **_: str) -> str | None:
        """What random draws of a model are named by; None: its name."""
        return stream_in({**self.models_on(system), **self.baselines_of(system)}.get(name, {}))

    def replicas_of(self, source: str) -> dict[str, Block]:
        """Settings by name of the replicas that are trained to be compared alone."""
        block = self.sources.get(source, {}).get("replicated")
        return dict(replicated({REPLICATED: block})) if block else {}

    def replicated_at(self) -> list[str]:
        """SOURCE/POINT where there are any."""
        return [
            f"{source}/{point}"
            for source in self.running(self.sources)
            for point in self.points[source]
            if self.replicas_of(source) and in_part(point, self.sources[source]["replicated"])
        ]

    def repeated(self) -> list[str]:
        """Sources on which any model is trained more than once."""
        return [
            source
            for source in self.running(self.sources)
            if any(settings["replica"] > 1 for settings in self.sources[source]["models"].values())
        ]

    def streams_of(self, cut: str) -> list[str]:
        """What random draws of the models on groups or halves are named by."""
        return [stream_in(settings) or name for name, settings in self.cut[cut]["models"].items()]

    def in_theory(self, keys: str, dataset: str) -> Any:
        """A setting of a data set's theory, such as ``model`` or ``heat_capacity.chains``."""
        return reduce(getitem, keys.split("."), self.datasets[dataset]["theory"])

    # Other laws

    def baselines_of(self, source: str) -> dict[str, Block]:
        """Settings by name of the other laws fitted to a data set or to groups of its sites."""
        if source in self.groups:
            return {"pairwise": {"kind": "pairwise", "steps": self.cut[source]["pairwise_steps"]}}
        return dict(self.datasets[source]["baselines"]) if source in self.datasets else {}

    def fitting_of(self, system: str, name: str, **_: str) -> dict[str, Any]:
        """Settings of a fit of one of them."""
        return options_in(self.baselines_of(system)[name])

    def independent_of(self, dataset: str) -> str | None:
        """Which of them has independent sites; None where none has."""
        laws = self.baselines_of(dataset)
        return next((law for law in laws if laws[law]["kind"] == "independent"), None)

    def laws_on(self, dataset: str) -> list[str]:
        """VAEs and baselines of a data set at the first point: each is scored on the same rows."""
        return [*self.first_models(dataset), *self.baselines_of(dataset)]

    def generators(self, dataset: str, point: str) -> list[str]:
        """Everything fitted to a data set at a point, of which rows are compared with its own."""
        of_theory = ["hamiltonian"] if dataset in self.with_theory else []
        fitted = [*self.baselines_of(dataset), *self.datasets[dataset]["draws"]]
        return [*fitted, *self.trained_at(dataset, point), *of_theory]

    def with_population(self, names: Iterable[str]) -> list[str]:
        """Data sets of whose words statistics are made."""
        return [name for name in names if self.datasets[name]["population"]]

    # Verdicts

    def judged_on(self, dataset: str) -> list[str]:
        """Models of a data set on which there is a verdict.

        They are those named, or all of free fields that were trained exactly, or else the first. Of
        replicas the first is judged.
        """
        block = self.datasets[dataset].get("verdict")
        if block is None:
            return []
        settings = self.models_on(dataset)
        own = {name: settings[name] for name in self.first_models(dataset)}
        own = {name: model for name, model in own.items() if model.get("replica", 1) == 1}
        if block.get("models"):
            return [name for name in block["models"] if name in own]
        free = [
            name
            for name, model in own.items()
            if model.get("objective") == "exact" and not model.get("field_rank")
        ]
        return free or list(own)[:1]

    def largest_judged(self, dataset: str) -> str:
        """The model with the most latents among them."""
        models = self.models_on(dataset)
        return max(self.judged_on(dataset), key=lambda name: models[name]["latent_dim"])

    def in_atlas(self) -> list[str]:
        """Data sets that run, on whose models there is a verdict, with a law of independent sites."""
        running = self.running(self.datasets)
        return [name for name in running if self.judged_on(name) and self.independent_of(name)]

    # What tables and figures are told

    def models_by_dataset(self, name: str = "all") -> str:
        """JSON: data set → model → what it is, since names of models tell nothing."""
        found = {}
        for each in [*self.sources, *self.cut, SURROGATE] if name == "all" else [name]:
            found[each] = {
                model: {key: value for key, value in settings.items() if key in SHOWN_OF_MODELS}
                for model, settings in self.models_on(each).items()
            }
            if each in self.datasets:
                found[each] |= self._others_of(each)
        return json.dumps(found)

    def _others_of(self, dataset: str) -> dict[str, dict[str, Any]]:
        """What else has rows or scores on a data set."""
        others: dict[str, dict[str, Any]] = {
            kind: {"model_kind": kind} for kind in ("data", "hamiltonian")
        }
        for law in self.datasets[dataset]["draws"]:
            others[law] = {"model_kind": "draws", "variant": law}
        for law, settings in self.baselines_of(dataset).items():
            sizes = [settings[key] for key in ("components", "hidden", "patterns") if key in settings]
            others[law] = {"model_kind": settings["kind"], "size": sizes[0] if sizes else None}
        return others
