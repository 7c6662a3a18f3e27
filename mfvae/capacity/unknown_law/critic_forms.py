"""Forms of critics, functions of configurations with many parameters, and their fit to two sets of rows.

A form is fitted by logistic regression of data against draws; the parameters kept are those that best
tell apart rows that have no part in the fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

HIDDEN = 16  # units of the perceptron
BATCH = 2048  # rows and as many draws of a step
EPOCHS = 30  # of the smaller of both sets, within these bounds:
FEWEST_STEPS, MOST_STEPS = 120, 1500
LOOKS = 30  # at the validation rows
RATE = 0.1  # of the first step, over √F: the more parameters, the more a step moves f
MOMENTA = (0.9, 0.99)  # of Adam's means of gradients and of their squares
TINY = 1e-8  # beside their root
BLOCK_ENTRIES = 2**24  # numbers held at once where a form is evaluated
Rows = np.ndarray  # statistics T(x), float32 (B, F)


@dataclass(frozen=True, eq=False)
class CriticForm:
    """f(x) = h·u + ½ uᵀJu + g(count) + v·tanh(Wu + b) of u = T − centre.

    Attributes
    ----------
    centre : array, shape (F,)
        Of the statistics.
    linear : array, shape (F,)
        h.
    pairs : array, shape (F, F)
        J, symmetric, zero on its diagonal.
    counts : array, shape (F + 1,)
        g by the number of spins +1; empty where statistics are no spins.
    inner, bias, outer : arrays, shapes (F, units), (units,), (units,)
        W transposed, b and v.
    """

    centre: np.ndarray
    linear: np.ndarray
    pairs: np.ndarray
    counts: np.ndarray
    inner: np.ndarray
    bias: np.ndarray
    outer: np.ndarray

    def __call__(self, rows: Rows) -> np.ndarray:
        """f of statistics (B, F): (B,), float64."""
        step = max(1, BLOCK_ENTRIES // rows.shape[1])
        blocks = [self._of_block(rows[start : start + step]) for start in range(0, len(rows), step)]
        return np.concatenate(blocks).astype(np.float64)

    def _of_block(self, rows: Rows) -> np.ndarray:
        u = rows - self.centre
        value = u @ self.linear + ((u @ self.pairs) * u).sum(1) / 2
        if len(self.counts):
            value = value + self.counts[(rows > 0).sum(1)]
        return value + np.tanh(u @ self.inner + self.bias) @ self.outer


def fitted_forms(
    train: tuple[Rows, Rows], test: tuple[Rows, Rows], rng: np.random.Generator
) -> Iterator[tuple[str, CriticForm]]:
    """Forms by name, each begun where it can be at one before, of (data, draws) and (data, draws)."""
    n = train[0].shape[1]
    spins = all((np.abs(part) == 1).all() for part in (*train, *test))
    nothing = CriticForm(
        np.concatenate(train).mean(0),
        np.zeros(n),
        np.zeros((n, n)),
        np.zeros((n + 1) * spins),
        rng.standard_normal((n, HIDDEN)) / np.sqrt(n),
        rng.standard_normal(HIDDEN),
        np.zeros(HIDDEN),
    )
    pairs = _Fit(nothing, ("linear", "pairs"), train, test).run(rng)
    yield "pairs", pairs
    if spins:
        yield "counts", _Fit(nothing, ("counts",), train, test).run(rng)
        pairs = _Fit(pairs, ("linear", "pairs", "counts"), train, test).run(rng)
        yield "pairs and counts", pairs
    free = ("linear", "pairs", "inner", "bias", "outer")
    yield "perceptron", _Fit(pairs, free + ("counts",) * spins, train, test).run(rng)


class _Prepared:
    """Rows as a fit needs them: statistics about their centre and, of spins, counts."""

    def __init__(self, u: Tensor, counts: Tensor) -> None:
        self.u, self.counts = u, counts

    @classmethod
    def of(cls, rows: Rows, form: CriticForm) -> Self:
        import torch

        return cls(torch.from_numpy(rows - form.centre), torch.from_numpy((rows > 0).sum(1)))

    def at(self, index: Tensor) -> Self:
        """Some of the rows."""
        return type(self)(self.u[index], self.counts[index])

    def logits(self, values: Mapping[str, Tensor]) -> Tensor:
        """f of every row, (B,)."""
        value = self.u @ values["linear"] + ((self.u @ _symmetric(values["pairs"])) * self.u).sum(1) / 2
        if len(values["counts"]):
            value = value + values["counts"][self.counts]
        if values["outer"].any() or values["outer"].requires_grad:
            value = value + (self.u @ values["inner"] + values["bias"]).tanh() @ values["outer"]
        return value


def _symmetric(matrix: Tensor) -> Tensor:
    """The symmetric part without its diagonal, (F, F)."""
    both = (matrix + matrix.T) / 2
    return both - both.diagonal().diag()


class _Fit:
    """Logistic regression of some parameters of a form.

    Data and draws weigh the same, whatever their numbers. A Gaussian prior of width 1, of 1/√F for
    matrices, keeps finite what rows do not fix.
    """

    def __init__(
        self, start: CriticForm, free: Sequence[str], train: tuple[Rows, Rows], test: tuple[Rows, Rows]
    ) -> None:
        import torch

        self.fixed = {k: torch.from_numpy(np.asarray(v, np.float32)) for k, v in vars(start).items()}
        self.free = free
        self.train = [_Prepared.of(rows, start) for rows in train]
        self.test = [_Prepared.of(rows, start) for rows in test]
        self.sizes = [self.fixed[key].numel() for key in free]
        self.n_rows = min(map(len, train))

    def unpacked(self, vector: Tensor) -> dict[str, Tensor]:
        """All parameters, the free ones from a vector."""
        import torch

        parts = zip(self.free, torch.split(vector, self.sizes), strict=True)
        return self.fixed | {key: part.reshape(self.fixed[key].shape) for key, part in parts}

    def gradient(self, vector: Tensor, rows: Sequence[Tensor]) -> Tensor:
        """Of the loss of some rows, with its share of the prior."""
        import torch

        leaf = vector.detach().requires_grad_()
        values = self.unpacked(leaf)
        own = [values[key] for key in self.free]
        penalty = sum((part**2).sum() * (len(part) if part.ndim == 2 else 1) for part in own)
        batch = [part.at(index) for part, index in zip(self.train, rows, strict=True)]
        loss = _logistic_loss(values, *batch) + penalty / (2 * self.n_rows)
        return torch.autograd.grad(loss, leaf)[0]

    def run(self, rng: np.random.Generator) -> CriticForm:
        """The best form on the way of Adam (Kingma & Ba, arXiv:1412.6980), whose rate falls to zero."""
        import torch

        vector = torch.cat([self.fixed[key].flatten() for key in self.free])
        mean, square = torch.zeros_like(vector), torch.zeros_like(vector)
        batch = min(BATCH, self.n_rows)
        steps = int(np.clip(EPOCHS * self.n_rows / batch, FEWEST_STEPS, MOST_STEPS))
        rate = RATE / np.sqrt(len(self.fixed["centre"]))
        best = self.loss(vector), vector.clone()
        for step in range(1, steps + 1):
            rows = [torch.from_numpy(rng.integers(len(part.u), size=batch)) for part in self.train]
            gradient = self.gradient(vector, rows)
            mean.lerp_(gradient, 1 - MOMENTA[0])
            square.lerp_(gradient**2, 1 - MOMENTA[1])
            first, second = (1 - momentum**step for momentum in MOMENTA)
            move = mean / first / ((square / second).sqrt() + TINY)
            vector = vector - rate * (1 - step / steps) * move
            if step % (steps // LOOKS) == 0 or step == steps:
                best = min(best, (self.loss(vector), vector.clone()), key=lambda pair: pair[0])
        values = self.unpacked(best[1])
        values["pairs"] = _symmetric(values["pairs"])
        return CriticForm(**{key: value.numpy() for key, value in values.items()})

    def loss(self, vector: Tensor) -> float:
        """Of the rows that have no part in the fit."""
        return float(_logistic_loss(self.unpacked(vector), *self.test))


def _logistic_loss(values: Mapping[str, Tensor], data: _Prepared, draws: _Prepared) -> Tensor:
    from torch.nn.functional import softplus

    return softplus(-data.logits(values)).mean() + softplus(draws.logits(values)).mean()
