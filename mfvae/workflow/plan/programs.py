"""What a rule with a script is: a digest of the script's code, its settings and its command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mfvae.figures import FIGURES
from mfvae.sites import SITE_FAMILIES
from mfvae.systems import SYSTEMS
from mfvae.workflow.command_line import command_line, options_of
from mfvae.workflow.files.source_digest import INDEX, digest_of, modules_of
from mfvae.workflow.plan.plan import Plan
from mfvae.workflow.plan.wildcards import of_job


@dataclass(frozen=True)
class Programs:
    """Scripts as the params of rules.

    Parameters
    ----------
    folder : Path
        Of the workflow, where the scripts are read.
    called : Path
        The same as commands call it.
    plan : Plan
        Of the run.
    """

    folder: Path
    called: Path
    plan: Plan

    def __call__(self, script: str, **settings: Any) -> dict[str, Any]:
        """Params of a rule: of a change in any of them Snakemake runs the job again.

        The options are the settings, outputs, inputs and wildcards of the rule that the script has by
        their names, the seed, and the name of the random stream of a model.
        """
        path = self.folder / "scripts" / script
        known = options_of(path)
        if "seed" in known:
            settings["seed"] = self.plan.config["seed"]
        if "stream" in known:
            settings["stream"] = of_job(self.plan.stream_of)
        command = command_line(self.called / "scripts" / script, settings)
        return {"code": self.code_of(path, settings.get("system")), **settings, "command": command}

    def code_of(self, path: Path, system: str | None = None) -> str | Callable[[Any], str]:
        """Digest of a script and of the library's code that a job of it uses.

        A change of it reruns the job, a touch or a comment does not; and Snakemake looks at the size of
        every input of every waiting job each time that it selects jobs, which with thirty modules took
        longer than the jobs. Of systems, site families and figures, which scripts find by name, the
        job's own count; its data set is ``system`` where the rule has but one.
        """
        imported = {
            str(file.parent.relative_to(self.folder)) for file in modules_of(path) if file.name == INDEX
        }
        if not imported:
            return digest_of(path, path)

        def digest(wildcards: Any) -> str:
            data = str(system or getattr(wildcards, "system", "all"))
            sources: dict[str, Path | str] = {}
            if "mfvae/systems" in imported:
                sources |= {name: SYSTEMS.source_of(name) for name in self._systems_of(data)}
            if "mfvae/sites" in imported:
                sources |= {name: SITE_FAMILIES.source_of(name) for name in self._families_of(data)}
            if "mfvae/figures" in imported:
                sources[wildcards.kind] = FIGURES.source_of(wildcards.kind)
            return digest_of(path, path, *sources.values())

        return digest

    def _systems_of(self, data: str) -> list[str]:
        """Systems that a job on these data uses: its own, none where they have none, all on all."""
        if data in self.plan.systems:
            return [data]
        return [] if data in self.plan.families else list(self.plan.systems)

    def _families_of(self, data: str) -> list[str]:
        """Site families that a job on these data uses."""
        families = self.plan.families
        return [families[data]] if data in families else sorted({*families.values()})
