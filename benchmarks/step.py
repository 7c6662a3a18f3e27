"""What a training step spends its time on, against the matrix products that it cannot do without.

Pieces of the step are timed alone, at its shapes and numbers of calls. A step on one configuration has
no arithmetic to speak of: it is Python, autograd, the dispatch of kernels, and Adam. What all of them
leave is elementwise work of the loss, new memory, and caches that hold less than for a piece alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle, pairwise

import torch
from torch import Tensor
from torch.nn.functional import softplus

from benchmarks.timing import Measurement, alternate, ratio
from benchmarks.training import ARCHITECTURE, POINT
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites.spin import SOFTPLUS_LINEAR, Spin
from mfvae.training.objectives import OBJECTIVES, Draws
from mfvae.training.optimiser import Adam

SIDE = 1024  # of the square matrices whose product is the peak
BATCH, NODES, TRAINING_SET = 512, 512, 50_000  # as in config/config.yaml
MEGA, GIGA = 1e6, 1e9
LEARNING_RATE = 1e-3
ALL, REST = "all", "the rest"
CALLS, ADAM = "on one configuration: calls and Adam", "of which Adam"
PRODUCTS, TANH, SOFTPLUS, ROWS = "products", "tanh", "softplus", "choice of rows"
PARTS = (ALL, PRODUCTS, TANH, SOFTPLUS, ROWS, CALLS, ADAM, REST)  # of both objectives


def layers(sizes: Sequence[int], rows: int, first_gradient: bool) -> list[tuple[int, int, int]]:
    """Matrix products (m, k, n) of a perceptron on so many rows: forth, and back to weights and inputs.

    The first layer's input has a gradient only if asked for.
    """
    products = []
    for layer, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        products += [(rows, fan_in, fan_out), (fan_out, rows, fan_in)]
        if layer or first_gradient:
            products.append((rows, fan_out, fan_in))
    return products


def products(
    objective: str, config: VAEConfig, n_sites: int, batch: int, nodes: int
) -> list[tuple[int, int, int]]:
    """All matrix products (m, k, n) of one training step; ``nodes`` count for ``exact`` alone."""
    d = config.latent_dim
    encoder = layers([n_sites, *config.encoder_hidden, 2 * d], batch, first_gradient=False)
    sizes = [d, *config.decoder_hidden, n_sites]
    if objective == "elbo":
        return encoder + layers(sizes, batch, first_gradient=True)
    moments = [(batch, nodes, d)] * 2
    likelihood = [(batch, n_sites, nodes), (nodes, batch, n_sites)]
    return encoder + layers(sizes, nodes, first_gradient=False) + likelihood + moments


def flops(objective: str, config: VAEConfig, n_sites: int, batch: int, nodes: int) -> int:
    """Floating-point operations of the matrix products of one training step."""
    return sum(2 * m * k * n for m, k, n in products(objective, config, n_sites, batch, nodes))


def multiply(pairs: Sequence[tuple[Tensor, Tensor]]) -> None:
    for left, right in pairs:
        torch.mm(left, right)


def step_of(
    objective: str, batch: int, nodes: int, config: VAEConfig = ARCHITECTURE, n_sites: int = POINT["N"]
) -> Callable[[], object]:
    """One training step on random spins, without the choice of its rows."""
    model, generator = VAE(Spin(), n_sites, config), torch.Generator().manual_seed(1)
    statistic = torch.randn((batch, n_sites), generator=generator).sign()
    draws, optimiser = (
        Draws(1 if objective == "elbo" else nodes, 1.0, generator),
        Adam(model.parameters(), LEARNING_RATE),
    )

    def step() -> None:
        loss = OBJECTIVES[objective](model, statistic, draws)
        loss.value.item()
        optimiser.minimise(loss.value)

    return step


def activations(rows: Sequence[tuple[int, Sequence[int]]]) -> Callable[[], object]:
    """tanh of the hidden layers, forth and back, on (rows, widths)."""
    tensors = [torch.randn(n, width, requires_grad=True) for n, widths in rows for width in widths]
    slopes = [torch.ones_like(tensor) for tensor in tensors]
    return lambda: torch.autograd.grad([tensor.tanh() for tensor in tensors], tensors, slopes)


def log_partitions(rows: int, n_sites: int) -> Callable[[], object]:
    """The softplus of log 2cosh η, forth and back."""
    fields = torch.randn(rows, n_sites, requires_grad=True)
    slopes = torch.ones_like(fields)
    return lambda: torch.autograd.grad(softplus(fields, threshold=SOFTPLUS_LINEAR), fields, slopes)


def node_sums(batch: int, nodes: int) -> Callable[[], object]:
    """What ``exact`` does on log p(x|z_g): logsumexp forth and back, and the posterior's softmax."""
    log_joint = torch.randn(batch, nodes, requires_grad=True)

    def sums() -> None:
        torch.autograd.grad(log_joint.logsumexp(1).mean(), log_joint)
        log_joint.detach().softmax(1)

    return sums


