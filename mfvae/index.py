"""Which module has a public name of the library. No change here reruns a job (see ``source_digest``)."""

from __future__ import annotations

PUBLIC = {
    "Configurations": "mfvae.data.configurations",
    "Diagnosis": "mfvae.analysis.diagnosis",
    "Estimate": "mfvae.stats",
    "Fit": "mfvae.analysis.fit",
    "FittedLaw": "mfvae.analysis.law",
    "GeneralizedHopfield": "mfvae.hamiltonian.model",
    "InputError": "mfvae.errors",
    "LatentMeanField": "mfvae.analysis.estimator",
    "LatentWells": "mfvae.analysis.wells",
    "Theory": "mfvae.analysis.theory",
    "Verdict": "mfvae.capacity.verdict",
    "bipartite_information": "mfvae.analysis.bipartite",
    "build": "mfvae.systems",
    "decode": "mfvae.analysis.theory",
    "diagnose": "mfvae.analysis.diagnosis",
    "fit": "mfvae.analysis.fit",
    "hold_out": "mfvae.data.holdout",
    "interactions": "mfvae.analysis.interactions",
    "judge_draws": "mfvae.analysis.judging",
    "latent_spectrum": "mfvae.analysis.wells",
    "load": "mfvae.data.loader",
    "load_model": "mfvae.analysis.store",
    "report": "mfvae.analysis.page",
    "reproduction": "mfvae.analysis.reproduction",
    "save": "mfvae.analysis.store",
    "select_n_latents": "mfvae.analysis.fit",
}
MODULES = {
    "datasets": "mfvae.data.datasets",
    "plot": "mfvae.analysis.plot",
    "sites": "mfvae.sites",
    "systems": "mfvae.systems",
}
