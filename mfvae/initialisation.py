"""Starting a training from the data: latents laid on the principal components by optimal transport.

A likelihood with several modes has many optima in which the latent space is cut up differently, and a
decoder that begins flat finds the steep walls between modes slowly. So the decoder first learns, as a
plain regression, which z each configuration should have.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mfvae.errors import InputError
from mfvae.nodes import shifted_nodes
from mfvae.optimiser import Adam, one_cycle
from mfvae.vae import VAE

STEPS = 500
COVARIANCE_ROWS = 8192  # configurations for the principal components
MATCHED = 512  # configurations and nodes matched at once where d > 1; the cost grows as their cube
GROUPS = 16  # of such matchings
GAIN = 2.0  # scale of a latent's features relative to the inverse width of its posterior
MAX_GAIN = 20.0  # steeper first layers make the training noisy and gain nothing (measured)


def start_from_data(
    model: VAE,
    statistic: Tensor,
    batch_size: int,
    learning_rate: float,
    generator: torch.Generator,
    steps: int = STEPS,
) -> None:
    """Set the latents' gain and pre-train both networks in place on statistics (B, N·dim).

    Principal components y_k of the data are moved onto the prior by optimal transport, y → ẑ. They
    contain each site's own noise, of which the mean of the other eigenvalues is the variance; with the
    signal's share s, probabilistic PCA (Tipping & Bishop, J. R. Stat. Soc. B 61, 611, 1999) gives
    z | x ~ N(√s ẑ, 1 − s), from which z is drawn in the regression. No feature of the decoder need be
    sharper than this width: the gain follows it. Raises InputError for as many latents as components.
    """
    d = model.config.latent_dim
    if d >= statistic.shape[1]:
        allowed = f"fewer than {statistic.shape[1]}, the data's directions, for a start from them"
        raise InputError("latent_dim", d, allowed)
    rows = statistic[:COVARIANCE_ROWS].double()
    centre = rows.mean(0)
    variance, vectors = torch.linalg.eigh((rows - centre).T @ (rows - centre) / len(rows))
    share = 1 - variance[:-d].mean() / variance.flip(0)[:d]
    share = share.clamp(min=0.0, max=1 - MAX_GAIN**-2).float()
    model.latent_gain.copy_((GAIN * (1 - share) ** -0.5).clamp(max=MAX_GAIN))

    matched = statistic if d == 1 else statistic[: GROUPS * MATCHED]
    components = (matched - centre.float()) @ vectors.flip(1)[:, :d].float()
    target = share.sqrt() * transport(components / components.std(0), generator)
    width = (1 - share).sqrt()
    with torch.no_grad():  # fields start from 0: random ones would have to be unlearned
        for parameter in list(model.decoder.parameters())[-2:]:
            parameter.zero_()
    optimiser = Adam(model.parameters(), learning_rate)
    for step in range(steps):
        chosen = torch.randint(len(matched), (batch_size,), generator=generator)
        z = target[chosen] + width * torch.randn((batch_size, d), generator=generator)
        mean, log_std = model.encode(matched[chosen])
        encoder = (0.5 * ((z - mean) / log_std.exp()) ** 2 + log_std).sum(1)
        loss = (encoder - model.log_likelihood(matched[chosen], z)).mean()
        optimiser.minimise(loss, one_cycle(step, steps))


def transport(points: Tensor, generator: torch.Generator) -> Tensor:
    """Optimal transport of points (B, d), variance 1 each, onto nodes of the standard normal: (B, d).

    In one dimension by ranks; beyond by an exact assignment within groups of ``MATCHED``.
    """
    n, d = points.shape
    moved = torch.empty_like(points)
    if d == 1:  # equal points take neighbouring nodes in random order
        shuffled = torch.randperm(n, generator=generator)
        order = shuffled[points[shuffled, 0].argsort(stable=True)]
        moved[order] = shifted_nodes(n, 1, generator).sort(0).values
        return moved
    # every job that loads a model would wait for them
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    for group in torch.split(torch.arange(n), MATCHED):
        nodes = shifted_nodes(len(group), d, generator)
        _, assigned = linear_sum_assignment(cdist(points[group].numpy(), nodes.numpy()) ** 2)
        moved[group] = nodes[torch.from_numpy(assigned)]
    return moved
