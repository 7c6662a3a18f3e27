"""Whole chains: they leave what they promise and nothing else, and the same bytes when run again."""

from __future__ import annotations

import dataclasses

from tests.scripts.calls import in_here

OF_EVERY_SYSTEM = [
    "samples.parquet", "facts.json", "information.json", "models/elbo.pt", "models/elbo.json",
    "capacity.json", "statistics.json", "curves.csv", "training.csv",
    "metrics.json", "metrics.csv", "expected.csv", "published.json", "reproduce.md", "reproduce.html",
]  # fmt: skip
OF_MEAN_FIELD = ["comparison.json", "spectra.csv", "patterns.csv", "overlaps.csv"]


def test_a_chain_writes_all_that_it_promises_and_nothing_else(chain):
    promised, figures = list(OF_EVERY_SYSTEM), ["training_curve"]
    if chain.patterns is not None:
        decoded = f"decoded/{chain.point}/elbo"
        promised += OF_MEAN_FIELD
        promised += [f"{decoded}.{suffix}" for suffix in ("json", "spectrum.csv", "patterns.csv")]
        figures += ["coupling", "singular_spectrum"]
    if chain.patterns == "binary":
        promised += ["law.csv"]
        figures += ["order_parameter_law"]
    promised += [f"figures/{kind}.{suffix}" for kind in figures for suffix in ("csv", "pdf", "png")]
    inside = (
        "models/elbo.json",
        f"decoded/{chain.point}/elbo.json",
        "expected.csv",
        "published.json",
    )
    # what is an object or no script's work has none beside it
    beside = [f"{name}.provenance" for name in promised if name.endswith((".csv", ".json"))]
    beside = [name for name in beside if not name.startswith(inside)]
    assert sorted(chain.files()) == sorted([*promised, *beside])


def test_a_chain_run_again_elsewhere_writes_equal_bytes(chain, tmp_path):
    again = dataclasses.replace(chain, folder=tmp_path, call=in_here).run().files()
    first = chain.files()
    assert set(again) == set(first)
    assert [name for name, content in first.items() if again[name] != content] == []
