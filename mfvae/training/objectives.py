"""Training objectives: each maps (model, batch, how to draw z) to a loss in nats per configuration.

Where a mask (B, N) says which sites were observed, the loss is that of the observed sites alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from mfvae.latent.balance import OWN_WIDENING, balanced_nodes, log_joint
from mfvae.latent.nodes import Nodes, Placement, PriorNodes
from mfvae.latent.pareto import TOO_HEAVY, shapes
from mfvae.model.vae import VAE
from mfvae.sites.masks import mask_argument


class Loss(NamedTuple):
    """The scalar to minimise, and its parts by name: batch means in nats per configuration."""

    value: Tensor
    terms: Mapping[str, Tensor]

    @property
    def free_energy(self) -> Tensor:
        """The estimate, or bound, of −log p_θ(x) in the loss: all its terms but the encoder's own."""
        parts = [term for name, term in self.terms.items() if name != "encoder"]
        return torch.stack(parts).sum()


class Draws(NamedTuple):
    """How a loss sums over z."""

    number: int  # for every configuration, or shared by the batch
    rate_weight: float  # of the rate, rising to 1 during the warm-up
    generator: torch.Generator
    nodes: Placement | None = None  # of ``exact``; by default of the prior itself
    own: int = 0  # draws of every configuration's own proposal that ``exact`` joins to the nodes
    weights: Tensor | None = None  # (B,), of the configurations, mean 1 over the data; None if alike

    def mean(self, per_row: Tensor) -> Tensor:
        """Mean of values (B,) of a batch, its weights among them.

        Not over the sum of the batch's weights, which would favour batches of small ones: so the mean
        over batches is the weighted mean over the data.
        """
        return per_row.mean() if self.weights is None else (self.weights * per_row).mean()


Objective = Callable[[VAE, Tensor, Draws, Tensor | None], Loss]


def elbo(model: VAE, statistic: Tensor, draws: Draws, observed: Tensor | None = None) -> Loss:
    """Negative evidence lower bound, distortion + rate_weight · rate, of statistics (B, N·dim).

    Kingma & Welling, arXiv:1312.6114. The weight of the rate rises to 1 during the warm-up (Bowman et
    al., arXiv:1511.06349), which keeps latents from collapsing at the start.
    """
    shape = (draws.number, len(statistic), model.config.latent_dim)
    terms = model(statistic, _noise(shape, draws, statistic), observed)
    rate, distortion = draws.mean(terms.rate), draws.mean(terms.distortion)
    return Loss(distortion + draws.rate_weight * rate, {"rate": rate, "distortion": distortion})


def iwae(model: VAE, statistic: Tensor, draws: Draws, observed: Tensor | None = None) -> Loss:
    """Importance-weighted bound −log (1/K) Σ_k p(x, z_k)/q(z_k|x), K draws for every configuration.

    Burda et al., arXiv:1509.00519. The encoder's gradient is doubly reparametrised (Tucker et al.,
    arXiv:1810.04152): its weights are squared and log q has no other dependence on the encoder, without
    which its noise grows with K. ``rate_weight`` λ tempers p(z)/q(z|x), with which a weight w becomes
    (1 − λ) w + λw².
    """
    mean, log_std = model.encode(statistic, observed)
    noise = _noise((draws.number, *mean.shape), draws, mean)
    z = mean + log_std.exp() * noise  # (K, B, d)
    deviation = (z - mean.detach()) * (-log_std.detach()).exp()
    log_ratio = (0.5 * deviation**2 + log_std.detach() - 0.5 * z**2).sum(2)  # log p(z)/q(z|x)
    log_likelihood = model.log_likelihood(statistic, z, observed)
    log_weight = log_likelihood + draws.rate_weight * log_ratio  # (K, B)
    share = log_weight.detach().softmax(0)
    if z.requires_grad:
        second = 1 - draws.rate_weight * (1 - share[:, :, None])
        z.register_hook(lambda gradient: gradient * second)  # type: ignore[no-untyped-call]
    bound = math.log(draws.number) - draws.mean(log_weight.detach().logsumexp(0))
    surrogate = -draws.mean((share * log_weight).sum(0))  # has the gradient that is wanted
    return Loss(surrogate - surrogate.detach() + bound, {"importance-weighted bound": bound})


