"""Draw samples of a solvable system at one point, and compare them with what is exactly known there.

The last tenth of the samples is the test split.
"""

from typing import Annotated

from mfvae.data.holdout import split_samples
from mfvae.random import generator
from mfvae.workflow.cli import AtLeast, Output, Point, SamplesOutput, Seed, System, run
from mfvae.workflow.files.samples import SampleMetadata, write_samples
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.points import build_at


def main(
    system: System,
    point: Point,
    n_samples: Annotated[int, AtLeast(2), "configurations that are drawn"],
    seed: Seed,
    output: SamplesOutput,
    facts: Annotated[Output, "JSON list of metrics"],
) -> None:
    theory = build_at(system, point, seed)
    rng = generator(seed, f"samples/{system}/{point}")
    x = theory.sample(n_samples, rng)
    columns = {"split": split_samples(len(x))}
    metadata = SampleMetadata(system, point, theory.site_family.name, theory.n_sites, seed)
    write_samples(output, x, columns, metadata)

    scope = Scope(system, point)
    write_metrics(
        facts,
        [
            scope.metric("log_partition_per_site", theory.log_partition / theory.n_sites, "exact"),
            scope.metric("entropy", theory.entropy(), "exact"),
            *scope.compared("statistical", theory.observables(x), theory.exact_observables()),
        ],
    )


if __name__ == "__main__":
    run(main)
