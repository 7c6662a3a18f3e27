"""Wells of the latent spaces of replicas on clusters, from a spectrum without coordinates.

At the first latent dimension the states of one replica are tabulated beside a t-SNE of its points.
"""

from pathlib import Path
from typing import Annotated

import pandas as pd

from mfvae.latent.spectrum import fisher_chart, latent_spectrum
from mfvae.random import generator, integer_seed
from mfvae.sites.gaussian import Gaussian
from mfvae.studies.wells_of_replicas import (
    STATES,
    Clustered,
    table_of_levels,
    table_of_states,
    wells_found,
)
from mfvae.workflow.cli import AtLeast, MetricsOutput, Output, Seed, System, run
from mfvae.workflow.files.atomic import read_arrays, write_csv
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.points import whole_number_at

SHOWN = [
    "k",
    "d",
    "quantity",
    "replica",
    "index",
    "value",
    "cluster",
    "psi_1",
    "psi_2",
    "tsne_1",
    "tsne_2",
]


def main(
    replicas: Annotated[Path, ".npz file of studies/replicas.py"],
    system: System,
    point: Annotated[str, "k~NUMBER of clusters"],
    latent_dims: Annotated[list[int], AtLeast(1), "numbers of latents"],
    seed: Seed,
    table: Annotated[Output, "CSV of what was measured"],
    spectra: Annotated[Output, "CSV of energies and of states"],
    output: MetricsOutput,
) -> None:
    arrays, k = read_arrays(replicas), whole_number_at(point, "k")
    tables, shown, metrics = [], [], []
    for d in latent_dims:
        numbers = range(1, 1 + sum(name.startswith(f"sheet/d~{d}/") for name in arrays))
        sheets = [fisher_chart(Gaussian(), arrays[f"sheet/d~{d}/replica~{r}"]) for r in numbers]
        found = Clustered(sheets, arrays["sheet_data"], arrays["sheet_label"])
        solved = [latent_spectrum(sheet, STATES) for sheet in sheets]
        name = f"wells/{system}/{point}/d~{d}"
        measured = wells_found(found, solved, generator(seed, name))
        tables.append(measured.assign(k=k, d=d))
        metrics += Scope(system, f"{point}/d~{d}").beside_nulls(measured)
        shown.append(table_of_levels(solved).assign(k=k, d=d))
        if d == latent_dims[0]:
            states = table_of_states(solved[0], sheets[0], found.label, integer_seed(seed, name))
            shown.append(states.assign(k=k, d=d))
    write_csv(table, pd.concat(tables)[["k", "d", "quantity", "value", "stderr", "null"]])
    write_csv(spectra, pd.concat(shown)[SHOWN])
    write_metrics(output, metrics)


if __name__ == "__main__":
    run(main)
