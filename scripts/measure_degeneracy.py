"""How replicas on clusters agree, and which of their readings finds the clusters.

At the first latent dimension the spectrum of one replica is tabulated beside a t-SNE of its latents, and
variants of the box are compared.
"""

from argparse import ArgumentParser
from dataclasses import replace

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
from mfvae.workflow.cli import add_config_arguments, at_least, config_from, run
from mfvae.workflow.files.atomic import read_arrays, write_csv
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.points import parse

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


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--replicas", required=True, help=".npz file of train_replicas.py")
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--point", required=True, help="k~NUMBER of clusters")
    parser.add_argument(
        "--latent-dims",
        type=int,
        action=at_least(1),
        nargs="+",
        required=True,
        help="numbers of latents",
    )
    parser.add_argument(
        "--half-waves-per-cluster",
        type=float,
        required=True,
        help="of the potential; two have one minimum",
    )
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--table", required=True, help="CSV of what was measured")
    parser.add_argument("--spectra", required=True, help="CSV, one row per point")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    add_config_arguments(parser, BoxConfig)
    arguments = parser.parse_args()
    arrays, clusters = read_arrays(arguments.replicas), int(parse(arguments.point)["k"])
    half_waves = arguments.half_waves_per_cluster * clusters
    shown = replace(config_from(arguments, BoxConfig), half_waves=half_waves)
    data, label = arrays["data"], arrays["label"]
    tables, metrics = [], []
    for d in arguments.latent_dims:
        replicas, point = replicas_of(arrays, d), f"{arguments.point}/d~{d}"
        name = f"degeneracy/{arguments.system}/{point}"
        rng = generator(arguments.seed, name)
        seeds = [integer_seed(arguments.seed, f"{name}/replica~{r + 1}") for r in range(len(replicas))]
        first = d == arguments.latent_dims[0]
        boxes = {"shown": shown} | (variants(shown, clusters) if first else {})
        for box, config in boxes.items():
            untrained, trained = spectra_of(replicas, config, seeds)
            table = pd.concat(
                [
                    agreement(replicas, untrained, trained, rng),
                    found_clusters(data, label, replicas, untrained, trained, rng),
                    state_of_spectra(replicas, trained, config),
                ]
            )
            if box != "shown":
                table = table[table["quantity"].isin(OF_VARIANTS)]
            elif first:
                spectra = table_of_spectra(replicas[0], trained[0], label, clusters, seeds[0])
                write_csv(arguments.spectra, spectra)
            tables.append(table.assign(k=clusters, d=d, box=box))
            scope = Scope(arguments.system, point, None if box == "shown" else box)
            metrics += scope.beside_nulls(table)
    columns = ["k", "d", "box", "quantity", "value", "stderr", "null"]
    write_csv(arguments.table, pd.concat(tables)[columns])
    write_metrics(arguments.output, metrics)


run(main)
