"""How many collective variables or patterns data support: a rule on held-out likelihoods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from mfvae.stats import Estimate

SIGMAS = 3.0  # standard errors by which more must be better


def fewest(numbers: Iterable[int], gain: Callable[[int, int], Estimate]) -> int:
    """The smallest number that no larger one betters by three standard errors of the difference.

    ``gain(k, more)`` is by how many held-out nats ``more`` is better than k. The largest number is only
    a lower bound where it is the result. Raises ValueError for no numbers.
    """
    ordered = sorted(set(numbers))
    for place, k in enumerate(ordered):
        gains = [gain(k, more) for more in ordered[place + 1 :]]
        if all(found.value <= SIGMAS * found.stderr for found in gains):
            return k
    raise ValueError("one number at least is needed")


def fewest_of(nats: Mapping[int, Estimate]) -> int:
    """The same from held-out nats by number, their errors taken as independent.

    Likelihoods of the same words err together, so that this asks for more than the difference needs.
    """

    def gain(k: int, more: int) -> Estimate:
        error = float(np.hypot(nats[k].stderr, nats[more].stderr))
        return Estimate(nats[k].value - nats[more].value, error)

    return fewest(nats, gain)
