"""Which departures from a model a critic would have found: planted in the model's own draws.

That no difference was found says something only beside the differences that would have been. A departure
tilts the model's law, p(x) ∝ p_θ(x) exp(t g(x)), so that its distance from the model,
KL = t E_t g − log E_θ e^(t g), is known. Independent draws from it are kept among the model's own with
probability exp(t (g − max g)).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mfvae.capacity.unknown_law.confidence import CONFIDENCE, check_confidence
from mfvae.capacity.unknown_law.critic import FEWEST_ROWS, check_rows, kl_lower_bound, train_critics
from mfvae.errors import InputError
from mfvae.random import generator

Draw = Callable[[int, np.random.Generator], np.ndarray]  # statistics T(x), (n, F), of the model's draws

SIZES = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001)  # nats
POOL = 20_000  # draws that fix the strength of a tilt
FARTHEST = 4.0  # standard deviations at which a feature is cut, so that draws are not all refused
STEEPEST = 64.0  # t, in units of the feature's standard deviation
HALVINGS = 60


@dataclass(frozen=True, eq=False)
class Departure:
    """A direction in which a law may depart from the model: a feature g, statistics (B, F) → (B,)."""

    name: str
    feature: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Power:
    """The smallest departures that are found with so many rows.

    Attributes
    ----------
    n_rows : int
        Rows on which the bound is estimated.
    smallest : tuple of (str, float or None)
        For every departure the smallest KL, in nats, that was found, the next smaller one that was
        tried not being; None where not even the largest was.
    confidence : float
        Of the limits.
    """

    n_rows: int
    smallest: tuple[tuple[str, float | None], ...]
    confidence: float

    @property
    def resolution(self) -> float | None:
        """The largest of them, in nats: what no planted departure could hide; None if one could."""
        sizes = [size for _, size in self.smallest]
        known = [size for size in sizes if size is not None]
        return max(known) if len(known) == len(sizes) else None

    def summary(self) -> str:
        """A line for every departure."""
        lines = [f"Planted departures that {self.n_rows} rows would have shown:"]
        for name, size in self.smallest:
            lines.append(f"  {name}: " + ("none" if size is None else f"from {size:.2g} nats"))
        return "\n".join(lines)


def standard_departures(draws: np.ndarray, rng: np.random.Generator) -> tuple[Departure, ...]:
    """One rate, one pair, the count, and one more latent, at random sites among those that change.

    A further latent of a Hopfield model, with random pattern ξ, multiplies its law by
    exp(β (ξ·x)²/2N). Raises InputError for draws of which fewer than two columns change.
    """
    width = draws.std(0)
    changing = np.nonzero(width > 0)[0]
    if len(changing) < 2:
        raise InputError("draws", len(changing), "two columns at least have to change")
    centre = draws.mean(0)
    i, j = rng.permutation(changing)[:2].tolist()
    signs = rng.choice([-1.0, 1.0], size=draws.shape[1]) / np.where(width > 0, width, np.inf)
    return (
        Departure(f"rate of column {i}", lambda x: x[:, i]),
        Departure(
            f"pair of columns {i} and {j}", lambda x: (x[:, i] - centre[i]) * (x[:, j] - centre[j])
        ),
        Departure("width of the count", lambda x: ((x - centre).sum(1)) ** 2),
        Departure("one more latent", lambda x: ((x - centre) @ signs) ** 2),
    )


class Tilted:
    """The model's law tilted so far along a feature that it lies ``nats`` away.

    Raises ArithmeticError where no tilt does.
    """

    def __init__(self, draw: Draw, departure: Departure, nats: float, rng: np.random.Generator) -> None:
        self.draw = draw
        values = departure.feature(draw(POOL, rng))
        centre, width = float(values.mean()), float(values.std())
        if not width > 0:
            raise ArithmeticError(f"{departure.name}: the feature does not change")

        def feature(x: np.ndarray) -> np.ndarray:
            return np.clip((departure.feature(x) - centre) / width, -FARTHEST, FARTHEST)

        self.feature = feature
        pool = np.clip((values - centre) / width, -FARTHEST, FARTHEST)
        if tilted_kl(pool, STEEPEST) < nats:
            raise ArithmeticError(f"{departure.name}: no tilt is {nats:g} nats away")
        low, high = 0.0, STEEPEST
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if tilted_kl(pool, middle) < nats else (low, middle)
        self.strength, self.highest = high, float(pool.max())

    def __call__(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n independent draws (n, F)."""
        blocks: list[np.ndarray] = []
        while sum(map(len, blocks)) < n:
            x = self.draw(POOL, rng)
            chance = np.exp(self.strength * (self.feature(x) - self.highest))
            blocks.append(x[rng.random(len(x)) < chance])
        return np.concatenate(blocks)[:n]


