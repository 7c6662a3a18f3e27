"""Which module a system is in. No change here reruns a job (see ``source_digest``)."""

from __future__ import annotations

BUILT_IN = {
    "curie_weiss": "mfvae.systems.curie_weiss:CurieWeiss",
    "curie_weiss_field": "mfvae.systems.curie_weiss:CurieWeissField",
    "hopfield": "mfvae.systems.hopfield:Hopfield",
    "hopfield_pair": "mfvae.systems.hopfield:HopfieldPair",
    "maier_saupe": "mfvae.systems.maier_saupe:MaierSaupe",
    "ising_2d": "mfvae.systems.ising_2d.system:Ising2D",
}
