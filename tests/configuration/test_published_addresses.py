"""Data sets that the default run and ``mfvae.datasets`` both know have one address and one content."""

import pytest

from mfvae.data.datasets import DATASETS
from tests.configuration.changes import DEFAULT

BOTH = sorted(set(DATASETS) & set(DEFAULT["datasets"]))


def sources(block):
    """What is known of every part of a data set in the configuration: its addresses and its content."""
    source = block["source"]
    return list(source["parts"].values()) if "parts" in source else [source]


def test_the_published_data_sets_of_the_default_run_are_known_by_the_same_names():
    assert set(DEFAULT["datasets"]) - set(DATASETS) == set()


@pytest.mark.parametrize("name", BOTH)
def test_addresses_and_contents_are_the_same(name):
    given = sources(DEFAULT["datasets"][name])
    for file, source in zip(DATASETS[name].files.values(), given, strict=True):
        assert file.url in source["urls"]
        assert file.sha256 == source["sha256"]
