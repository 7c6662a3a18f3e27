"""Values that no site can have were trained, scored and packed as if they were spins."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.sites import SITE_FAMILIES
from mfvae.workflow.files.samples import SampleMetadata, write_samples

UNIT = np.random.default_rng(0).standard_normal((3000, 4, 3))
UNIT /= np.linalg.norm(UNIT, axis=-1, keepdims=True)
GOOD = {
    "spin": np.random.default_rng(1).choice(np.array([-1, 1], dtype=np.int8), (3000, 200)),
    "director": UNIT.astype(np.float32),
    "gaussian": np.random.default_rng(2).standard_normal((3000, 200)),
    "potts3": np.random.default_rng(3).integers(3, size=(3000, 200)).astype(np.uint8),
    "vector3": UNIT.astype(np.float32),
    "count": np.random.default_rng(4).poisson(2.0, size=(3000, 200)).astype(np.int32),
}
BAD = {
    "spin": (0, 0.5, -0.5, 2, np.nan, np.inf),
    "director": (0, 0.99, np.nan, np.inf),
    "gaussian": (np.nan, np.inf, -np.inf),
    "potts3": (3, -1, 0.5, np.nan, np.inf),
    "vector3": (0, 0.99, np.nan, np.inf),
    "count": (-1, 0.5, 65_536, np.nan, np.inf),
}
CASES = [(name, value) for name, values in BAD.items() for value in values]


@pytest.mark.parametrize("name", GOOD)
def test_configurations_come_back_from_packing(name):
    family, x = SITE_FAMILIES[name], GOOD[name]
    np.testing.assert_array_equal(family.unpack(family.pack(x), x.shape[1]), x.astype(np.float32))
    assert family.statistic(x).dtype == np.float32


@pytest.mark.parametrize(("name", "value"), CASES)
def test_other_values_are_counted_named_and_located(tmp_path, name, value):
    family, x = SITE_FAMILIES[name], GOOD[name].astype(np.float64)
    x[2900, 2], x[2950, 1] = value, value
    path = tmp_path / "a.parquet"
    metadata = SampleMetadata("a", "N~1", name, x.shape[1], 1)
    for use in (family.pack, family.statistic, lambda bad: write_samples(path, bad, {}, metadata)):
        with pytest.raises(InputError) as caught:
            use(x)
        assert repr(float(value)) in str(caught.value)
        assert f"; 2 of {x.shape[0] * x.shape[1]} are none" in caught.value.allowed
        assert caught.value.allowed.endswith("at site 2")
    assert not list(tmp_path.iterdir())


def test_spikes_of_0_and_1_are_told_how_to_become_spins():
    spikes = GOOD["spin"] > 0
    for kind in (bool, np.uint8, np.float32):
        with pytest.raises(InputError, match=r"2s - 1\); .* are none, the first in row 0") as caught:
            SITE_FAMILIES["spin"].statistic(spikes.astype(kind))
        assert f"; {(~spikes).sum()} of {spikes.size} are none" in caught.value.allowed


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("spin", (3, 4, 1)),
        ("director", (3, 4)),
        ("gaussian", (3,)),
        ("potts3", (3, 4, 1)),
        ("vector2", (3, 4, 3)),
        ("count", (3,)),
    ],
)
def test_other_shapes_are_refused(name, shape):
    with pytest.raises(InputError, match="an array"):
        SITE_FAMILIES[name].statistic(np.ones(shape))
