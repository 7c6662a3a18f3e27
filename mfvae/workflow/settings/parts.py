"""What a configuration runs: data sets by name, and the parts beside them."""

from __future__ import annotations

from collections.abc import Collection

from mfvae.errors import InputError
from mfvae.workflow.settings.blocks import Configuration
from mfvae.workflow.settings.dataset import DatasetSettings
from mfvae.workflow.settings.figures import part_of, sorts_missing

OF_DATASETS = ("groups", "halves")  # parts that are cut from data sets
JOINED = "figures"  # the part that measures nothing itself
PARTS = (*OF_DATASETS, "surrogate", "scaling", "recovery", "degeneracy", JOINED)


def names_of(settings: Configuration) -> list[str]:
    """Everything that can be run."""
    return [*settings.systems, *settings.datasets, *PARTS]


def what_runs(settings: Configuration) -> list[str]:
    """What of it is run; raises InputError for a name that is not known, or if nothing would be done."""
    known = names_of(settings)
    for field in ("run", "skip"):
        for name in getattr(settings, field) or ():
            if name not in known:
                raise InputError(field, name, f"one of {', '.join(known)} is needed")
    chosen = known if settings.run is None else settings.run
    running = [name for name in known if name in chosen and name not in settings.skip]
    if running in ([], [JOINED]):
        raise InputError("run", running, "something that these figures are drawn of is needed")
    return running


def files_needed(settings: Configuration, running: Collection[str]) -> list[str]:
    """Data sets of which anything is made: themselves, or parts cut from them."""
    return [
        name
        for name, block in settings.datasets.items()
        if name in running
        or any(part in running and getattr(block.studies, part) for part in OF_DATASETS)
    ]


def figures_across(settings: Configuration, running: Collection[str]) -> list[str]:
    """Of the figures that join data sets, those that can be drawn of what runs."""
    return [kind for kind in settings.figures if _can_be_drawn(kind, settings, running)]


def _can_be_drawn(kind: str, settings: Configuration, running: Collection[str]) -> bool:
    part = part_of(kind)
    systems = settings.scaling if part == "scaling" else [s for s in settings.systems if s in running]
    if part not in running or sorts_missing(kind, systems):
        return False
    if kind == "bound":
        return bool(systems)
    if kind == "atlas":
        return any(name in running and is_in_atlas(block) for name, block in settings.datasets.items())
    return kind != "replicas" or any(name in running for name in compared(settings))


def is_in_atlas(block: DatasetSettings) -> bool:
    """Whether there is a verdict on a data set, and a law of independent sites beside it."""
    kinds = [law.kind for law in block.baselines.values()]
    return block.verdict is not None and "independent" in kinds


def compared(settings: Configuration) -> list[str]:
    """The data sets of which replicas of a model are compared."""
    blocks = {**settings.systems, **settings.datasets}
    return [name for name, b in blocks.items() if b.replicated is not None and b.replicated.replicas]
