"""A decoder of the form b + ξ·φ(z) written down as a Hamiltonian, sampled, heated, its attractors."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
import torch

from mfvae.hamiltonian.tables import from_tables
from mfvae.latent.lattice import LatentLattice
from mfvae.workflow.files.atomic import read_json
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import read_metrics
from tests.helpers.metrics import name_of
from tests.helpers.statistics import FACTOR
from tests.scripts.calls import succeed
from tests.scripts.chain import NETWORK, SEED

R_HAT = 1.1


@pytest.fixture(scope="module")
def theory(recording):
    return from_tables(
        *(pd.read_csv(recording.path(f"theory/{name}.csv")) for name in ("sites", "nodes"))
    )


def test_the_hamiltonian_is_the_law_of_the_decoder(recording, theory):
    words = read_samples(recording.path("samples.parquet")).split("test")
    model = load_model(recording.path("models/hopfield_k2.pt"))
    exact = LatentLattice(model, 2).log_marginal(torch.from_numpy(model.family.statistic(words)))
    assert theory.log_prob(words) == pytest.approx(exact.numpy(), abs=1e-4)


def test_its_quadratic_part_is_a_coupling_matrix(recording, theory):
    table = pd.read_csv(recording.path("theory/coupling.csv"))
    coupling, field = theory.quadratic_coupling()
    assert table.filter(like="J_").to_numpy() == pytest.approx(coupling)
    assert table["h"].to_numpy() == pytest.approx(field)


def test_its_monte_carlo_agrees_with_exact_draws(recording):
    found = recording.metrics("theory/words")
    for name in ("energy", "spike_count"):
        difference = found[f"hamiltonian/{name}_minus_exact_draws"]
        assert abs(difference.value) < FACTOR * difference.stderr
        assert found[f"hamiltonian/r_hat_{name}"].value < R_HAT
    words = read_samples(recording.path("words/hamiltonian.parquet"), "retina", recording.point)
    assert words.configurations.shape == (1000, 6)
    assert Counter(words.columns["repeat"].tolist()) == dict.fromkeys(range(20), 50)


def test_heat_capacity_is_measured_at_every_temperature(recording):
    table = pd.read_csv(recording.path("theory/heat_capacity.csv"))
    assert table["temperature"].tolist() == [0.8, 1.0, 1.2]
    found = recording.metrics("theory/heat_capacity")
    assert found["hamiltonian/heat_capacity"].value == table["value"][1] > 0
    assert found["hamiltonian/heat_capacity_peak"].value == table["value"].max()
    peak = found["hamiltonian/heat_capacity_peak_temperature"]
    assert peak.value == table["temperature"][table["value"].argmax()]


def test_attractors_hold_all_words(recording, theory):
    table = pd.read_csv(recording.path("theory/surface.csv"))
    grid = table[table["quantity"] == "potential"]
    m = grid[["m_1", "m_2"]].to_numpy()
    assert grid["value"].to_numpy() == pytest.approx(6 * theory.potential(m))
    words = table.loc[table["quantity"] == "word", ["m_1", "m_2"]].to_numpy()
    assert len(words) == 200
    assert (words >= m.min(0)).all()
    assert (words <= m.max(0)).all()
    share = table.loc[table["quantity"] == "attractor", "value"]
    assert share.sum() == pytest.approx(1)
    found = recording.metrics("theory/attractors")
    assert found["hamiltonian/attractors"].value >= 1
    assert 0 < found["hamiltonian/largest_basin"].value <= 1
    assert np.isfinite(found["hamiltonian/largest_basin"].stderr)


def test_as_many_patterns_are_decoded_as_the_decoder_has(recording, tmp_path):
    """Whatever the number of latents: with fewer, rounding errors are no further direction."""
    about = [*recording.about, "--samples", recording.path("samples.parquet")]
    for k in (1, 3):
        name, out = f"hopfield_k{k}", tmp_path / f"k{k}"
        model = ["--name", name, "--model", tmp_path / f"{name}.pt"]
        succeed(
            "train/vae", "--samples", recording.path("samples.parquet"), "--system", "retina",
            *model[:2], "--seed", SEED, "--latent-dim", 2, "--field-rank", k, *NETWORK,
            "--start", "data", "--output", model[-1], "--cost", tmp_path / "cost",
        )  # fmt: skip
        succeed(
            "decode/decode", *about, *model, "--patterns", "real", "--n-test", 80, "--output",
            f"{out}.json", "--spectrum", f"{out}.csv", "--pattern-table", f"{out}.patterns.csv",
            "--metrics", f"{out}.m.json",
        )  # fmt: skip
        assert pd.read_csv(f"{out}.patterns.csv")["pattern"].max() == k
        assert np.abs(read_json(f"{out}.json")["coupling_from_mean"]).max() < 1e3
    found = {
        name_of(metric).rpartition("/")[2]: metric for metric in read_metrics([tmp_path / "k1.m.json"])
    }
    assert found["collective_variables"].value == 1
    assert found["singular_value_ratio_2"].value == 1  # both are no more than rounding errors


# -- bad input -------------------------------------------------------------------------------------
def test_what_is_no_theory_is_refused(copy_of, recording):
    inputs = copy_of(recording)
    free, plane = inputs.path("models/elbo.pt"), inputs.path("plane.csv")
    inputs.refused("theory/hamiltonian", "field_rank = 0", model=free)
    inputs.refused("theory/hamiltonian", "'hopfield'", model=inputs.other / "models/elbo.pt")
    for script in ("theory/monte_carlo", "theory/heat_capacity", "theory/attractors"):
        inputs.refused(script, "bias is needed", sites=plane)
        inputs.refused(script, inputs.path("absent"), nodes=inputs.path("absent"))
    inputs.refused("theory/monte_carlo", "chains = 1", chains=1)
    inputs.refused("theory/heat_capacity", "temperatures", "1 must be", temperatures=2)
    inputs.refused("theory/attractors", "'retina'", samples=inputs.other / "samples.parquet")
    one = pd.read_csv(inputs.path("theory/sites.csv")).drop(columns="xi_2")
    nodes = pd.read_csv(inputs.path("theory/nodes.csv")).drop(columns="phi_2")
    one.to_csv(inputs.path("one.csv"), index=False)
    nodes.to_csv(inputs.path("nodes.csv"), index=False)
    tables = {"sites": inputs.path("one.csv"), "nodes": inputs.path("nodes.csv")}
    inputs.refused("theory/attractors", "patterns = 1", **tables)
