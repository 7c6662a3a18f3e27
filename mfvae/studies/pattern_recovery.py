"""How well one stored pattern is recovered from few samples: by a VAE, by PCA, and in the exact limit.

Below β = 1 a Hopfield network with one pattern is in its disordered phase: N spins are nearly Gaussian,
with a spike of strength t = β/(1 − β) along ξ in a covariance that is 1 otherwise.
"""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pandas as pd
import torch
from scipy.special import ndtr
from torch import Tensor

from mfvae.decoding.collective import collective_variables
from mfvae.errors import InputError
from mfvae.model.config import VAEConfig
from mfvae.model.vae import VAE
from mfvae.random import generator, integer_seed
from mfvae.sites.spin import Spin
from mfvae.stats import estimate
from mfvae.systems.hopfield import Hopfield
from mfvae.training.config import STEPS, TrainingConfig
from mfvae.training.loop import train
from mfvae.training.optimiser import Adam, one_cycle
from mfvae.training.start import transport

METHODS, READINGS = ("vae", "pca"), ("real", "sign")  # of a direction: as it is, or its signs
NETWORK = VAEConfig(1, encoder_hidden=(16,), decoder_hidden=(8,))
MIN_SAMPLES = 10
BATCH, EPOCHS, NODES = 256, 2, 64
POINT = ("N", "beta", "B", "reading", "method")
COLUMNS = (*POINT, "overlap_squared", "stderr", "limit", "difference", "difference_stderr")
DECODED = 2000  # prior draws whose fields are decomposed
REACH = 1.5  # how far a site's field may come from 0, over the root mean square of the sites' fields
MEAN_SCHEDULE = 0.5  # of ``one_cycle`` over a training


def bbp_overlap_squared(beta: float, samples_per_site: float) -> float:
    """Overlap² of the first principal component with ξ as N → ∞ at fixed B/N; 0 up to the threshold.

    (1 − c/t²)/(1 + c/t) with c = N/B and t = β/(1 − β), above B/N = (1/β − 1)² (Baik, Ben Arous & Péché,
    Ann. Probab. 33, 1643, 2005; Paul, Statist. Sinica 17, 1617, 2007, for the vector).
    """
    c, t = 1 / samples_per_site, beta / (1 - beta)
    return max(0.0, (1 - c / t**2) / (1 + c / t))


def sign_overlap_squared(overlap_squared: float) -> float:
    """Overlap² of the signs of v with ξ = ±1, where v = ρξ + √(1 − ρ²)·Gaussian noise at every site.

    A site is right with probability Φ(ρ/√(1 − ρ²)); above ρ² = 0.60 this is more than ρ².
    """
    odds = overlap_squared / (1 - overlap_squared) if overlap_squared < 1 else np.inf
    return float(2 * ndtr(np.sqrt(odds)) - 1) ** 2


def overlap_squared(direction: np.ndarray, pattern: np.ndarray) -> float:
    """cos² of the angle between two vectors (N,): 1/N on average for a random one."""
    return float((direction @ pattern) ** 2 / ((direction @ direction) * (pattern @ pattern)))


def principal_component(x: np.ndarray) -> tuple[np.ndarray, float, float]:
    """First eigenvector (N,) of the covariance of (B, N), its eigenvalue, and the mean of the others."""
    centred = x - x.mean(0, dtype=np.float64)
    variance, vectors = np.linalg.eigh(centred.T @ centred / len(x))
    return vectors[:, -1], float(variance[-1]), float(variance[:-1].mean())


