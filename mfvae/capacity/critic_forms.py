"""Forms of critics, functions of configurations with many parameters, and their fit to two sets of rows.

A form is fitted by logistic regression of data against draws, full batch by L-BFGS, and stopped where
rows that have no part in the fit are best told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

HIDDEN = 16  # units of the perceptron
MOST_STEPS = 200  # of the optimiser
PATIENCE = 8  # steps without a gain on the validation rows
BLOCK_ENTRIES = 2**24  # numbers held at once where a form is evaluated
Rows = np.ndarray  # statistics T(x), float32 (B, F)


@dataclass(frozen=True, eq=False)
class CriticForm:
    """f(x) = h·u + ½ uᵀJu + g(count) + v·tanh(Wu + b) of standardised statistics u = (T − centre)/width.

    Attributes
    ----------
    centre, width : array, shape (F,)
        Of the statistics.
    linear : array, shape (F,)
        h.
    pairs : array, shape (F, F)
        J, symmetric, zero on its diagonal; in units of ``width``.
    counts : array, shape (F + 1,)
        g by the number of spins +1; empty where statistics are no spins.
    inner, bias, outer : arrays, shapes (F, units), (units,), (units,)
        W transposed, b and v.
    """

    centre: np.ndarray
    width: np.ndarray
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
        u = (rows - self.centre) / self.width
        value = u @ self.linear + ((u @ self.pairs) * u).sum(1) / 2
        if len(self.counts):
            value = value + self.counts[(rows > 0).sum(1)]
        return value + np.tanh(u @ self.inner + self.bias) @ self.outer


def fitted_forms(
    train: tuple[Rows, Rows], test: tuple[Rows, Rows], rng: np.random.Generator
) -> Iterator[tuple[str, CriticForm]]:
    """Forms by name, each begun where it can be at one before; ``train`` and ``test``: data and draws."""
    n = train[0].shape[1]
    spins = all((np.abs(part) == 1).all() for part in (*train, *test))
    pooled = np.concatenate(train)
    centre, width = pooled.mean(0), pooled.std(0)
    width = np.where(width > 0, width, 1).astype(np.float32)  # of a constant column: any will do
    nothing = CriticForm(
        centre,
        width,
        np.zeros(n),
        np.zeros((n, n)),
        np.zeros((n + 1) * spins),
        rng.standard_normal((n, HIDDEN)) / np.sqrt(n),
        rng.standard_normal(HIDDEN),
        np.zeros(HIDDEN),
    )
    pairs = _fit(nothing, ("linear", "pairs"), train, test)
    yield "pairs", pairs
    if spins:
        yield "counts", _fit(nothing, ("counts",), train, test)
        pairs = _fit(pairs, ("linear", "pairs", "counts"), train, test)
        yield "pairs and counts", pairs
    free = ("linear", "pairs", "inner", "bias", "outer")
    yield "perceptron", _fit(pairs, free + ("counts",) * spins, train, test)


class _Prepared:
    """Rows as a fit needs them: standardised statistics and, of spins, counts."""

    def __init__(self, rows: Rows, form: CriticForm) -> None:
        import torch

        self.u = torch.from_numpy(((rows - form.centre) / form.width).astype(np.float32))
        self.counts = torch.from_numpy((rows > 0).sum(1))

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
    """Logistic regression of some parameters of a form, as an optimiser asks for it.

    Data and draws weigh the same, whatever their numbers. A Gaussian prior of width 1, of 1/√F for
    matrices, keeps finite what rows do not fix.
    """

    def __init__(
        self, start: CriticForm, free: Sequence[str], train: tuple[Rows, Rows], test: tuple[Rows, Rows]
    ) -> None:
        import torch

        self.fixed = {k: torch.from_numpy(np.asarray(v, np.float32)) for k, v in vars(start).items()}
        self.free = free
        self.train = [_Prepared(rows, start) for rows in train]
        self.test = [_Prepared(rows, start) for rows in test]
        self.sizes = [self.fixed[key].numel() for key in free]
        self.n_rows = min(map(len, train))
        self.best_loss, self.best, self.worse = np.inf, self.start(), 0

    def start(self) -> np.ndarray:
        """The parameters from which the fit begins, as one vector."""
        return np.concatenate([self.fixed[key].numpy().ravel() for key in self.free]).astype(np.float64)

    def unpacked(self, vector: Tensor) -> dict[str, Tensor]:
        """All parameters, the free ones from a vector."""
        parts = zip(self.free, vector.split(self.sizes), strict=True)
        return self.fixed | {key: part.reshape(self.fixed[key].shape) for key, part in parts}

    def objective(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Loss with its prior, and the gradient."""
        import torch

        vector = torch.from_numpy(theta.astype(np.float32)).requires_grad_()
        values = self.unpacked(vector)
        own = [values[key] for key in self.free]
        penalty = sum((part**2).sum() * (len(part) if part.ndim == 2 else 1) for part in own)
        found = _logistic_loss(values, *self.train) + penalty / (2 * self.n_rows)
        (gradient,) = torch.autograd.grad(found, vector)
        return float(found.detach()), gradient.numpy().astype(np.float64)

    def judge(self, theta: np.ndarray) -> None:
        """Keep these parameters if they are better on validation rows; StopIteration if none are."""
        import torch

        with torch.no_grad():
            values = self.unpacked(torch.from_numpy(theta.astype(np.float32)))
            found = float(_logistic_loss(values, *self.test))
        if found < self.best_loss:
            self.best_loss, self.best, self.worse = found, theta.copy(), 0
            return
        self.worse += 1
        if self.worse >= PATIENCE:
            raise StopIteration

    def form(self) -> CriticForm:
        """The form with the best parameters."""
        import torch

        values = self.unpacked(torch.from_numpy(self.best.astype(np.float32)))
        values["pairs"] = _symmetric(values["pairs"])
        return CriticForm(**{key: value.numpy() for key, value in values.items()})


def _logistic_loss(values: Mapping[str, Tensor], data: _Prepared, draws: _Prepared) -> Tensor:
    from torch.nn.functional import softplus

    return softplus(-data.logits(values)).mean() + softplus(draws.logits(values)).mean()


def _fit(
    start: CriticForm, free: Sequence[str], train: tuple[Rows, Rows], test: tuple[Rows, Rows]
) -> CriticForm:
    """A form fitted from ``start``, stopped where the validation rows are best told apart."""
    from scipy.optimize import minimize

    fit = _Fit(start, free, train, test)
    fit.judge(fit.start())
    options = {"maxiter": MOST_STEPS}
    minimize(  # type: ignore[call-overload]
        fit.objective, fit.start(), jac=True, method="L-BFGS-B", callback=fit.judge, options=options
    )
    return fit.form()
