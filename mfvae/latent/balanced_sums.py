"""Sums over the latent space by nodes and every row's own draws together, for any latent dimension."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from mfvae.latent.balance import OWN_WIDENING, balanced_nodes, log_joint
from mfvae.latent.importance import ImportanceSampler
from mfvae.latent.lattice import MOST_MISSED, device_of, parameter_type
from mfvae.latent.proposals import FARTHEST, EncoderDecoder
from mfvae.portable import in_double
from mfvae.sites.masks import check_observed, mask_argument, on_device, rows_of, unless_complete

SHARED = 2**15  # nodes of the prior
OWN = 64  # draws of every row's own
ROWS = 256  # configurations whose draws are shared: 49,152 nodes together
FEWEST = 12.0  # effective nodes, as of ``SobolNodes``


class BalancedSums(ImportanceSampler):
    """log p_θ(x) and moments of the posterior, as an ImportanceSampler gives them, of blocks of rows.

    Each block has nodes of its own (``mfvae.latent.balance``), of the prior and of the encoder's q(z|x)
    of all its rows. A posterior of several parts, which modes do not find, lies on the nodes, and one
    that is too narrow for them on its row's own draws.
    """

    def __init__(
        self, model: EncoderDecoder, generator: torch.Generator, shared: int = SHARED, own: int = OWN
    ) -> None:
        super().__init__(model, generator, shared)
        self.shared, self.own = shared, own

    @torch.no_grad()
    def _blocks(
        self, statistic: Tensor, observed: Tensor | None = None, own: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Log weights (block, J), and fields (1, J, N·dim) of the nodes of a block."""
        check_observed(observed, len(statistic), statistic.shape[1] // self.family.dim)
        observed = unless_complete(observed)
        for rows in torch.split(torch.arange(len(statistic)), ROWS):
            block, seen = on_device(statistic[rows], rows_of(observed, rows), device_of(self.model))
            mean, log_std = self.model.encode(block, *mask_argument(seen))
            mean = torch.nan_to_num(mean, nan=0.0).clamp(-FARTHEST, FARTHEST)
            wider = log_std.clamp(-FARTHEST, 0.0) + math.log(OWN_WIDENING)
            z, log_weight = balanced_nodes(mean, wider, self.shared, self.own, self.generator)
            fields = self.model.fields(z.to(parameter_type(self.model)))
            log_p = log_joint(self.model, block, fields, log_weight.to(fields), seen)
            base = self.family.log_base_measure(
                block[:, None], *mask_argument(rows_of(seen, (slice(None), None)))
            )
            yield in_double(log_p + base - math.log(len(z))), fields[None]

    def log_marginal_with_error(
        self, statistic: Tensor, observed: Tensor | None = None
    ) -> tuple[Tensor, float]:
        """log p_θ(x) in nats, (B, N·dim) → (B,), and the error of its mean over rows, in nats.

        From two budgets, as of ``ManyLatentNodes``: every second node of the prior with every second own
        draw, and the others. Infinite where more than 10 % of the posteriors have fewer than a dozen
        effective nodes.
        """
        values, halves, few = [], [], 0
        for log_weight, _ in self._blocks(statistic, observed):
            whole = log_weight.logsumexp(1)
            part = torch.arange(self.own)[:, None].expand(-1, len(whole)).flatten() % 2
            even = (torch.cat([torch.arange(self.shared) % 2, part]) == 0).to(log_weight.device)
            values.append(whole)
            parts = [log_weight[:, some].logsumexp(1) for some in (even, ~even)]
            shares = [math.log(some.sum().item() / len(some)) for some in (even, ~even)]
            halves.append(torch.stack([p - share for p, share in zip(parts, shares, strict=True)]))
            few += int((1 / (log_weight.softmax(1) ** 2).sum(1) < FEWEST).sum())
        found = torch.cat(values).to(statistic.device)
        one, other = torch.cat(halves, 1).to(statistic.device)
        if few > MOST_MISSED * len(found):
            return found, math.inf
        lost = (found - (one + other) / 2).mean().item()
        return found, max(lost, (one - other).mean().abs().item() / 2)
