"""Which module a site family is in. No change here reruns a job (see ``source_digest``)."""

from __future__ import annotations

BUILT_IN = {
    "spin": "mfvae.sites.spin:Spin",
    "director": "mfvae.sites.director:Director",
    "gaussian": "mfvae.sites.gaussian:Gaussian",
    "count": "mfvae.sites.count:Count",
}

# Families with a number behind their name, which numbers they have, and one that stands for all.
NUMBERED = {
    "potts": ("mfvae.sites.potts:Potts", range(2, 256), 3),
    "vector": ("mfvae.sites.vector:Vector", range(2, 17), 2),
}
