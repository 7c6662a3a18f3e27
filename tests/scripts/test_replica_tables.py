"""tables/replicas.py: mean, spread and failures over trainings with other seeds."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from mfvae.workflow.metrics import write_metrics
from tests.helpers.metrics import metric_of
from tests.scripts.calls import in_here

# of four trainings one lies 0.5 nat above the others: free energy and coupling of each
TRAININGS = {
    "exact": (0.01, 1.0),
    "exact_r2": (0.51, 1.4),
    "exact_r3": (0.02, 1.1),
    "exact_r4": (0.03, 0.9),
}


def write(path, energy):
    """Metrics of those trainings, and one of a model that was trained once."""
    found = [
        metric_of(f"curie_weiss/N=4/{name}/{quantity}", value, "trained", 0.01)
        for name, values in TRAININGS.items()
        for quantity, value in zip((energy, "coupling_from_mean"), values, strict=True)
    ]
    write_metrics(path, [*found, metric_of(f"curie_weiss/N=4/once/{energy}", 0.0, "trained", 0.01)])


@pytest.mark.parametrize("energy", ["kl", "negative_log_likelihood"])
def test_trainings_of_a_model_are_told_apart_by_their_free_energy(energy, tmp_path):
    write(tmp_path / "metrics.json", energy)
    output = tmp_path / "replicas.csv"
    settings = {name: {"replica": k, "replica_of": "exact"} for k, name in enumerate(TRAININGS, 1)}
    settings["once"] = {"replica": 1, "replica_of": "once"}
    outputs = ["--models", json.dumps({"curie_weiss": settings})]
    outputs += ["--output", output, "--markdown", tmp_path / "replicas.md"]
    assert in_here("tables/replicas", "--metrics", tmp_path / "metrics.json", *outputs).status == 0
    table = pd.read_csv(output).set_index("quantity")
    assert list(table.index) == [energy, "coupling_from_mean"]
    assert set(table["model"]) == {"exact"}
    assert (table["replicas"] == 4).all()
    assert (table["failed"] == 1).all()
    row = table.loc["coupling_from_mean"]
    assert row["mean"] == pytest.approx(1.1)
    assert row["standard deviation"] == pytest.approx(((0.1**2 + 0.3**2 + 0.0 + 0.2**2) / 3) ** 0.5)
    assert (row["lowest"], row["highest"]) == (0.9, 1.4)
    assert "coupling_from_mean" in (tmp_path / "replicas.md").read_text()