def lay_on_component(model: VAE, statistic: Tensor, seed: int) -> float:
    """Pre-train the decoder in place on spins (B, N) by regression from z; returns the learning rate.

    As ``initialisation.start_from_data``, for the decoder alone and without its gain: features stay as
    wide as the prior, so that fields are all but linear in z. They grow from 0, and Adam moves no weight
    by more than the sum of its learning rates, which keeps fields within about REACH times their root
    mean square. Maximum likelihood, nearly PCA here, has no such bound; it suits entries of one size.
    """
    random = torch.Generator().manual_seed(seed)
    x = statistic.double().numpy()
    vector, variance, noise = principal_component(x)
    share = max(1 - noise / variance, 0.0)
    component = torch.from_numpy((x - x.mean(0)) @ vector).float()[:, None]
    target = share**0.5 * transport(component / component.std(), random)  # (B, 1)
    with torch.no_grad():
        for parameter in list(model.decoder.parameters())[-2:]:
            parameter.zero_()
        features = model.decoder[:-1](target).abs().sum(1).mean().item()
    typical_field = ((variance - noise) / model.n_sites) ** 0.5  # root mean square over z and sites
    learning_rate = REACH * typical_field / (features * MEAN_SCHEDULE * STEPS)
    optimiser = Adam(model.decoder.parameters(), learning_rate)
    for step in range(STEPS):
        chosen = torch.randint(len(x), (min(BATCH, len(x)),), generator=random)
        z = target[chosen] + (1 - share) ** 0.5 * torch.randn((len(chosen), 1), generator=random)
        loss = -model.log_likelihood(statistic[chosen], z).mean()
        optimiser.minimise(loss, one_cycle(step, STEPS))
    return learning_rate


def vae_direction(x: np.ndarray, seed: int) -> np.ndarray:
    """First direction (N,) decoded from a VAE with one latent that all of (B, N) trained."""
    model = VAE(Spin(), x.shape[1], NETWORK, seed)
    statistic = torch.from_numpy(Spin().statistic(x))
    rate = lay_on_component(model, statistic, seed)
    training = TrainingConfig("exact", EPOCHS, min(BATCH, len(x)), rate, 0.0, NODES)
    train(model, statistic, statistic[:BATCH], training, seed)
    return collective_variables(model, 1, DECODED, np.random.default_rng(seed)).directions[:, 0]


def replicate(n_sites: int, beta: float, n_samples: int, seed: int, name: str) -> dict[str, float]:
    """Overlap² by "method reading" for one random pattern and B independent exact configurations."""
    rng = generator(seed, name)
    pattern = rng.choice([-1.0, 1.0], n_sites)
    x = Hopfield(pattern[:, None], beta).sample(n_samples, rng)
    directions = {"vae": vae_direction(x, integer_seed(seed, name)), "pca": principal_component(x)[0]}
    real = {f"{method}_real": overlap_squared(v, pattern) for method, v in directions.items()}
    sign = {f"{method}_sign": overlap_squared(np.sign(v), pattern) for method, v in directions.items()}
    return real | sign


def measure(n_sites: int, beta: float, n_samples: int, replicates: int, seed: int) -> pd.DataFrame:
    """One row per reading and method: means over replicates, each a pattern and samples of its own.

    COLUMNS: overlap² and its error, its limit N → ∞, and VAE − PCA on the same samples and its error.
    Raises InputError for what cannot be measured.
    """
    if not 0 < beta < 1:
        raise InputError("beta", beta, "a number between 0 and 1 is needed: the phase without order")
    for field, value, least in (("n_samples", n_samples, MIN_SAMPLES), ("replicates", replicates, 2)):
        if value < least:
            raise InputError(field, value, f"an integer ≥ {least} is needed")
    Hopfield.check({"N": n_sites, "p": 1, "beta": beta}, seed)
    prefix = f"pattern_recovery/N~{n_sites}/beta~{beta}/B~{n_samples}/replicate~"
    names = [f"{prefix}{r}" for r in range(replicates)]
    found = pd.DataFrame([replicate(n_sites, beta, n_samples, seed, one) for one in names])
    rows = []
    for reading in READINGS:
        difference = estimate((found[f"vae_{reading}"] - found[f"pca_{reading}"]).to_numpy())
        for method in METHODS:
            overlap = astuple(estimate(found[f"{method}_{reading}"].to_numpy()))
            numbers = (*overlap, limit(reading, beta, n_samples / n_sites), *astuple(difference))
            rows.append((n_sites, beta, n_samples, reading, method, *numbers))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def limit(reading: str, beta: float, samples_per_site: float) -> float:
    """Overlap² of PCA as N → ∞, of the direction as it is or of its signs."""
    real = bbp_overlap_squared(beta, samples_per_site)
    return real if reading == "real" else sign_overlap_squared(real)
