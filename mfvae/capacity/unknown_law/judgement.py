"""Is a model faithful to data whose law nobody knows? What can be said, and its reasons.

KL(p_data‖p_θ) cannot be bounded from above by samples. It can from below, by any better law and by a
critic, and it can be said which departures would have been found. So the answer is one of three: not
faithful, by how many nats at least; no difference found, above what size; or undecided. For solvable
systems, whose KL is known, the rule is ``mfvae.capacity.verdict``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from mfvae.capacity.unknown_law.confidence import CONFIDENCE, LowerBound, check_confidence, paired_bound
from mfvae.capacity.unknown_law.power import Power
from mfvae.capacity.verdict import SIGMAS
from mfvae.errors import InputError
from mfvae.information import FAITHFUL_KL
from mfvae.shown import Shown
from mfvae.stats import Estimate

if TYPE_CHECKING:
    import pandas as pd


class Answer(StrEnum):
    """What can be said of a model of data whose law is unknown."""

    NOT_FAITHFUL = "not faithful"
    NO_DIFFERENCE = "no difference found"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class UnknownLawVerdict(Shown):
    """The answer and what it rests on.

    Attributes
    ----------
    answer : Answer
    missing : float
        KL(p_data‖p_θ) is at least this, in nats per configuration; 0 where no certificate says more.
    resolution : float or None
        Planted departures of this size, in nats, were all found; None where that is not known.
    epsilon : float or None
        No difference above this was found, in nats: the resolution, or what certificates found if that
        is more; None where the resolution is not known.
    certificates : tuple of LowerBound
        Of KL, in the order given.
    confidence : float
        That all of them hold together.
    reasons : tuple of str
        In words, a sentence each.
    rate : Estimate or None
        R of the model, in nats, where the capacity bound was asked for.
    information : LowerBound or None
        I(A;B) of the data beside it.
    """

    answer: Answer
    missing: float
    resolution: float | None
    epsilon: float | None
    certificates: tuple[LowerBound, ...]
    confidence: float
    reasons: tuple[str, ...]
    rate: Estimate | None = None
    information: LowerBound | None = None

    @property
    def best(self) -> LowerBound | None:
        """The certificate of what is missing, None where nothing is certain."""
        found = [one for one in self.certificates if one.found]
        return max(found, key=lambda one: one.lower) if found else None

    @property
    def sentence(self) -> str:
        """The answer in one line."""
        if self.answer == Answer.NOT_FAITHFUL:
            if self.best is not None:
                nats = _rounded_down(self.best.lower)
                return f"Not faithful: at least {nats} nats are missing (certificate: {self.best.name})."
            return "Not faithful: the latents cannot carry what the data's parts share."
        if self.answer == Answer.NO_DIFFERENCE:
            assert self.epsilon is not None  # it is at most what was asked for
            return f"No difference above {_rounded_up(self.epsilon)} nats was found."
        if self.epsilon is not None:
            nats = _rounded_up(self.epsilon)
            return f"Undecided: no difference above {nats} nats was found, and too few rows to see less."
        return "Undecided: too few rows to tell."

    def summary(self) -> str:
        """The sentence and its reasons, a line each."""
        return "\n".join([self.sentence, *(f"  - {reason}" for reason in self.reasons)])

    def to_frame(self) -> pd.DataFrame:
        """A line a certificate: ``name``, ``value``, ``stderr``, ``lower`` in nats, ``confidence``."""
        import pandas as pd

        rows = [
            (one.name, one.estimate.value, one.estimate.stderr, one.lower, one.confidence)
            for one in self.certificates
        ]
        return pd.DataFrame(rows, columns=["name", "value", "stderr", "lower", "confidence"])


def better_laws(
    laws: Mapping[str, ArrayLike],
    model: ArrayLike,
    groups: ArrayLike | None = None,
    confidence: float = CONFIDENCE,
    numerical_errors: Mapping[str, float] | None = None,
) -> list[LowerBound]:
    """KL(p_data‖p_θ) from below by every law of a table, all of which hold together at a confidence.

    Parameters
    ----------
    laws : mapping of name to array, shape (B,)
        log r(x) of held-out rows under other laws, in nats.
    model : array, shape (B,)
        log p_θ(x) of the same rows.
    groups : array, shape (B,), optional
        Groups of rows that are independent of each other; without it every row is.
    confidence : float
        One-sided, shared among the laws (Bonferroni).
    numerical_errors : mapping of name to float, optional
        Of the mean difference between a law and the model, in nats: three times as much is taken off
        its limit. None for laws that are computed exactly.

    Returns
    -------
    list of LowerBound
        In the order of the table.

    Raises
    ------
    InputError
        For no law, arrays of other shapes, numbers that are not finite, fewer than two groups.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(-20, 5, size=400)
    >>> [found.found for found in better_laws({"tree": rows + 0.1, "independent": rows - 1}, rows)]
    [True, False]
    """
    if not laws:
        raise InputError("laws", {}, "one law at least is needed")
    check_confidence(confidence)
    each = 1 - (1 - confidence) / len(laws)
    off = numerical_errors or {}
    found = []
    for name, scores in laws.items():
        bound = paired_bound(name, scores, model, groups, each)
        error = off.get(name, 0.0)
        with_error = Estimate(bound.estimate.value, math.hypot(bound.estimate.stderr, error))
        found.append(replace(bound, estimate=with_error, lower=bound.lower - SIGMAS * error))
    return found


def judge_unknown_law(
    certificates: Iterable[LowerBound],
    *,
    rate: Estimate | None = None,
    information: LowerBound | None = None,
    power: Power | None = None,
    tolerance: float = 0.0,
    fine: float = FAITHFUL_KL,
    notes: Iterable[str] = (),
) -> UnknownLawVerdict:
    """The verdict from certificates, the capacity bound and the power of the critic.

    Parameters
    ----------
    certificates : iterable of LowerBound
        Of KL(p_data‖p_θ): better laws, the critic. They may be none.
    rate : Estimate, optional
        R of the model on the same data, in nats.
    information : LowerBound, optional
        I(A;B) of the data. R < I(A;B) condemns the model before KL is asked.
    power : Power, optional
        Of the critic, with as many rows.
    tolerance : float
        Nats that may be missing; without it any that are certain count.
    fine : float
        Nats that planted departures must be found down to, if none found is to mean anything.
    notes : iterable of str
        Sentences that are reasons, too, such as what could not be asked.

    Returns
    -------
    UnknownLawVerdict

    Raises
    ------
    InputError
        For a negative tolerance, ``fine`` below it, or a rate without information or the reverse.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(-20, 5, size=400)
    >>> print(judge_unknown_law(better_laws({"a tree": rows + 0.5}, rows)).sentence)
    Not faithful: at least 0.5 nats are missing (certificate: a tree).
    >>> print(judge_unknown_law(better_laws({"a tree": rows - 0.5}, rows)).sentence)
    Undecided: too few rows to tell.
    """
    if not tolerance >= 0:
        raise InputError("tolerance", tolerance, "a number ≥ 0 is needed")
    if not fine >= tolerance or not fine > 0:
        raise InputError("fine", fine, f"a number above 0, and at least {tolerance:g}, is needed")
    if (rate is None) != (information is None):
        raise InputError("rate", rate, "rate and information are compared: both are needed, or none")
    found = tuple(certificates)
    reasons: list[str] = []
    condemned = False
    if rate is not None and information is not None:
        condemned = information.lower > rate.value + SIGMAS * rate.stderr
        verb = "is more than" if condemned else "leaves room below"
        shared = f"I(A;B) ≥ {_rounded_down(information.lower)} nats"
        carried = f"the rate, {rate.value:.3g} ± {rate.stderr:.2g} nats"
        reasons.append(f"Capacity ({information.name}): {shared} {verb} {carried}.")
    reasons += [*_of_certificates(found), *notes]
    missing = max((one.lower for one in found if one.found), default=0.0)
    resolution = None if power is None else power.resolution
    seen = max((one.estimate.value for one in found if one.found), default=0.0)
    epsilon = None if resolution is None else max(resolution, seen)
    if power is not None:
        reasons.append(_of_power(power))
    if condemned or missing > tolerance:
        answer = Answer.NOT_FAITHFUL
    elif epsilon is not None and epsilon <= fine:
        answer = Answer.NO_DIFFERENCE
        reasons.append("This is no proof that the model is faithful: samples bound KL from below alone.")
    else:
        answer = Answer.UNDECIDED
        if power is None:
            reasons.append("Power: which departures would have been found was not measured.")
    doubts = sum(1 - one.confidence for one in found)
    return UnknownLawVerdict(
        answer,
        missing,
        resolution,
        epsilon,
        found,
        max(0.0, 1 - doubts),
        tuple(reasons),
        rate,
        information,
    )


def _rounded_down(nats: float) -> str:
    """Two digits, of a number that something is at least."""
    if nats <= 0:
        return f"{nats:.2g}"
    unit = 10.0 ** (math.floor(math.log10(nats)) - 1)
    return f"{math.floor(nats / unit) * unit:.2g}"


def _rounded_up(nats: float) -> str:
    """Two digits, of a number that something is at most."""
    unit = 10.0 ** (math.floor(math.log10(nats)) - 1)
    return f"{math.ceil(nats / unit - 1e-9) * unit:.2g}"


def _of_certificates(found: Sequence[LowerBound]) -> list[str]:
    """A sentence for each that is certain, and for the highest of those that are not."""
    certain = sorted((one for one in found if one.found), key=lambda one: -one.lower)
    silent = [one for one in found if not one.found]
    sentences = [f"Certificate ({one.name}): {_said(one)}." for one in certain]
    if silent:
        best = max(silent, key=lambda one: one.lower)
        others = f", and less from {len(silent) - 1} others" if len(silent) > 1 else ""
        sentences.append(f"Certificate ({best.name}): {_said(best)}{others}.")
    return sentences


def _said(one: LowerBound) -> str:
    value = f"{one.estimate.value:.3g} ± {one.estimate.stderr:.2g} nats"
    level = f"{100 * one.confidence:g} % confidence"
    if one.found:
        return f"at least {_rounded_down(one.lower)} nats are missing at {level} ({value})"
    return f"nothing is certain at {level} ({value})"


def _of_power(power: Power) -> str:
    if power.resolution is None:
        hidden = [name for name, size in power.smallest if size is None]
        return f"Power: {power.n_rows} rows would not have shown {', '.join(hidden)} of any size tried."
    each = ", ".join(f"{name} from {size:.2g}" for name, size in power.smallest)
    size = f"{power.resolution:.2g} nats"
    return f"Power: with {power.n_rows} rows every planted departure of {size} is found ({each})."
