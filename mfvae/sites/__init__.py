"""What one site of a configuration is: exponential families with statistic, field and log-partition."""

from __future__ import annotations

from mfvae.sites.index import BUILT_IN, NUMBERED
from mfvae.sites.registry import SiteFamilies

SITE_FAMILIES = SiteFamilies(BUILT_IN, NUMBERED)
