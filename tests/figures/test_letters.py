"""Logos: letters as high as numbers, in order, up or down from 0; conservation by its definition."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import mfvae
from mfvae.analysis.page import _of_draws, _of_patterns
from mfvae.data import load
from mfvae.errors import InputError
from mfvae.figures.letters import COLOURS, OTHER, WIDTH, logo

HEIGHTS = np.array([[0.5, 1.0, -0.3, -0.7], [0.0, 0.001, 2.0, -0.1]])


def boxes(ax: Axes) -> np.ndarray:
    """Left, bottom, width and height of every letter, in the axes' own units, (letters, 4)."""
    own = ((patch.get_path(), patch.get_transform() - ax.transData) for patch in ax.patches)
    found = [path.get_extents(transform) for path, transform in own]
    return np.array([box.bounds for box in found])


def drawn() -> Axes:
    ax = Figure().subplots()
    logo(ax, HEIGHTS, "AKD-")
    return ax


def test_letters_are_as_high_as_their_numbers():
    found = boxes(drawn())
    np.testing.assert_allclose(np.sort(found[:, 3]), [0.1, 0.3, 0.5, 0.7, 1, 2], atol=1e-9)
    np.testing.assert_allclose(found[:, 2], WIDTH, atol=1e-9)
    positions = found[:, 0] + WIDTH / 2
    assert Counter(positions.round(6).tolist()) == {
        1.0: 4,
        2.0: 2,
    }  # 0 and what cannot be seen are not there


def test_the_largest_letter_is_at_the_end_of_its_pile():
    found = boxes(drawn())
    first = found[np.isclose(found[:, 0], 1 - WIDTH / 2)]
    bottoms = dict(zip(first[:, 3].round(6).tolist(), first[:, 1].round(6).tolist(), strict=True))
    assert bottoms == {0.5: 0.0, 1.0: 0.5, 0.3: -0.3, 0.7: -1.0}


def test_axes_hold_all_letters_and_colours_are_those_of_their_kind():
    ax = drawn()
    assert ax.get_ylim()[0] < -1.0
    assert ax.get_ylim()[1] > 2.0
    colours = {patch.get_facecolor() for patch in ax.patches}
    assert len(colours) == len({COLOURS["A"], COLOURS["K"], COLOURS["D"], OTHER})


def test_nothing_but_zeros_is_an_empty_logo():
    ax = logo(Figure().subplots(), np.zeros((3, 2)), "AC")
    assert not ax.patches
    assert ax.get_ylim() == (-1.0, 1.0)


@pytest.fixture(scope="module")
def fit() -> mfvae.Fit:
    """Three letters of which one is frequent, ordered together."""
    system = mfvae.build("potts_hopfield3", {"N": 18, "p": 1, "beta": 2.0}, seed=0)
    states = system.sample(1500, np.random.default_rng(0))
    return mfvae.fit(load(np.array(list("ACD"))[states], site="potts"), latents=1, epochs=4)


def test_conservation_is_that_of_its_definition(fit):
    found = mfvae.reproduction(fit).conservation
    rows = fit.data.array[fit.parts == "test"]
    shares = np.stack([(rows == state).mean(0) for state in range(3)], 1)
    entropy = -(shares * np.log(shares)).sum(1)
    np.testing.assert_allclose(found["data"], np.log(3) - entropy, atol=1e-5)  # statistics are float32
    ax = mfvae.plot.conservation(mfvae.reproduction(fit))
    assert "conservation" in ax.get_ylabel()


def test_pairs_are_connected_frequencies_of_states(fit):
    """Of two sites, by their definition; there are no pairs of a site with itself."""
    pairs = mfvae.reproduction(fit).pairs
    assert len(pairs) == 18 * 17 // 2 * 9
    one, other = (fit.data.array[fit.parts == "test"][:, site] for site in (2, 7))
    names = [fit.data.name_of(site) for site in (2, 7)]
    here = pairs[(pairs["site"] == names[0]) & (pairs["other"] == names[1])]
    for row in here.itertuples():
        a, b = ("ACD".index(state) for state in (row.state, row.other_state))
        direct = ((one == a) & (other == b)).mean() - (one == a).mean() * (other == b).mean()
        assert row.data == pytest.approx(direct, abs=1e-6)


def test_a_pattern_of_letters_is_a_logo_on_the_page(fit):
    theory = fit.decode()
    assert fit.latents == 1
    ax = mfvae.plot.logo(theory)
    assert ax.get_xlabel() == "site"
    assert len(ax.patches) > 18
    shown = [
        block.caption for block in (*_of_patterns(theory), *_of_draws(fit)) if hasattr(block, "caption")
    ]
    assert any("Letters above 0" in one for one in shown)
    assert any("from having all states alike" in one for one in shown)
    with pytest.raises(InputError, match="pattern = 2: one of 1 to 1"):
        mfvae.plot.logo(theory, pattern=2)
