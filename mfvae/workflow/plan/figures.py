"""What figures are drawn from, of one data set and of several together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from mfvae.figures import FIGURES
from mfvae.systems import system_class
from mfvae.workflow.plan.files import Files
from mfvae.workflow.plan.plan import Plan
from mfvae.workflow.settings.figures import systems_that_are
from mfvae.workflow.settings.points import grid_points, spell

ONE_OF_DATASET = {  # what a figure may need, by name, where it is one file of a data set
    "curves": "<results>/statistics/{system}/curves.csv",
    "training": "<results>/statistics/{system}/training.csv",
    "comparison": "<results>/decoded/{system}/comparison.json",
    "spectra": "<results>/decoded/{system}/spectra.csv",
    "patterns": "<results>/decoded/{system}/patterns.csv",
    "overlaps": "<results>/decoded/{system}/overlaps.csv",
    "ledgers": "<results>/free_energy/{system}/training.csv",
    "exact_free_energy": "<results>/free_energy/{system}/exact.csv",
    "models": "<results>/statistics/{system}/comparison.csv",
    "dimension": "<results>/statistics/{system}/dimension.csv",
    "price": "<results>/statistics/{system}/price.csv",
    "groups": "<results>/groups/{system}_groups.csv",
    "surface": "<results>/theory/{system}/{first}/surface.csv",
    "heat_capacity": "<results>/theory/{system}/{first}/heat_capacity.csv",
}
ONE_A_POINT = {  # one file of every point
    "facts": "<results>/samples/{system}/{point}.json",
    "information": "<results>/information/{system}/{point}.json",
}
ONE_A_MODEL = {  # one of every model
    "statistics": "<results>/statistics/{system}/{path}.json",
    "capacity": "<results>/capacity/{system}/{path}.json",
}
OF_FIRST_MODEL = {  # one of the first model
    "latent_plane": "<results>/latents/{system}/{path}.plane.csv",
    "latent_raster": "<results>/latents/{system}/{path}.raster.csv",
    "stored_patterns": "<results>/decoded/{system}/{path}.patterns.csv",
}


@dataclass(frozen=True)
class FigureInputs:
    """Files and options of every figure of a plan; ``all`` is the data set of those that join some."""

    plan: Plan
    files: Files

    def of(self, system: str, kind: str) -> list[str]:
        """Everything that a figure is drawn from."""
        paths = []
        for need in FIGURES[kind].needs:
            if system != "all":
                paths += self._needs[need](system)
            elif need in self._joined_needs:
                paths += self._joined_needs[need]()
            else:
                paths += [path for name in self._joined_by(kind) for path in self._needs[need](name)]
        return paths

    def quantities(self, system: str, kind: str) -> list[str]:
        """Of the metrics and curves that are input, those that are shown; none: all."""
        figure = FIGURES[kind]
        shown_of = self.plan.running(self.plan.systems) if system == "all" else [system]
        shown = list(figure.quantities)
        if kind == "observables":
            shown += self.plan.systems[system]["observables"]
        if figure.transitions:
            shown += [name for each in shown_of for name in system_class(each).transitions]
        return list(dict.fromkeys(shown))

    def _joined_by(self, kind: str) -> list[str]:
        """The systems that a figure joins: the first of every sort that it needs, or all."""
        sorts, running = FIGURES[kind].joins, self.plan.running(self.plan.systems)
        return [systems_that_are(sort, running)[0] for sort in sorts] if sorts else running

    @cached_property
    def _needs(self) -> dict[str, Callable[[str], list[str]]]:
        """What a figure may need, by name: its paths for one data set."""
        files = self.files
        return {
            **{need: partial(self._of_dataset, pattern) for need, pattern in ONE_OF_DATASET.items()},
            **{need: partial(files.per_point, pattern) for need, pattern in ONE_A_POINT.items()},
            **{need: partial(files.per_model, pattern) for need, pattern in ONE_A_MODEL.items()},
            **{need: partial(self._of_first_model, pattern) for need, pattern in OF_FIRST_MODEL.items()},
            "laws": self._law_tables,
            "free_energies": files.free_energies,
            "population": self._population,
            "lacking": self._lacking,
        }

    @cached_property
    def _joined_needs(self) -> dict[str, Callable[[], list[str]]]:
        """The same of what joins data sets."""
        files, plan = self.files, self.plan
        return {
            "atlas": lambda: ["<results>/atlas.csv"],
            "scaling": files.scaling_tables,
            "recovery": lambda: files.recovery("csv"),
            "degeneracy": lambda: files.degeneracy("csv"),
            "box_spectra": lambda: files.degeneracy("spectra.csv"),
            "well_spectra": lambda: files.degeneracy("well_spectra.csv"),
            "replicas": lambda: [f"<results>/degeneracy/{path}.csv" for path in plan.replicated_at()],
        }

    def _of_dataset(self, pattern: str, dataset: str) -> list[str]:
        return [pattern.format(system=dataset, first=self.plan.first[dataset])]

    def _of_first_model(self, pattern: str, dataset: str) -> list[str]:
        return self.files.per_model(pattern, dataset)[:1]

    def _population(self, dataset: str) -> list[str]:
        shown = self.plan.datasets[dataset]["population"]["shown"]
        return self.files.population_tables(dataset, self.plan.first[dataset], ["data", *shown])

    def _lacking(self, dataset: str) -> list[str]:
        pattern, largest = (
            "<results>/verdict/{system}/{point}/{name}.lacking.csv",
            self.plan.largest_judged,
        )
        return self.files.at_first(pattern, dataset, [largest(dataset)])

    def _law_tables(self, system: str) -> list[str]:
        """Laws of the order parameter, each of the first model at its point.

        At the first value of every parameter, and at the lowest, the transition's and the highest
        temperature.
        """
        grid, kind = self.plan.grids[system], system_class(system)
        at = kind.temperature_name()
        values = sorted(grid[at])
        near = [known.value for known in kind.transitions.values() if known.parameter == at]
        middle = near[0] if near else values[len(values) // 2]
        shown = {values[0], min(values, key=lambda value: abs(value - middle)), values[-1]}
        first = {name: [values[0]] for name, values in grid.items()}
        points = [spell(point) for point in grid_points({**first, at: sorted(shown)})]
        trained = {point: self.plan.trained_at(system, point) for point in points}
        return [
            f"<results>/statistics/{system}/{point}/{models[0]}.law.csv"
            for point, models in trained.items()
            if models
        ]
