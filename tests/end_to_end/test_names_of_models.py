"""Names of models mean nothing: with others, all tables and figures are the same but for the names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from mfvae.figures.models import as_series
from mfvae.figures.table import parameter_names
from mfvae.workflow.files.atomic import read_csv
from tests.helpers.checkout import Checkout

pytestmark = pytest.mark.workflow
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def renamed(models: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Models under other names, whose random draws are still named by the old ones."""
    found = {}
    for name, settings in models.items():
        names[name] = names.get(name) or f"m_{LETTERS[len(names)]}"
        found[names[name]] = {"stream": name, **settings}
    return found


def rename_all(folder: Path) -> dict[str, str]:
    """Rename the models of a checkout's configuration in place; old name → new name."""
    names: dict[str, str] = {}
    for file in ("config/config.yaml", "tiny.yaml"):
        path = folder / file
        config = yaml.safe_load(path.read_text())
        recording = config["datasets"]["retina"]
        blocks = [*config["systems"].values(), recording, *recording["studies"].values()]
        for block in [*blocks, config["surrogate"]]:
            block["models"] = renamed(block["models"], names)
        recording["baselines"] = renamed(recording["baselines"], names)
        if shown := recording.get("population", {}).get("shown"):
            recording["population"]["shown"] = [names.get(name, name) for name in shown]
        if model := recording.get("theory", {}).get("model"):
            recording["theory"]["model"] = names[model]
        path.write_text(yaml.safe_dump(config, sort_keys=False))
    return names


@pytest.fixture(scope="module")
def pair(
    finished: Checkout, tmp_path_factory: pytest.TempPathFactory, recording_file: Path
) -> tuple[Checkout, Checkout, dict[str, str]]:
    other = Checkout.make(tmp_path_factory.mktemp("renamed"), recording_file)
    names = rename_all(other.folder)
    run = other.snakemake("--cores", "2")
    assert run.returncode == 0, run.stdout
    return finished, other, names


def test_metrics_are_the_same(pair: tuple[Checkout, Checkout, dict[str, str]]) -> None:
    finished, other, names = pair
    one, two = (read_csv(run.results / "metrics.csv", ("model", "value")) for run in (finished, other))
    one["model"] = one["model"].map(lambda name: names.get(name, name))
    keys = [column for column in one if column not in ("value", "stderr", "reference")]
    one, two = (table.sort_values(keys, ignore_index=True) for table in (one, two))
    pd.testing.assert_frame_equal(one[keys], two[keys])
    for column in ("value", "stderr", "reference"):
        np.testing.assert_array_equal(one[column], two[column])


def test_figures_show_the_same_under_the_same_labels(
    pair: tuple[Checkout, Checkout, dict[str, str]],
) -> None:
    finished, other, names = pair
    tables = sorted(
        path.relative_to(finished.results) for path in finished.results.glob("figures/*/*.csv")
    )
    assert tables
    for path in tables:
        one, two = (read_csv(run.results / path) for run in (finished, other))
        assert list(one) == list(two), path
        if "text" in one:  # the atlas says which law is the best
            one["text"] = one["text"].map(lambda text: names.get(text, text))
        if "model" in one and one["model"].dtype == object:
            labels = [
                [series.label for series in as_series(table, parameter_names(table))[1].values()]
                for table in (one, two)
            ]
            assert labels[0] == labels[1], path
        others = [name for name in one if name != "model"]
        pd.testing.assert_frame_equal(
            one[others].sort_values(others, ignore_index=True),
            two[others].sort_values(others, ignore_index=True),
            obj=str(path),
        )
