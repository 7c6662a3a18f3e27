"""Chains of all systems and of a recording, made once and left as they are."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import numpy as np
import pytest
from scipy.io import savemat

from mfvae.data.sources import sha256_of
from tests.scripts.calls import as_process
from tests.scripts.chain import AS_REPEATS, N_GENERATED, N_TEST, Chain, Inputs

BASELINES = {
    "independent": ["--kind", "independent"],
    "population_count": ["--kind", "population_count"],
    "pairwise": ["--kind", "pairwise", "--steps", 100],
    "chow_liu": ["--kind", "chow_liu"],
    "quadratic_k2": ["--kind", "quadratic_hopfield", "--patterns", 2],
    "mixture_c2": ["--kind", "mixture", "--components", 2],
    "rbm_h2": ["--kind", "rbm", "--hidden", 2],
}
SYSTEMS = ["curie_weiss", "hopfield", "maier_saupe", "ising_2d"]


@pytest.fixture(scope="session")
def curie_weiss(tmp_path_factory) -> Chain:
    """The one whose every script is a process."""
    folder = tmp_path_factory.mktemp("curie_weiss")
    point, begun = "N~16/beta~1.2", ("--start", "data", "--start-steps", 30)
    return Chain(folder, "curie_weiss", point, 1, "binary", as_process, begun).run()


@pytest.fixture(scope="session")
def hopfield(tmp_path_factory) -> Chain:
    folder = tmp_path_factory.mktemp("hopfield")
    point, begun = "N~20/p~2/beta~1.5", ("--start", "data", "--start-steps", 100)
    return Chain(folder, "hopfield", point, 2, "binary", training=begun).run()


@pytest.fixture(scope="session")
def maier_saupe(tmp_path_factory) -> Chain:
    """Of directors; its five latents are too many for quadrature."""
    folder = tmp_path_factory.mktemp("maier_saupe")
    point, fast = "N~8/beta~6.5", ("--learning-rate", 0.05)
    return Chain(folder, "maier_saupe", point, 5, "orthonormal", training=fast).run()


@pytest.fixture(scope="session")
def ising_2d(tmp_path_factory) -> Chain:
    """Not mean-field: nothing is decoded."""
    return Chain(tmp_path_factory.mktemp("ising_2d"), "ising_2d", "L~4/T~2.5", 2).run()


@pytest.fixture(params=SYSTEMS)
def chain(request) -> Chain:
    """Each in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=SYSTEMS[:3])
def mean_field(request) -> Chain:
    """Each mean-field system in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def recording(tmp_path_factory) -> Chain:
    """Twelve repeats of six neurons in 40 bins, correlated by a common input."""
    chain = Chain(tmp_path_factory.mktemp("recording"), "retina", "repeats~12", 2, "real")
    rng = np.random.default_rng(1)
    common = rng.random((12, 1, 40)) < 0.2
    spikes = (rng.random((12, 6, 40)) < np.where(common, 0.8, 0.05)).astype(np.uint8)
    savemat(chain.path("original.mat"), {"bint": spikes})
    chain.done(
        "data/fetch", "--system", "retina", "--file", chain.path("original.mat"),
        "--sha256", sha256_of(chain.path("original.mat")), "--output", chain.path("recording.mat"),
    )  # fmt: skip
    chain.done(
        "data/prepare", "--files", chain.path("recording.mat"), *chain.about, *AS_REPEATS,
        "--output", chain.path("samples.parquet"),
    )  # fmt: skip
    chain.done(
        "measure/information", *chain.about, "--samples", chain.path("samples.parquet"),
        "--output", chain.path("information.json"),
    )  # fmt: skip
    chain.train()
    chain.decode()
    chain.done(
        "measure/latents", *chain.about, *chain.data, "--plane", chain.path("plane.csv"),
        "--output", chain.path("raster.csv"),
    )  # fmt: skip
    chain.done(
        "measure/words", *chain.about, *chain.model, "--n-words", N_GENERATED,
        "--output", chain.path("words/elbo.parquet"),
    )  # fmt: skip
    chain.population("data", "samples.parquet")
    chain.theory()
    chain.population("elbo", "words/elbo.parquet")
    for name, settings in BASELINES.items():
        chain.baseline(name, *settings)
    chain.done(
        "compare/population", "--system", chain.system, "--point", chain.point,
        "--data", chain.path("population/data.csv"), "--models",
        *(chain.path(f"population/{name}.csv") for name in ("elbo", *BASELINES)),
        "--output", chain.path("statistics.json"),
    )  # fmt: skip
    chain.done(
        "measure/capacity", *chain.about, *chain.data, "--n-test", N_TEST,
        "--information", chain.path("information.json"), "--output", chain.path("capacity.json"),
        "--repeats", chain.path("repeats.csv"),
    )  # fmt: skip
    chain.done(
        "tables/models", "--system", chain.system, "--point", chain.point,
        "--models", "elbo", *BASELINES, "--costs", chain.path("models/elbo.cost.tsv"),
        *(chain.path(f"baselines/{name}.cost.tsv") for name in BASELINES),
        "--records", chain.path("models/elbo.json"), "--metrics", chain.path("capacity.json"),
        *(chain.path(f"baselines/{name}.json") for name in BASELINES), chain.path("statistics.json"),
        "--repeats", chain.path("repeats.csv"),
        *(chain.path(f"baselines/{name}.repeats.csv") for name in BASELINES),
        "--independent", "independent", "--differences", chain.path("differences.csv"),
        "--population", chain.path("population/data.csv"),
        "--comparison", chain.path("comparison.csv"), "--dimension", chain.path("dimension.csv"),
        "--price", chain.path("price.csv"), "--supported", chain.path("supported.json"),
        "--markdown", chain.path("table_of_models.md"),
        "--output", chain.path("table_of_models.csv"),
    )  # fmt: skip
    return chain


@pytest.fixture
def copy_of(tmp_path, hopfield, ising_2d) -> Callable[[Chain], Inputs]:
    """Copies of a chain's files beside those of another system."""

    def copied(chain: Chain) -> Inputs:
        other = ising_2d if chain is hopfield else hopfield
        shutil.copytree(chain.folder, tmp_path / "files")
        return Inputs(tmp_path / "files", other.folder, chain)

    return copied


@pytest.fixture
def inputs(copy_of, curie_weiss) -> Inputs:
    return copy_of(curie_weiss)