def adam_alone() -> Callable[[], object]:
    """Adam's own arithmetic on all weights, behind the cheapest gradient."""
    parameters = list(VAE(Spin(), POINT["N"], ARCHITECTURE).parameters())
    optimiser = Adam(parameters, LEARNING_RATE)
    zero = torch.zeros((), requires_grad=True)
    return lambda: optimiser.minimise(0 * zero)


def pieces(objective: str) -> dict[str, Callable[[], object]]:
    """The whole step and its pieces, by name."""
    rows = BATCH if objective == "elbo" else NODES
    shapes = products(objective, ARCHITECTURE, POINT["N"], BATCH, NODES)
    pairs = [(torch.randn(m, k), torch.randn(k, n)) for m, k, n in shapes]
    data = torch.randn(TRAINING_SET, POINT["N"])
    batches = cycle(torch.randperm(TRAINING_SET).split(BATCH))  # other rows every time, as in an epoch
    found = {
        ALL: step_of(objective, BATCH, NODES),
        PRODUCTS: partial(multiply, pairs),
        TANH: activations([(BATCH, ARCHITECTURE.encoder_hidden), (rows, ARCHITECTURE.decoder_hidden)]),
        SOFTPLUS: log_partitions(rows, POINT["N"]),
        ROWS: lambda: data.index_select(0, next(batches)),
        CALLS: step_of(objective, 1, 1),
        ADAM: adam_alone(),
    }
    if objective == "elbo":
        return {**found, "random numbers": partial(torch.randn, BATCH, ARCHITECTURE.latent_dim)}
    return {**found, "sums over nodes": node_sums(BATCH, NODES)}


def repeated(call: Callable[[], object], times: int) -> None:
    for _ in range(times):
        call()


def measure(times: int, repeats: int, seed: int) -> list[Measurement]:
    """The peak, and for both objectives the step, its pieces in ms and its fraction of the peak."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    square = torch.randn(SIDE, SIDE)
    rows = []
    for objective in ("elbo", "exact"):
        named = pieces(objective)
        contenders = {name: partial(repeated, call, times) for name, call in named.items()}
        spent = alternate(
            {"peak": partial(torch.mm, square, square), **contenders}, repeats, time.process_time
        )
        peak = tuple(2 * SIDE**3 / t / GIGA for t in spent.pop("peak"))
        needed = flops(objective, ARCHITECTURE, POINT["N"], BATCH, NODES)
        rate = tuple(needed * times / t / GIGA for t in spent[ALL])
        parts = (values for name, values in spent.items() if name not in (ALL, ADAM))
        together = map(sum, zip(*parts, strict=True))
        spent[REST] = tuple(t - part for t, part in zip(spent[ALL], together, strict=True))
        label = f"step: {objective}"
        rows += [
            Measurement(label, "GFLOP/s of large products", peak),
            Measurement(label, "MFLOP of its products", (needed / MEGA,)),
            Measurement(label, "of the rate of large products", ratio(rate, peak)),
        ]
        rows += [
            Measurement(f"{label}, {name}", "CPU ms", tuple(1e3 * t / times for t in values))
            for name, values in spent.items()
        ]
    return rows
