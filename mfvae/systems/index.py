"""Which module a system is in. No change here reruns a job (see ``source_digest``)."""

from __future__ import annotations

BUILT_IN = {
    "curie_weiss": "mfvae.systems.curie_weiss:CurieWeiss",
    "curie_weiss_field": "mfvae.systems.curie_weiss:CurieWeissField",
    "hopfield": "mfvae.systems.hopfield:Hopfield",
    "hopfield_pair": "mfvae.systems.hopfield:HopfieldPair",
    "curie_weiss_potts3": "mfvae.systems.curie_weiss_potts:CurieWeissPotts3",
    "curie_weiss_potts4": "mfvae.systems.curie_weiss_potts:CurieWeissPotts4",
    "potts_hopfield3": "mfvae.systems.potts_hopfield:PottsHopfield3",
    "mean_field_xy": "mfvae.systems.mean_field_vector:MeanFieldXY",
    "mean_field_heisenberg": "mfvae.systems.mean_field_vector:MeanFieldHeisenberg",
    "maier_saupe": "mfvae.systems.maier_saupe:MaierSaupe",
    "ising_2d": "mfvae.systems.ising_2d.system:Ising2D",
}