def tilted_kl(values: np.ndarray, strength: float) -> float:
    """KL in nats of a law tilted by e^(t g) from the law that values g (B,) were drawn from."""
    exponent = strength * values
    highest = exponent.max()
    weights = np.exp(exponent - highest)
    return float(weights @ exponent / weights.sum() - highest - np.log(weights.mean()))


def power(
    draw: Draw,
    n_train: int,
    n_rows: int,
    n_draws: int,
    seed: int,
    *,
    departures: Sequence[Departure] | None = None,
    sizes: Sequence[float] = SIZES,
    confidence: float = CONFIDENCE,
) -> Power:
    """The smallest planted departures that a critic finds, trained and tested as that of the data.

    Parameters
    ----------
    draw : callable
        (n, rng) → statistics T(x) of n independent draws from the model, (n, F).
    n_train, n_rows : int
        Rows that train the critic, and rows on which the bound is estimated. The planted rows are
        independent; where the data's depend on each other, give the number of independent ones that
        have their error.
    n_draws : int
        Of the model, for the training and again for the estimate.
    seed : int
        Of all draws and critics.
    departures : sequence of Departure, optional
        ``standard_departures`` without it.
    sizes : sequence of float
        KL of what is planted, in nats. The smallest that is found is sought by bisection.
    confidence : float
        Of the limits, one-sided.

    Returns
    -------
    Power

    Raises
    ------
    InputError
        For too few rows or draws, or sizes that are not positive.

    Examples
    --------
    >>> def draw(n, rng):
    ...     return rng.choice([-1, 1], size=(n, 4))
    >>> pair = Departure("a pair", lambda x: x[:, 0] * x[:, 1])
    >>> power(draw, 2000, 2000, 10_000, seed=0, departures=[pair], sizes=[0.1]).resolution
    0.1
    """
    check_confidence(confidence)
    for field, number in (("n_train", n_train), ("n_rows", n_rows), ("n_draws", n_draws)):
        if number < FEWEST_ROWS:
            raise InputError(field, number, f"an integer ≥ {FEWEST_ROWS} is needed")
    if not sizes or min(sizes) <= 0:
        raise InputError("sizes", tuple(sizes), "numbers of nats above 0 are needed")
    rng = generator(seed, "capacity/power")
    if departures is None:
        departures = standard_departures(check_rows("draws", draw(POOL, rng)), rng)
    smallest = []
    for departure in departures:
        planted = _planted(draw, departure, sizes, rng)

        def is_found(tilted: Tilted) -> bool:
            critic = train_critics(
                tilted(n_train, rng), draw(n_draws, rng), seed=seed, confidence=confidence
            )
            bound = kl_lower_bound(
                critic, tilted(n_rows, rng), draw(n_draws, rng), confidence=confidence
            )
            return bound.found

        smallest.append((departure.name, _smallest_found(planted, is_found)))
    return Power(n_rows, tuple(smallest), confidence)


def _planted(
    draw: Draw, departure: Departure, sizes: Sequence[float], rng: np.random.Generator
) -> dict[float, Tilted]:
    """Laws by their distance from the model, the largest first, of those that there are."""
    found = {}
    for nats in sorted(sizes, reverse=True):
        try:
            found[nats] = Tilted(draw, departure, nats, rng)
        except ArithmeticError:  # a feature with few values cannot be as far from the model
            continue
    return found


def _smallest_found(planted: dict[float, Tilted], is_found: Callable[[Tilted], bool]) -> float | None:
    """By bisection, as the larger a departure is, the easier it is found; None where none is."""
    sizes = list(planted)
    known, beyond = 0, len(sizes)  # so many of the largest are found; the one there is not
    while known < beyond:
        middle = (known + beyond) // 2
        if is_found(planted[sizes[middle]]):
            known = middle + 1
        else:
            beyond = middle
    return sizes[known - 1] if known else None
