"""Which module a site family is in. No change here reruns a job (see ``source_digest``)."""

from __future__ import annotations

BUILT_IN = {
    "spin": "mfvae.sites.spin:Spin",
    "director": "mfvae.sites.director:Director",
    "gaussian": "mfvae.sites.gaussian:Gaussian",
}
