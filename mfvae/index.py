"""Which module has a public name of the library. No change here reruns a job (see ``source_digest``)."""

from __future__ import annotations

PUBLIC = {
    "Configurations": "mfvae.data.configurations",
    "Diagnosis": "mfvae.analysis.diagnosis",
    "Fit": "mfvae.analysis.fit",
    "InputError": "mfvae.errors",
    "LatentMeanField": "mfvae.analysis.estimator",
    "Theory": "mfvae.analysis.theory",
    "build": "mfvae.systems",
    "fit": "mfvae.analysis.fit",
    "hold_out": "mfvae.data.holdout",
    "load": "mfvae.data.loader",
}
