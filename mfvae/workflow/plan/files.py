"""Files that jobs make and need, as patterns of paths below ``<results>``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mfvae.workflow.plan.plan import CLUSTERS, SURROGATE, Plan
from mfvae.workflow.settings.points import grid_points, spell

SCORED = ("capacity", "baselines")  # folders of scores of VAEs and of other laws
FINE_LATENT_DIM = 2  # beyond, a lattice finer than steep decoders has too many nodes


def trained(path: str) -> dict[str, str]:
    """The input that a model is, at SYSTEM/POINT/NAME: its weights, and the record beside them."""
    return {"model": f"<results>/models/{path}.pt", "record": f"<results>/models/{path}.json"}


def all_trained(paths: Iterable[str]) -> dict[str, list[str]]:
    """The same of several."""
    inputs = [trained(path) for path in paths]
    return {f"{part}s": [each[part] for each in inputs] for part in ("model", "record")}


@dataclass(frozen=True)
class Files:
    """Paths of what a plan asks for."""

    plan: Plan

    def per_point(self, pattern: str, *sources: str) -> list[str]:
        """Paths of a pattern with {system} and {point} for every point of the sources."""
        points = self.plan.points
        return [pattern.format(system=name, point=point) for name in sources for point in points[name]]

    def per_model(self, pattern: str, *sources: str) -> list[str]:
        """Paths of a pattern with {system}, {point} and {path} for everything trained on the sources."""
        return [
            path for name in sources for path in self.of_paths(pattern, name, self.plan.models_of(name))
        ]

    @staticmethod
    def of_paths(pattern: str, source: str, paths: Iterable[str]) -> list[str]:
        """The same for these POINT/MODEL of a source."""
        about = [(path.rpartition("/")[0], path) for path in paths]
        return [pattern.format(system=source, point=point, path=path) for point, path in about]

    def at_first(self, pattern: str, dataset: str, names: Iterable[str]) -> list[str]:
        """Paths of a pattern with {system}, {point} and {name} at the first point of a data set."""
        at = {"system": dataset, "point": self.plan.first[dataset]}
        return [pattern.format(**at, name=name) for name in names]

    def of_models(self, pattern: str, dataset: str) -> list[str]:
        """The same for all models at the first point."""
        return self.at_first(pattern, dataset, self.plan.first_models(dataset))

    def of_baselines(self, pattern: str, dataset: str) -> list[str]:
        """The same for all baselines."""
        return self.at_first(pattern, dataset, self.plan.baselines_of(dataset))

    def of_most_trained(self, pattern: str, system: str) -> list[str]:
        """Paths of a pattern for the models at the points where most are trained."""
        return self.of_paths(pattern, system, self.plan.most_trained(system))

    def of_shown_ledgers(self, pattern: str, system: str) -> list[str]:
        """Paths of a pattern for the models whose ledgers are shown."""
        return self.of_paths(pattern, system, self.shown_ledgers(system))

    def of_words(self, pattern: str, dataset: str) -> list[str]:
        """The path of a pattern at the first point, where statistics of words are made."""
        return self.per_point(pattern, *self.plan.with_population([dataset]))[:1]

    # What single rules need

    def whole_of(self, cut: str) -> str:
        """Samples of the data set that groups or halves are cut from."""
        whole = {**self.plan.groups, **self.plan.halves}[cut]
        return self.per_point("<results>/samples/{system}/{point}.parquet", whole)[0]

    def words_of(self, system: str, point: str, name: str) -> str:
        """Rows of the data themselves or of what is fitted to them."""
        if name == "data":
            return f"<results>/samples/{system}/{point}.parquet"
        return f"<results>/words/{system}/{point}/{name}.parquet"

    def decoded_of(self, system: str) -> list[str]:
        """Everything decoded from the models of a system."""
        suffixes = (".json", ".spectrum.csv", ".patterns.csv")
        return [
            f"<results>/decoded/{system}/{path}{suffix}"
            for path in self.plan.models_of(system)
            for suffix in suffixes
        ]

    def model_of_theory(self, system: str, point: str) -> dict[str, str]:
        """The model that a data set's theory is read from."""
        model = self.plan.in_theory("model", system)
        return trained(f"{system}/{point}/{model}")

    def replicas(self, system: str, point: str) -> dict[str, list[str]]:
        """Replicas of a model that are trained to be compared alone."""
        return all_trained(f"{system}/{point}/{name}" for name in self.plan.replicas_of(system))

    def in_group(self, system: str, point: str) -> dict[str, list[str]]:
        """Models trained on a group of sites."""
        return all_trained(f"{system}/{point}/{name}" for name in self.plan.cut[system]["models"])

    def in_halves(self, system: str) -> dict[str, list[str]]:
        """Models trained in either half."""
        return all_trained(f"{system}/{point}/{name}" for point, name in self.half_models(system))

    def half_models(self, system: str) -> list[tuple[str, str]]:
        """POINT, MODEL of every one of them."""
        models = self.plan.cut[system]["models"]
        return [(point, model) for point in self.plan.half_points for model in models]

    def groups_of(self, system: str, suffix: str) -> list[str]:
        """What was measured of every group that is cut from a data set."""
        points = self.plan.group_points(system)
        return [f"<results>/groups/{system}/{point}.{suffix}" for point in points]

    def population_tables(self, source: str, point: str, names: Iterable[str]) -> list[str]:
        """Statistics of a data set or of generators of that name."""
        return [f"<results>/population/{source}/{point}/{name}.csv" for name in names]

    def population_of_fitted(self, system: str, point: str) -> list[str]:
        """Statistics of everything fitted to a data set at a point."""
        return self.population_tables(system, point, self.plan.generators(system, point))

    def scored(self, dataset: str, suffix: str = ".repeats.csv") -> list[str]:
        """What was measured of each law that is scored on a data set."""
        models = self.of_models("<results>/capacity/{system}/{point}/{name}" + suffix, dataset)
        return models + self.of_baselines(
            "<results>/baselines/{system}/{point}/{name}" + suffix, dataset
        )

    def of_judged(self, pattern: str, *names: str) -> list[str]:
        """Paths of a pattern for the models of these data sets on which there is a verdict."""
        judged = self.plan.judged_on
        return [path for name in names for path in self.at_first(pattern, name, judged(name))]

    def verdicts(self, suffix: str, *names: str) -> list[str]:
        """Files of all verdicts on models of these data sets."""
        return self.of_judged("<results>/verdict/{system}/{point}/{name}" + suffix, *names)

    # Free energies, scaling, studies

    def settings_at(self, system: str, path: str) -> Any:
        """Settings of the model at POINT/MODEL of a system."""
        return self.plan.systems[system]["models"][path.rpartition("/")[2]]

    def with_ledger(self, system: str) -> list[str]:
        """POINT/MODEL of the models whose trainings recorded a ledger."""
        paths = self.plan.models_of(system)
        return [path for path in paths if self.settings_at(system, path).get("checkpoints", 0)]

    def free_energies(self, system: str) -> list[str]:
        """Ledgers on fine lattices: of those that recorded one, where lattices can be fine enough."""
        return [
            f"<results>/free_energy/{system}/{path}.json"
            for path in self.with_ledger(system)
            if self.settings_at(system, path)["latent_dim"] <= FINE_LATENT_DIM
        ]

    def shown_ledgers(self, system: str) -> list[str]:
        """POINT/MODEL of those at one point: of the points with the most ledgers the last but one."""
        paths = self.with_ledger(system)
        points = [path.rpartition("/")[0] for path in paths]
        counts = {point: points.count(point) for point in points}
        most = [point for point in counts if counts[point] == max(counts.values())]
        shown = most[max(0, len(most) - 2)]
        return [path for path, point in zip(paths, points, strict=True) if point == shown]

    def scaling_tables(self) -> list[str]:
        """The information at every size at which its growth is measured."""
        scaling = self.plan.scaling
        return [
            f"<results>/information/{name}/{point}.json" for name in scaling for point in scaling[name]
        ]

    def recovery(self, suffix: str) -> list[str]:
        """The study of recovery, where it runs."""
        recovery = self.plan.config["recovery"]
        if not self.plan.running(["recovery"]):
            return []
        points = grid_points({"N": [recovery["N"]], "beta": recovery["beta"]})
        return [f"<results>/recovery/{spell(point)}.{suffix}" for point in points]

    def degeneracy(self, suffix: str) -> list[str]:
        """The study of replicas on clusters, where it runs."""
        if not self.plan.running(["degeneracy"]):
            return []
        return [
            f"<results>/degeneracy/{CLUSTERS}/{point}.{suffix}" for point in self.plan.cluster_points
        ]

    # Metrics and tables

    def metrics_of_models(self, *sources: str) -> list[str]:
        """JSON metrics of everything trained on the sources."""
        plan = self.plan
        systems = [source for source in sources if source in plan.systems]
        in_files = [source for source in sources if source in plan.datasets]
        return [
            *self.per_model("<results>/capacity/{system}/{path}.json", *sources),
            *self.comparisons(*systems),
            *self.per_model("<results>/decoded/{system}/{path}.metrics.json", *in_files),
            *self.per_model("<results>/statistics/{system}/{path}.json", *systems),
            *self.per_point(
                "<results>/population/{system}/{point}.json", *plan.with_population(in_files)
            ),
        ]

    def comparisons(self, *systems: str) -> list[str]:
        """What was decoded beside the truth, of the systems that have a theory."""
        known = [name for name in systems if name in self.plan.mean_field]
        return [f"<results>/decoded/{name}/comparison.json" for name in known]

    def metrics_of_datasets(self) -> list[str]:
        """JSON metrics of what else is fitted to data sets, and of how many latents they support."""
        made = []
        for name in self.plan.running(self.plan.datasets):
            known = name in self.plan.with_theory
            for table in ("words", "heat_capacity", "attractors") if known else ():
                made += self.per_point(f"<results>/theory/{{system}}/{{point}}/{table}.json", name)
            for law in self.plan.baselines_of(name):
                made += self.per_point(f"<results>/baselines/{{system}}/{{point}}/{law}.json", name)
            made += [f"<results>/comparison/{name}.json", *self.verdicts(".json", name)]
        return made

    def metrics_of_parts(self) -> list[str]:
        """JSON metrics of groups, halves and the surrogate, where they run."""
        plan = self.plan
        groups = plan.running_parts("groups", plan.groups)
        halves = plan.running_parts("halves", plan.halves)
        return [
            *(path for name in groups for path in self.groups_of(name, "json")),
            *(f"<results>/groups/{name}.json" for name in groups),
            *(f"<results>/halves/{name}.json" for name in halves),
            *(f"<results>/{part}.json" for part in plan.running([SURROGATE])),
        ]

    def metrics_of_all(self) -> list[str]:
        """JSON metrics of everything that runs."""
        plan = self.plan
        sources, systems = plan.running(plan.sources), plan.running(plan.systems)
        known = {
            *self.per_point("<results>/information/{system}/{point}.json", *systems),
            *self.per_model("<results>/capacity/{system}/{path}.json", *systems),
        }
        return [
            *self.per_point("<results>/samples/{system}/{point}.json", *systems),
            *self.per_point("<results>/information/{system}/{point}.json", *sources),
            *(path for path in self.scaling_tables() if path not in known),
            *self.metrics_of_models(*sources),
            *self.metrics_of_datasets(),
            *(path for name in plan.running(plan.mean_field) for path in self.free_energies(name)),
            *self.recovery("json"),
            *self.degeneracy("json"),
            *self.degeneracy("wells.json"),
            *(f"<results>/degeneracy/{path}.json" for path in plan.replicated_at()),
            *self.metrics_of_parts(),
        ]

    def tables_of_all(self) -> list[str]:
        """Tables that join data sets, of those that run: where there are none, there is no table."""
        plan = self.plan
        rows = {
            "capacity": plan.running(plan.sources),
            "objectives": plan.running(plan.mean_field),
            "replicas": plan.repeated(),
            "atlas": plan.in_atlas(),
        }
        joined = [f"<results>/{table}.csv" for table, row in rows.items() if row]
        datasets = plan.running(plan.datasets)
        return joined + [f"<results>/comparison/{name}.csv" for name in datasets]

    def figures_of_all(self) -> list[str]:
        """Every figure that the configuration lists."""
        kinds = {name: block["figures"] for name, block in self.plan.sources.items()}
        kinds["all"] = self.plan.config["figures"]
        return [f"<results>/figures/{name}/{kind}.pdf" for name in kinds for kind in kinds[name]]
