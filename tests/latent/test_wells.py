"""Wells of a decoder at draws of its prior: of an exact magnet, and where there are none."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from mfvae.latent.spectrum import CHARTED
from mfvae.latent.wells import wells_of_prior
from mfvae.sites import SITE_FAMILIES
from mfvae.sites.base import SiteFamily
from mfvae.studies.latent_wells import log_field_law

N_SITES = 60


class ExactMagnet:
    """The decoder of Curie–Weiss: every field is the quantile of ρ(φ) at Φ(z)."""

    family: SiteFamily = SITE_FAMILIES["spin"]

    def __init__(self, beta: float) -> None:
        self.field, log_law = log_field_law(N_SITES, beta)
        cumulative = np.cumsum(np.exp(log_law - log_law.max()))
        self.cumulative = cumulative / cumulative[-1]

    def fields(self, z: Tensor) -> Tensor:
        quantile = torch.special.ndtr(z.double())[:, 0].numpy()
        field = np.interp(quantile, self.cumulative, self.field)
        return torch.from_numpy(np.repeat(field[:, None], N_SITES, 1))


class Constant(ExactMagnet):
    """A decoder that does not use its latents."""

    def fields(self, z: Tensor) -> Tensor:
        return torch.zeros((len(z), N_SITES))


@pytest.mark.parametrize(("beta", "wells"), [(0.7, 1), (1.5, 2)])
def test_a_magnet_has_two_wells_below_its_critical_temperature(beta, wells):
    found = wells_of_prior(ExactMagnet(beta), 1, torch.Generator().manual_seed(0))
    assert found.number == wells
    assert len(found.barriers) == wells - 1


def test_draws_of_one_law_are_one_well():
    assert wells_of_prior(Constant(1.5), 1, torch.Generator().manual_seed(0)) == (1, [])


def test_sites_without_a_flat_chart_have_no_count():
    magnet = ExactMagnet(1.5)
    for name in SITE_FAMILIES:
        magnet.family = SITE_FAMILIES[name]
        found = wells_of_prior(magnet, 1, torch.Generator().manual_seed(0))
        assert (found is not None) == (name in CHARTED)
