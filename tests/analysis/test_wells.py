"""The spectrum of the latent space of a fit: wells, pictures, and what is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import mfvae
from mfvae.analysis.fit import Fit
from mfvae.analysis.wells import LatentWells
from mfvae.errors import InputError


@pytest.fixture(scope="module")
def magnets() -> dict[float, Fit]:
    """Fits of Curie–Weiss configurations above and below the transition, by β."""
    rng = np.random.default_rng(0)
    systems = {beta: mfvae.build("curie_weiss", {"N": 40, "beta": beta}, seed=0) for beta in (0.8, 1.5)}
    return {beta: mfvae.fit(one.sample(3000, rng), latents=1, epochs=4) for beta, one in systems.items()}


@pytest.fixture(scope="module")
def found(magnets):
    return mfvae.latent_spectrum(magnets[1.5])


@pytest.mark.parametrize(("beta", "wells"), [(0.8, 1), (1.5, 2)])
def test_a_magnet_has_two_wells_below_its_critical_temperature(magnets, beta, wells):
    found = mfvae.latent_spectrum(magnets[beta])
    assert found.wells == wells
    assert found.barriers.shape == (wells - 1,)
    assert ("Barriers" in found.summary()) == (wells == 2)


def test_rows_are_posterior_means_of_held_out_rows(magnets):
    fit = magnets[1.5]
    found = mfvae.latent_spectrum(fit, at="rows")
    means = fit.latent_means(fit.data.array[fit.parts == "test"])
    assert found.latents == pytest.approx(means.astype(float))


def test_the_table_is_the_spectrum(found):
    table = found.to_frame()
    assert table["energy"].to_numpy() == pytest.approx(found.spectrum.energies)
    assert table["below_gap"].sum() == found.wells
    assert table["level"].is_monotonic_increasing


def test_pictures_show_what_the_result_says(found):
    ax = mfvae.plot.energies(found)
    full = ax.lines[1].get_ydata()
    above = slice(found.wells, None)
    assert full[above] == pytest.approx(found.spectrum.energies[above])
    ax = mfvae.plot.state(found, index=2)
    order = np.argsort(found.latents[:, 0])
    assert ax.lines[0].get_ydata() == pytest.approx(found.spectrum.states[order, 2])
    with pytest.raises(InputError, match=r"^index = 99"):
        mfvae.plot.state(found, index=99)


def test_two_latents_are_a_plane(found):
    plane = LatentWells(found.spectrum, np.repeat(found.latents, 2, axis=1), "prior")
    ax = mfvae.plot.state(plane, index=2)
    assert np.asarray(ax.collections[0].get_array()) == pytest.approx(found.spectrum.states[:, 2])


def test_bad_input_is_named(magnets):
    fit = magnets[1.5]
    with pytest.raises(InputError, match=r"^at = 'encoder': one of prior, rows"):
        mfvae.latent_spectrum(fit, at="encoder")
    without = dataclasses.replace(fit, choice=fit.choice, patterns=0, forms={}, laws={1: fit.laws[0]})
    with pytest.raises(InputError, match=r"^latents = 0"):
        mfvae.latent_spectrum(without)
    with pytest.raises(InputError, match=r"^points = 50"):
        mfvae.latent_spectrum(fit, points=50)