def exact(model: VAE, statistic: Tensor, draws: Draws, observed: Tensor | None = None) -> Loss:
    """Exact marginal likelihood −log p_θ(x) = −log (1/J) Σ_j w_j p(x|z_j), plus the encoder's own loss.

    Quasi-random nodes z_j are shared by the batch and shifted anew at every step, so that the decoder
    cannot fit itself to them; they have to be finer than the posteriors (see ``mfvae.latent.nodes``).
    What that takes is e^R of them, R the rate, and not a small number of latents. So there is one
    objective for any number of them: where ``draws.own`` is not 0, draws of the encoder's q(z|x) of
    every row join the nodes of the prior (``mfvae.latent.balance``), and 0 is the plain sum. Its name
    says what is maximised; the numbers of nodes and draws, how well it is computed.

    The encoder learns the posterior by the inclusive KL(p(z|x) ‖ q(z|x)), to which the decoder is a
    constant: for a Gaussian q only the posterior's first two moments matter. No gradient goes through
    the nodes, whose weights are right wherever they lie: the decoder's is E[∇ log p(x, z)|x], and that
    of the encoder needs no reparametrised draws.

    A likelihood does not mind a decoder that is folded, with several z for one law, but then posteriors
    have several parts, which no proposal follows. So with own draws the warm-up, while the rate's weight
    is below 1, is the bound of those draws alone (``iwae``), which does.
    """
    if draws.own and draws.rate_weight < 1:
        return iwae(model, statistic, draws._replace(number=draws.own, rate_weight=1.0), observed)
    mean, log_std = model.encode(statistic, observed)
    z, log_weight = (part.to(statistic) for part in _nodes(model, draws, mean, log_std))  # (J, d), (J,)
    log_p = log_joint(model, statistic, model.fields(z), log_weight, observed)  # (B, J)
    base = model.family.log_base_measure(statistic, *mask_argument(observed))
    helmholtz = math.log(len(z)) - draws.mean(log_p.logsumexp(1) + base)
    posterior = log_p.detach().softmax(1)
    first, second = posterior @ z, posterior @ z**2  # (B, d)
    square = (second - 2 * mean * first + mean**2) * (-2 * log_std).exp()
    encoder = draws.mean(
        (0.5 * square + log_std).sum(1)
    )  # −⟨log q⟩ under the posterior, up to a constant
    return Loss(helmholtz + encoder, {"free energy": helmholtz, "encoder": encoder})


def _noise(shape: tuple[int, ...], draws: Draws, like: Tensor) -> Tensor:
    """Standard normal numbers on the device of a tensor; the same ones on every device."""
    return torch.randn(shape, generator=draws.generator).to(like.device)


def _nodes(model: VAE, draws: Draws, mean: Tensor, log_std: Tensor) -> Nodes:
    """Nodes of a step: of the prior alone, or with draws of the encoder's q(z|x), made wider."""
    if draws.own:
        wider = log_std.detach() + math.log(OWN_WIDENING)
        return balanced_nodes(mean.detach(), wider, draws.number, draws.own, draws.generator)
    nodes = draws.nodes or PriorNodes(model.config.latent_dim)
    return nodes(draws.number, draws.generator)


@torch.no_grad()
def health(
    model: VAE, statistic: Tensor, draws: Draws, observed: Tensor | None = None
) -> dict[str, float]:
    """How well the sum of ``exact`` resolves the posteriors of statistics (B, N·dim).

    ``effective_nodes`` is the mean over rows of 1/Σ_j p(z_j|x)², ``heavy_share`` the share of the rows
    whose weights have a tail of shape k̂ > 0.7 (``mfvae.latent.pareto``).
    """
    mean, log_std = model.encode(statistic, observed)
    z, log_weight = (part.to(statistic) for part in _nodes(model, draws, mean, log_std))
    log_p = log_joint(model, statistic, model.fields(z), log_weight, observed)
    effective = 1 / (log_p.softmax(1) ** 2).sum(1)
    heavy = shapes(log_p) > TOO_HEAVY
    return {
        "effective_nodes": effective.mean().item(),
        "heavy_share": heavy.double().mean().item(),
    }


OBJECTIVES: dict[str, Objective] = {"elbo": elbo, "iwae": iwae, "exact": exact}
