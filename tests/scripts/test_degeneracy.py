"""Clusters drawn, replicas trained, both compared; and replicas of a model of spins."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mfvae.workflow.files.atomic import read_arrays
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import read_metrics
from tests.helpers.metrics import name_of
from tests.scripts.calls import assert_one_line, in_here, succeed
from tests.scripts.chain import NETWORK, SEED

ABOUT = ["--system", "clusters", "--point", "k~2"]
DIMS, REPLICAS, POINTS = (2, 3), 3, 300
HELD_OUT, POINT = POINTS // 10, "N~20/p~2/beta~1.2"


def words(**options) -> list:
    pairs = ((f"--{key.replace('_', '-')}", value) for key, value in options.items())
    return [
        word
        for key, value in pairs
        for word in (key, *(value if isinstance(value, tuple) else (value,)))
    ]


def training(folder, **changes) -> list:
    right = {
        "samples": folder / "samples.parquet", "system": "clusters", "latent_dims": DIMS,
        "widths": (4, 8), "replicas": REPLICAS, "epochs": 1, "batch_size": 90, "seed": SEED,
        "output": folder / "replicas.npz",
    }  # fmt: skip
    return words(**(right | changes))


def measuring(folder, **changes) -> list:
    right = {
        "replicas": folder / "replicas.npz", "system": "clusters", "point": "k~2", "latent_dims": DIMS,
        "half_waves_per_cluster": 2, "widths": 4, "updates": 2, "alpha": 0.1, "seed": SEED,
        "table": folder / "out.csv", "spectra": folder / "spectra.csv", "output": folder / "out.json",
    }  # fmt: skip
    return words(**(right | changes))


def counting(folder, **changes) -> list:
    right = {
        "replicas": folder / "replicas.npz", "system": "clusters", "point": "k~2", "latent_dims": DIMS,
        "seed": SEED, "table": folder / "wells.csv", "spectra": folder / "well_spectra.csv",
        "output": folder / "wells.json",
    }  # fmt: skip
    return words(**(right | changes))


@pytest.fixture(scope="module")
def spins(tmp_path_factory):
    """Samples of a Hopfield network."""
    path = tmp_path_factory.mktemp("spins") / "samples.parquet"
    about = words(system="hopfield", point=POINT, n_samples=POINTS, seed=SEED)
    succeed("data/draw", *about, *words(output=path, facts=path.with_suffix(".json")))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("degeneracy")
    succeed(
        "studies/clusters",
        *ABOUT,
        *words(n_samples=POINTS, seed=SEED, output=folder / "samples.parquet"),
    )
    succeed("studies/replicas", *training(folder))
    succeed("studies/box_energies", *measuring(folder))
    succeed("studies/wells", *counting(folder))
    return folder


def test_points_keep_their_clusters_and_the_last_tenth_is_held_out(folder):
    samples = read_samples(folder / "samples.parquet", "clusters", "k~2")
    assert samples.metadata.site_family == "gaussian"
    assert set(samples.columns["cluster"]) == {0, 1}
    arrays = read_arrays(folder / "replicas.npz")
    np.testing.assert_array_equal(arrays["data"], samples.split("test"))
    np.testing.assert_array_equal(arrays["label"], samples.columns["cluster"][-HELD_OUT:])
    for d in DIMS:
        latents = [arrays[f"latent/d~{d}/replica~{r}"] for r in range(1, REPLICAS + 1)]
        assert {latent.shape for latent in latents} == {(HELD_OUT, d)}
        assert len({latent.tobytes() for latent in latents}) == REPLICAS


def test_everything_has_the_same_bits_again(folder, tmp_path):
    succeed("studies/replicas", *training(folder, output=tmp_path / "again.npz"))
    assert (tmp_path / "again.npz").read_bytes() == (folder / "replicas.npz").read_bytes()
    outputs = {"table": "out.csv", "spectra": "spectra.csv", "output": "out.json"}
    succeed("studies/box_energies", *measuring(folder, **{k: tmp_path / v for k, v in outputs.items()}))
    for name in outputs.values():
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_metrics_are_the_rows_of_the_table_beside_their_nulls(folder):
    table = pd.read_csv(folder / "out.csv")
    metrics = {name_of(metric): metric for metric in read_metrics([folder / "out.json"])}
    assert len(metrics) == len(table)
    for row in table.itertuples():
        parts = [f"clusters/k=2/d={row.d}", *([row.box] if row.box != "shown" else []), row.quantity]
        metric = metrics["/".join(parts)]
        assert metric.value == row.value
        assert (metric.reference is None) == np.isnan(row.null)
    boxes = table.groupby("d")["box"].nunique()
    assert boxes[DIMS[0]] == 7
    assert boxes[DIMS[1]] == 1
    learned = table[table["box"] == "learned"]["quantity"]
    assert {"alpha", "half_waves"} <= set(learned)


def test_wells_are_counted_beside_their_nulls(folder):
    table = pd.read_csv(folder / "wells.csv")
    metrics = {name_of(metric): metric for metric in read_metrics([folder / "wells.json"])}
    assert len(metrics) == len(table)
    one_gaussian = table[table["quantity"] == "wells"]["null"]
    assert (one_gaussian == 1).all()
    for d in DIMS:
        assert metrics[f"clusters/k=2/d={d}/well_span"].reference < 0.9
    rows = pd.read_csv(folder / "well_spectra.csv")
    assert (rows["quantity"] == "energy").sum() == len(DIMS) * REPLICAS * 8
    assert (rows["quantity"] == "state").sum() == POINTS


def test_tables_are_figures(folder, tmp_path):
    drawn = {"degeneracy": "out.csv", "box_spectrum": "spectra.csv", "wells": "well_spectra.csv"}
    for kind, name in drawn.items():
        succeed("figures/draw", *words(kind=kind, inputs=folder / name, prefix=tmp_path / kind))
        assert (tmp_path / f"{kind}.png").read_bytes().startswith(b"\x89PNG")


def test_bad_input_is_one_line_and_leaves_nothing(folder, spins, tmp_path):
    new = {"output": tmp_path / "out"}
    result = in_here("studies/clusters", *ABOUT, *words(n_samples=99, informative=0, seed=1, **new))
    assert_one_line(result, "informative = 0", "vertices")
    assert_one_line(
        in_here("studies/replicas", *training(folder, replicas=2, **new)), "replicas = 2", "≥ 3"
    )
    wrong = {"samples": spins, "system": "hopfield", **new}
    assert_one_line(in_here("studies/replicas", *training(folder, **wrong)), "gaussian")
    new |= {"table": tmp_path / "table", "spectra": tmp_path / "spectra"}
    broken = tmp_path.parent / "broken.npz"
    broken.write_bytes((folder / "replicas.npz").read_bytes()[:5000])
    result = in_here("studies/box_energies", *measuring(folder, replicas=broken, **new))
    assert_one_line(result, "broken.npz", "whole .npz")
    assert_one_line(in_here("studies/box_energies", *measuring(folder, alpha=0, **new)), "alpha = 0.0")
    assert list(tmp_path.iterdir()) == []


# -- models of spins -------------------------------------------------------------------------------
def test_replicas_of_a_model_of_spins_are_compared(spins, tmp_path):
    names = ("replica", "replica_r2", "replica_r3")
    for name in names:
        succeed(
            "train/vae", *words(samples=spins, system="hopfield", name=name, seed=SEED, latent_dim=2),
            *NETWORK, *words(output=tmp_path / f"{name}.pt", cost=tmp_path / f"{name}.tsv"),
        )  # fmt: skip
    right = {
        "system": "hopfield", "point": POINT, "names": names, "samples": spins,
        "models": tuple(tmp_path / f"{name}.pt" for name in names), "patterns": "binary", "n_test": 50,
        "seed": SEED, "table": tmp_path / "out.csv", "output": tmp_path / "out.json",
    }  # fmt: skip
    succeed("compare/replicas", *words(**right))
    table = pd.read_csv(tmp_path / "out.csv").set_index("quantity")
    metrics = {name_of(metric): metric for metric in read_metrics([tmp_path / "out.json"])}
    prefix = f"hopfield/{POINT.replace('~', '=')}/replica/"
    assert set(metrics) == {prefix + name for name in table.index}
    assert metrics[prefix + "latent_raw"].reference == table.loc["latent_raw", "null"]
    assert table.loc["coupling_worst", "value"] <= table.loc["coupling", "value"]
    succeed("figures/draw", *words(kind="replicas", inputs=tmp_path / "out.csv", prefix=tmp_path / "f"))
    other = right | {
        "point": "N~8/p~2/beta~9.9",
        "table": tmp_path / "no",
        "output": tmp_path / "no.json",
    }
    assert_one_line(in_here("compare/replicas", *words(**other)), "beta~9.9")
