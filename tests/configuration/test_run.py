"""A part of the workflow alone: which jobs are planned."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.checkout import Checkout, planned_rules

pytestmark = pytest.mark.workflow
OF_RECORDING = {"fetch_file", "read_file"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, recording_file: Path) -> Checkout:
    return Checkout.make(tmp_path_factory.mktemp("checkout"), recording_file)


def plan(checkout: Checkout, run: str, *target: str) -> tuple[dict[str, int], str]:
    """Jobs by rule, and all that a dry run says of them."""
    overlay = checkout.overlay(f"run: [{run}]")
    done = checkout.snakemake(overlay, "--dry-run", "--quiet", "host", "--", *target)
    assert done.returncode == 0, done.stdout
    return planned_rules(done.stdout), done.stdout


@pytest.mark.parametrize("target", ["all", "reproduce", "report"])
def test_one_system_alone(checkout, target):
    if target != "all":  # what the preset is compared with
        (checkout.folder / "config" / "expected" / "tiny.csv").write_text("")
    planned, said = plan(checkout, "hopfield", target)
    assert {"draw_samples": 1, "train_vae": 4, "tabulate_capacity": 1}.items() <= planned.items()
    assert planned["draw_figure"] == 3
    assert not OF_RECORDING & set(planned)
    for other in ("curie_weiss", "maier_saupe", "ising_2d", "retina", "surrogate", "clusters"):
        assert f"/{other}" not in said


def test_the_recording_alone(checkout):
    planned, said = plan(checkout, "retina")
    assert planned.keys() >= {*OF_RECORDING, "tabulate_models", "find_attractors"}
    assert not {"draw_samples", "tabulate_objectives", "cut_group", "cut_half"} & set(planned)
    assert "retina/group_comparison" not in said


def test_parts_alone(checkout):
    planned, _ = plan(checkout, "scaling, recovery")
    jobs = {"measure_information", "measure_recovery", "draw_figure", "collect_metrics", "all", "total"}
    assert set(planned) == jobs
    planned, _ = plan(checkout, "groups")
    assert planned.keys() >= {*OF_RECORDING, "tabulate_groups", "draw_figure"}
    assert "tabulate_models" not in planned
