"""What one site of a configuration is: exponential families with statistic, field and log-partition."""

from __future__ import annotations

from mfvae.registry import Registry
from mfvae.sites.base import SiteFamily
from mfvae.sites.index import BUILT_IN

SITE_FAMILIES: Registry[SiteFamily] = Registry(
    "site family",
    "SITE_FAMILIES",
    BUILT_IN,
    make=lambda family: family(),
)
