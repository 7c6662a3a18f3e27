"""Names of families with a number."""

from __future__ import annotations

import pytest

from mfvae.errors import InputError
from mfvae.sites import SITE_FAMILIES
from mfvae.sites.count import Count
from mfvae.sites.potts import Potts
from mfvae.sites.vector import Vector


def test_the_number_is_part_of_the_name():
    assert isinstance(SITE_FAMILIES["count"], Count)
    for name, kind, dim in [("potts2", Potts, 1), ("potts255", Potts, 254), ("vector16", Vector, 16)]:
        family = SITE_FAMILIES[name]
        assert (type(family), family.name, family.dim) == (kind, name, dim)
        assert SITE_FAMILIES[name] is family
        assert name in SITE_FAMILIES


def test_iterating_gives_every_family_once():
    names = list(SITE_FAMILIES)
    assert len(names) == len(set(names)) == len(SITE_FAMILIES)
    assert {SITE_FAMILIES[name].name for name in names} == set(names)
    assert {"spin", "count", "potts3", "vector2"} <= set(names)


@pytest.mark.parametrize(
    "name", ["potts", "potts1", "potts256", "potts03", "vector1", "vector17", "spin2"]
)
def test_other_names_are_refused(name):
    assert name not in SITE_FAMILIES
    with pytest.raises(KeyError):
        SITE_FAMILIES[name]
    with pytest.raises(InputError, match="potts2 to potts255, vector2 to vector16") as caught:
        SITE_FAMILIES.get_or_refuse(name)
    assert "\n" not in str(caught.value)


def test_where_a_family_comes_from():
    assert SITE_FAMILIES.source_of("potts21") == "mfvae.sites.potts"
    assert SITE_FAMILIES.source_of("spin") == "mfvae.sites.spin"


def test_an_extension_cannot_take_a_name(tmp_path, monkeypatch):
    path = tmp_path / "own.py"
    path.write_text("SITE_FAMILIES = {'potts7': object}\n")
    monkeypatch.setenv("MFVAE_EXTENSIONS", str(path))
    with pytest.raises(InputError, match="site family 'potts7' is registered already"):
        SITE_FAMILIES.check_extensions()
