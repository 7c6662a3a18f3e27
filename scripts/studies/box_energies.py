"""How replicas on clusters agree, and which of their readings finds the clusters.

At the first latent dimension the spectrum of one replica is tabulated beside a t-SNE of its latents, and
variants of the box are compared.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd

from mfvae.random import generator, integer_seed
from mfvae.studies.box_energies.clusters import embedding
from mfvae.studies.box_energies.degeneracy import (
    Replica,
    agreement,
    found_clusters,
    spectra_of,
    state_of_spectra,
)
from mfvae.studies.box_energies.wavefunction import BoxConfig, Spectrum
from mfvae.workflow.cli import AtLeast, MetricsOutput, Output, Seed, System, run
from mfvae.workflow.files.atomic import read_arrays, write_csv
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.points import whole_number_at

OF_VARIANTS = {  # what is told of them
    *("energy", "spectrum", "rand_energy", "mean_energy", "energy_spread"),
    *("lowest_energy", "saturated", "alpha", "half_waves"),
}


def replicas_of(arrays, d: int) -> list[Replica]:
    """Those of a latent dimension, by number."""
    numbers = range(1, 1 + sum(name.startswith(f"latent/d~{d}/") for name in arrays))
    return [
        Replica(*(arrays[f"{part}/d~{d}/replica~{number}"] for part in Replica._fields))
        for number in numbers
    ]


def variants(config: BoxConfig, clusters: int) -> dict[str, BoxConfig]:
    """By name: each differs from ``config`` in one setting."""
    return {
        "alpha_tenth": replace(config, alpha=config.alpha / 10),
        "alpha_tenfold": replace(config, alpha=config.alpha * 10),
        "half_waves_as_clusters": replace(config, half_waves=float(clusters)),
        "floor_tenth": replace(config, floor=config.floor / 10),
        "floor_tenfold": replace(config, floor=config.floor * 10),
        "learned": replace(config, learned=True),
    }


def table_of_spectra(
    replica: Replica, spectrum: Spectrum, label: np.ndarray, clusters: int, seed: int
) -> pd.DataFrame:
    """ψ of every latent, and the total energy, beside a t-SNE of the latents."""
    plane, d = embedding(replica.latent, seed), replica.latent.shape[1]
    same = {"k": clusters, "d": d, "cluster": label, "energy": spectrum.total[:, 0]}
    same |= {"tsne_1": plane[:, 0], "tsne_2": plane[:, 1]}
    return pd.DataFrame(same | {f"psi_{j + 1}": spectrum.psi[:, j] for j in range(d)})


def main(
    replicas: Annotated[Path, ".npz file of studies/replicas.py"],
    system: System,
    point: Annotated[str, "k~NUMBER of clusters"],
    latent_dims: Annotated[list[int], AtLeast(1), "numbers of latents"],
    half_waves_per_cluster: Annotated[float, "of the potential; two have one minimum"],
    seed: Seed,
    table: Annotated[Output, "CSV of what was measured"],
    spectra: Annotated[Output, "CSV, one row per point"],
    output: MetricsOutput,
    box: BoxConfig,
) -> None:
    arrays, clusters = read_arrays(replicas), whole_number_at(point, "k")
    half_waves = half_waves_per_cluster * clusters
    shown = replace(box, half_waves=half_waves)
    data, label = arrays["data"], arrays["label"]
    tables, metrics = [], []
    for d in latent_dims:
        trained_replicas, at = replicas_of(arrays, d), f"{point}/d~{d}"
        name = f"degeneracy/{system}/{at}"
        rng = generator(seed, name)
        seeds = [integer_seed(seed, f"{name}/replica~{r + 1}") for r in range(len(trained_replicas))]
        first = d == latent_dims[0]
        boxes = {"shown": shown} | (variants(shown, clusters) if first else {})
        for variant, config in boxes.items():
            untrained, trained = spectra_of(trained_replicas, config, seeds)
            measured = pd.concat(
                [
                    agreement(trained_replicas, untrained, trained, rng),
                    found_clusters(data, label, trained_replicas, untrained, trained, rng),
                    state_of_spectra(trained_replicas, trained, config),
                ]
            )
            if variant != "shown":
                measured = measured[measured["quantity"].isin(OF_VARIANTS)]
            elif first:
                of_points = table_of_spectra(trained_replicas[0], trained[0], label, clusters, seeds[0])
                write_csv(spectra, of_points)
            tables.append(measured.assign(k=clusters, d=d, box=variant))
            scope = Scope(system, at, None if variant == "shown" else variant)
            metrics += scope.beside_nulls(measured)
    columns = ["k", "d", "box", "quantity", "value", "stderr", "null"]
    write_csv(table, pd.concat(tables)[columns])
    write_metrics(output, metrics)


if __name__ == "__main__":
    run(main)
