"""data/draw.py: exact samples of spins and directors alike, and what is exactly known there."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mfvae.systems import build
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.settings.points import parse
from tests.helpers.statistics import assert_within_floor
from tests.scripts.calls import assert_one_line, in_here
from tests.scripts.chain import N_SAMPLES, SEED

SHAPES = {"curie_weiss": (16,), "hopfield": (20,), "maier_saupe": (8, 3), "ising_2d": (16,)}


def assert_has_entropy(system, x):
    """−log p(x) of exact samples averages to the entropy."""
    log_p = system.log_prob(x)
    assert_within_floor(-log_p.mean(), system.entropy(), log_p.std(ddof=1) / np.sqrt(len(x)))


def test_samples_say_what_they_are_and_the_last_tenth_is_held_out(chain):
    samples = read_samples(chain.path("samples.parquet"), chain.system, chain.point)
    assert samples.configurations.shape == (N_SAMPLES, *SHAPES[chain.system])
    assert samples.metadata.site_family == chain.truth.site_family.name
    assert samples.metadata.n_sites == chain.truth.n_sites
    assert samples.metadata.seed == SEED
    assert samples.columns["split"].tolist() == ["train"] * 540 + ["test"] * 60


def test_samples_are_exact(chain):
    samples = read_samples(chain.path("samples.parquet"))
    assert_has_entropy(chain.truth, samples.configurations)


def test_twin_samples_of_half_the_coupling_are_noticed(chain):
    samples = read_samples(chain.path("samples.parquet"))
    *others, (temperature, value) = parse(chain.point).items()
    elsewhere = value * 2 if temperature == "T" else value / 2
    system = build(chain.system, {**dict(others), temperature: elsewhere}, SEED)
    with pytest.raises(AssertionError, match="floors"):
        assert_has_entropy(system, samples.configurations)


def test_facts_are_exact_or_beside_what_is_exact(chain):
    facts, system = chain.metrics("facts"), chain.truth
    assert facts.pop("entropy").value == system.entropy()
    assert facts.pop("log_partition_per_site").value == system.log_partition / system.n_sites
    samples = read_samples(chain.path("samples.parquet")).configurations
    measured, exact = system.observables(samples), system.exact_observables()
    assert set(facts) == set(measured)
    for name, fact in facts.items():
        assert (fact.value, fact.stderr) == (measured[name].value, measured[name].stderr)
        assert fact.kind == "statistical"
        assert fact.reference == exact[name]  # all is known at these sizes
        assert_within_floor(fact.value, fact.reference, fact.stderr)


def test_another_seed_draws_others(chain, tmp_path):
    options = ["--system", chain.system, "--point", chain.point, "--n-samples", N_SAMPLES]
    outputs = ["--output", tmp_path / "samples.parquet", "--facts", tmp_path / "facts.json"]
    assert in_here("data/draw", *options, "--seed", SEED + 1, *outputs).status == 0
    ours, others = (read_samples(path / "samples.parquet") for path in (chain.folder, tmp_path))
    alike = (ours.configurations == others.configurations).reshape(N_SAMPLES, -1).all(1)
    assert alike.mean() < 0.5  # the ordered states of few spins recur


IMPOSSIBLE = [
    ("curie_weiss", "N~15/beta~1.0", "N = 15"),
    ("curie_weiss", "N~16/beta~-1.0", "beta = -1.0"),
    ("curie_weiss", "N~16", "N, beta"),
    ("curie_weiss", "cold", "point = 'cold'"),
    ("hopfield", "N~100/p~9/beta~1.0", "p = 9"),
    ("maier_saupe", "N~9/beta~4.0", "N = 9"),
    ("maier_saupe", "N~8/beta~0.0", "beta = 0.0"),
    ("maier_saupe", "N~8/beta~-4.0", "beta = -4.0"),
    ("ising_2d", "L~5/T~2.0", "L = 5"),
    ("ising_2d", "L~2/T~2.0", "L = 2"),
    ("ising_2d", "L~4/T~0.0", "T = 0.0"),
    ("ising_2d", "N~16/beta~1.0", "L, T"),
    ("potts", "N~16/beta~1.0", "one of curie_weiss, "),
]


@pytest.mark.parametrize("script", ["data/draw", "measure/information"])
@pytest.mark.parametrize(("system", "point", "words"), IMPOSSIBLE)
def test_impossible_points_are_refused(tmp_path, script, system, point, words):
    options = ["--system", system, "--point", point, "--n-samples", 100, "--seed", 1]
    outputs = ["--output", tmp_path / "output"]
    if script == "data/draw":
        outputs += ["--facts", tmp_path / "facts.json"]
    assert_one_line(in_here(script, *options, *outputs), words)
    assert list(tmp_path.iterdir()) == []


def test_drawing_needs_no_file_of_before(chain, tmp_path):
    """A run below a folder that is not there yet."""
    elsewhere = dataclasses.replace(chain, folder=tmp_path / "not" / "yet", call=in_here)
    elsewhere.draw()
    assert sorted(elsewhere.files()) == ["facts.json", "facts.json.provenance", "samples.parquet"]
