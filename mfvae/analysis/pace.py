"""How long an analysis takes: before it begins from a few steps, and on the way from what was done."""

from __future__ import annotations

import io
import time
from contextlib import redirect_stderr
from dataclasses import dataclass, field, replace

from mfvae.analysis.ladder import Ladder, Step, training_config
from mfvae.capacity.selection import SIGMAS
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.sites.masks import rows_of
from mfvae.training.loop import ENCODER_SHARE

PROBED_ROWS, PROBED_SCORED = 1000, 100
SHARE_OF_START = 0.1  # a step of the regression that a training starts from, taken as a tenth of another
FORMS = 2  # of patterns, that are tried
LEAST_LATENTS = 2  # the ladder ends at the earliest with the second, which does not help


@dataclass
class Pace:
    """Seconds of trainings, in units of a step with one latent.

    Parameters
    ----------
    ladder : Ladder
    most : int
        The largest number of latents that is tried.
    unit : float
        Seconds of a unit.
    done, seconds : float
        Units that are done, and what they took.
    last : float
        When the last law was noted.
    """

    ladder: Ladder
    most: int
    unit: float
    done: float = 0.0
    seconds: float = 0.0
    last: float = field(default_factory=time.monotonic)

    @classmethod
    def probed(cls, ladder: Ladder, most: int) -> Pace:
        """A pace that is measured on some of the rows."""
        some = replace(
            ladder,
            statistic=ladder.statistic[:PROBED_ROWS],
            observed=rows_of(ladder.observed, slice(PROBED_ROWS)),
            weights=rows_of(ladder.weights, slice(PROBED_ROWS)),
            scored=ladder.scored[:PROBED_SCORED],
            scored_observed=rows_of(ladder.scored_observed, slice(PROBED_SCORED)),
            scored_weights=rows_of(ladder.scored_weights, slice(PROBED_SCORED)),
            epochs=1,
            store=None,
        )
        started = time.monotonic()
        with redirect_stderr(io.StringIO()):  # the progress of a moment
            some.law(1)
        return cls(ladder, most, (time.monotonic() - started) / _units(some, 1))

    def least(self) -> float:
        """Seconds, if the first latent that is tried is one too many, or the second."""
        return self.unit * self._from(1, min(LEAST_LATENTS, self.most))

    def longest(self) -> float:
        """Seconds, if every latent helps."""
        return self.unit * self._from(1, self.most)

    def _from(self, next_one: int, last: int) -> float:
        """Units of a ladder that goes on from one number of latents to another, and of what follows."""
        ladder = sum(_units(self.ladder, d) for d in range(next_one, last + 1))
        return ladder + FORMS * _units(self.ladder, max(1, last - 1)) + self._judging(max(1, last - 1))

    def _judging(self, latents: int) -> float:
        """Units of the two halves and the null."""
        return 2 * _units(self.ladder, latents) + _units(self.ladder, 1)

    def after(self, step: Step) -> float:
        """Note a law that was trained and scored; seconds left at the least."""
        law, now = step.law, time.monotonic()
        if law.seconds:
            self.done += _units(self.ladder, law.latents)
            self.seconds += now - self.last
            self.unit = self.seconds / self.done
        self.last = now
        if law.patterns is not None:
            return self.unit * self._judging(law.latents)
        helped = step.gain is None or step.gain.value > SIGMAS * step.gain.stderr
        last = max(LEAST_LATENTS, law.latents + 1) if helped else law.latents
        return self.unit * self._from(law.latents + 1, min(self.most, last))


def _units(ladder: Ladder, latents: int) -> float:
    """Steps of a training, as many as they are worth with one latent."""
    if latents == 0:
        return 0.0
    rows = len(ladder.statistic)
    config = training_config(rows, latents, ladder.epochs)
    steps = config.epochs * (1 + ENCODER_SHARE) * max(1, rows // config.batch_size)
    # Nodes double with every latent, the rest of a step stays. More than three latents, with draws of
    # every row's own, take as long as three: 0.7 to 1.1 times at 16, 40 and 100 sites.
    weight = 0.5 + 0.5 * 2.0 ** (min(latents, MAX_LATENT_DIM) - 1)
    return steps * weight + SHARE_OF_START * config.start_steps


def in_words(seconds: float) -> str:
    """A time to two digits at most.

    >>> in_words(4.2), in_words(100), in_words(5000)
    ('5 s', '2 min', '1.4 h')
    """
    if seconds < 55:
        return f"{max(1, -(-seconds // 1)):.0f} s" if seconds < 10 else f"{round(seconds, -1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3300 else f"{seconds / 3600:.1f} h"
