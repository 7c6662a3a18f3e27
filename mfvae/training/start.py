"""Starting a training from the data: latents laid on the principal components by optimal transport.

A likelihood with several modes has many optima in which the latent space is cut up differently, and a
decoder that begins flat finds the steep walls between modes slowly. So the decoder first learns, as a
plain regression, which z each configuration should have.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from mfvae.errors import InputError
from mfvae.latent.nodes import shifted_nodes
from mfvae.model.independent import fields_of
from mfvae.model.vae import VAE
from mfvae.portable import square_root
from mfvae.sites.base import SiteFamily
from mfvae.sites.masks import by_field, in_blocks, on_device, rows_of
from mfvae.stats import effective_number
from mfvae.training.config import STEPS
from mfvae.training.optimiser import Adam, one_cycle
from mfvae.training.rows import Rows

COVARIANCE_ROWS = 8192  # configurations for the principal components
COVARIANCE_ENTRIES = COVARIANCE_ROWS**2  # numbers in them, at most: 0.5 GB in double precision
REGRESSION_ENTRIES = 2**22  # numbers in a batch of the regression, at most: 1024 rows of 4096 directions
FULL = 4096  # directions of which all components are computed: a minute
LEAST_SHARE = 1e-10  # of the variance, along a direction in which the data vary
MATCHED = 512  # configurations and nodes matched at once where d > 1; the cost grows as their cube
GROUPS = 16  # of such matchings
GAIN = 2.0  # scale of a latent's features relative to the inverse width of its posterior
MAX_GAIN = 20.0  # steeper first layers make the training noisy and gain nothing (measured)

BIAS_NODES = 256  # of the prior, over which the draws' mean is taken
BIAS_ROUNDS = 3  # each a step of about Newton's: three leave 1e-3 of the rarest state's share


def start_biases(
    statistic: Rows,
    family: SiteFamily,
    observed: Tensor | None = None,
    weights: Tensor | None = None,
) -> np.ndarray:
    """Fields of independent sites that have the means of statistics (B, N·dim): see ``fields_of``."""
    masks = None if observed is None else torch.split(observed, COVARIANCE_ROWS)
    times = None if weights is None else torch.split(weights, COVARIANCE_ROWS)
    blocks = (block for block, _ in in_blocks(statistic, None, COVARIANCE_ROWS))
    return fields_of(blocks, family, masks, times)


def in_proportion(weights: Tensor) -> Tensor:
    """Indices of as many rows as there are effective ones, each about as often as its weight (B,) says.

    They lie at equal steps of the cumulative weight, so that no row is more than one time too often or
    too rare.

    Examples
    --------
    >>> in_proportion(torch.tensor([1.0, 1.0, 4.0, 4.0], dtype=torch.float64)).tolist()
    [1, 2, 3]
    """
    number = round(effective_number(weights.numpy()))
    steps = (torch.arange(number, dtype=torch.float64) + 0.5) / number
    cumulative = weights.double().cumsum(0)
    return torch.searchsorted(cumulative, steps * cumulative[-1], right=True)


@torch.no_grad()
def centre(model: VAE, wanted: np.ndarray) -> None:
    """Set the output's biases so that draws of the model have the means of fields ``wanted`` (N·dim,).

    Else a training on rare states first has to find all log-odds, a learning rate a step. Fields vary
    with z, through the weights as drawn, which makes rare states more frequent than the biases alone do:
    this is taken off again. A model whose biases are no longer as drawn is left as it is.
    """
    if not model.as_drawn:
        return
    bias = model.output.bias
    z = shifted_nodes(BIAS_NODES, model.config.latent_dim, torch.Generator().manual_seed(0))
    varying = (model.fields(z) - bias).cpu().double().numpy()
    centred = wanted
    for _ in range(BIAS_ROUNDS):
        drawn = model.family.mean_statistic(centred + varying).mean(0)
        centred = centred + wanted - model.family.field_of_mean(drawn)
    bias.copy_(torch.from_numpy(centred))


class PrincipalAxes(NamedTuple):
    """The leading ones, in float64."""

    centre: Tensor  # (N·dim,)
    variance: Tensor  # along each axis, largest first, (d,)
    vectors: Tensor  # (N·dim, d)
    other: Tensor  # mean variance along all other axes


def principal_axes(rows: Tensor, d: int) -> PrincipalAxes:
    """The d leading axes of rows (B, N·dim); raises InputError where the data vary along fewer.

    Beyond ``FULL`` directions by Lanczos' method on the rows themselves, as an eigendecomposition takes
    a time that grows as the cube of their number, and a matrix as its square.
    """
    centre, n = rows.mean(0, dtype=torch.float64), rows.shape[1]
    centred = rows - centre
    total = torch.linalg.vector_norm(centred) ** 2 / len(rows)
    if n <= FULL:
        ascending, vectors = torch.linalg.eigh(centred.T @ centred / len(rows))
        variance, vectors, other = ascending.flip(0)[:d], vectors.flip(1)[:, :d], ascending[:-d].mean()
    else:
        variance, vectors = _leading(centred, d)
        other = (total - variance.sum()).clamp(min=0.0) / (n - d)
    if (varying := int((variance > LEAST_SHARE * total).sum())) < d:
        allowed = f"at most {varying}, the directions in which the data vary, for a start from them"
        raise InputError("latent_dim", d, allowed)
    return PrincipalAxes(centre, variance, vectors, other)


def _leading(centred: Tensor, d: int) -> tuple[Tensor, Tensor]:
    """Leading variances (d,), largest first, and axes (N·dim, d) of centred rows (B, N·dim)."""
    from scipy.sparse.linalg import svds  # every job that loads a model would wait

    start = np.random.default_rng(0).standard_normal(min(centred.shape))
    _, singular, axes = svds(centred.numpy(), k=d, v0=start)
    largest_first = np.argsort(singular)[::-1].copy()
    variance = torch.from_numpy(singular[largest_first]) ** 2 / len(centred)
    return variance, torch.from_numpy(axes[largest_first].T.copy())


def spread(rows: Rows, most: int) -> Tensor:
    """At most so many of the rows, evenly spaced: a recording's first ones may be silent."""
    if len(rows) <= most:
        return rows[:]
    return rows[torch.arange(most) * len(rows) // most]


def dealt(rows: Tensor) -> Tensor:
    """Rows in another order, so that each group of ``MATCHED`` has some from everywhere."""
    return rows[(torch.arange(len(rows)) % math.ceil(len(rows) / MATCHED)).argsort(stable=True)]


def start_from_data(
    model: VAE,
    statistic: Rows,
    batch_size: int,
    learning_rate: float,
    generator: torch.Generator,
    steps: int = STEPS,
    bias: str = "data",
    observed: Tensor | None = None,
) -> None:
    """Set the latents' gain and pre-train both networks in place on statistics (B, N·dim).

    Principal components y_k of the data are moved onto the prior by optimal transport, y → ẑ. They
    contain each site's own noise, of which the mean of the other eigenvalues is the variance; with the
    signal's share s, probabilistic PCA (Tipping & Bishop, J. R. Stat. Soc. B 61, 611, 1999) gives
    z | x ~ N(√s ẑ, 1 − s), from which z is drawn in the regression. No feature of the decoder need be
    sharper than this width: the gain follows it. The output's biases begin at the data's log-odds, or at
    ``zero`` where a large learning rate lets the regression find them together with steeper features: in
    the retina's words, 2 % ones, a training at 0.02 ends 0.27 nats lower from zero. Raises InputError
    for as many latents as components, and for more than there are directions in which the data vary.

    For components and transport sites that were not ``observed``, bool (B, N), stand at their means over
    the other rows; the regression leaves them out.
    """
    d = model.config.latent_dim
    if d >= statistic.shape[1]:
        allowed = f"fewer than {statistic.shape[1]}, the data's directions, for a start from them"
        raise InputError("latent_dim", d, allowed)
    biases = start_biases(statistic, model.family, observed)
    matched: Rows = statistic if d == 1 else dealt(spread(statistic, GROUPS * MATCHED))
    seen, whole = None, matched
    if observed is not None:
        seen = observed if d == 1 else dealt(spread(observed, GROUPS * MATCHED))
        means = torch.from_numpy(model.family.mean_statistic(biases)).to(statistic.dtype)
        whole = torch.where(by_field(seen, model.family.dim), matched[:], means)
    axes = principal_axes(
        spread(whole, min(COVARIANCE_ROWS, COVARIANCE_ENTRIES // statistic.shape[1])), d
    )
    centre, vectors = axes.centre.to(statistic.dtype), axes.vectors.to(statistic.dtype)
    share = (1 - axes.other / axes.variance).clamp(min=0.0, max=1 - MAX_GAIN**-2).to(statistic.dtype)
    model.latent_gain.copy_((GAIN * (1 - share) ** -0.5).clamp(max=MAX_GAIN))

    blocks = (block for block, _ in in_blocks(whole, None, COVARIANCE_ROWS))
    components = torch.cat([(block - centre) @ vectors for block in blocks])
    components /= components.std(0)
    target = square_root(share) * transport(components, generator)
    width = square_root(1 - share)
    with torch.no_grad():  # fields that vary at random would have to be unlearned
        model.output.weight.zero_()
        model.output.bias.copy_(torch.from_numpy(biases if bias == "data" else 0 * biases))
    optimiser = Adam(model.parameters(), learning_rate)
    size = max(1, min(batch_size, REGRESSION_ENTRIES // statistic.shape[1]))
    for step in range(steps):
        chosen = torch.randint(len(matched), (size,), generator=generator)
        z = target[chosen] + width * torch.randn((size, d), generator=generator)
        z = z.to(model.device)
        batch, mask = on_device(matched[chosen], rows_of(seen, chosen), model.device)
        mean, log_std = model.encode(batch, mask)
        encoder = (0.5 * ((z - mean) / log_std.exp()) ** 2 + log_std).sum(1)
        loss = (encoder - model.log_likelihood(batch, z, mask)).mean()
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
        moved[order] = shifted_nodes(n, 1, generator).sort(0).values.to(points)
        return moved
    # every job that loads a model would wait for them
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    for group in torch.split(torch.arange(n), MATCHED):
        nodes = shifted_nodes(len(group), d, generator)
        _, assigned = linear_sum_assignment(cdist(points[group].numpy(), nodes.numpy()) ** 2)
        moved[group] = nodes[torch.from_numpy(assigned)].to(points)
    return moved
