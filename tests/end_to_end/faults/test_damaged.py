"""Samples and models that are cut off or of which one bit is another: never used, named, made anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.checkout import Checkout
from tests.helpers.faults import (
    LAW,
    MODEL,
    POINT,
    SAMPLES,
    assert_failed,
    assert_finished_like,
)

pytestmark = pytest.mark.workflow


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [truncate, flip])
@pytest.mark.parametrize(("file", "target"), [(SAMPLES, MODEL), (MODEL, LAW)])
def test_a_damaged_file_is_named_and_not_used(
    undisturbed: Checkout, done: Checkout, file: str, target: str, damage: Callable[[Path], None]
) -> None:
    damage(done.folder / file)
    run = done.snakemake("--cores", "1", "--", target)
    assert run.returncode != 0
    assert_failed(run.stdout, f"error: file = {file!r}: ", "whole")
    assert not (done.folder / target).exists()
    (done.folder / file).unlink()
    assert_finished_like(done, undisturbed, target)


def test_a_model_without_its_record_is_named(undisturbed: Checkout, done: Checkout) -> None:
    """Snakemake makes both anew when one is missing: it takes a damaged record to get there."""
    record = f"results/models/{POINT}/elbo.json"
    (done.folder / record).write_text("{}")
    run = done.snakemake("--cores", "1", "--", LAW)
    assert run.returncode != 0
    assert_failed(run.stdout, f"error: file = {record!r}: the record of a model is needed")
    (done.folder / record).unlink()
    assert_finished_like(done, undisturbed, LAW)


def test_samples_of_another_system_are_refused(undisturbed: Checkout, checkout: Checkout) -> None:
    target = "results/models/hopfield/N~20/p~2/beta~1.2/elbo.pt"
    samples = checkout.results / "samples" / "hopfield" / "N~20" / "p~2" / "beta~1.2.parquet"
    assert checkout.snakemake("--", str(samples.relative_to(checkout.folder))).returncode == 0
    samples.write_bytes((undisturbed.folder / SAMPLES).read_bytes())
    run = checkout.snakemake("--", target)
    assert run.returncode != 0
    assert_failed(run.stdout, "samples of 'hopfield' are needed, it holds 'curie_weiss'")
    assert not list(checkout.results.rglob("*.pt"))
