"""Is a trained model faithful? One rule, stated here, for every system."""

from __future__ import annotations

from enum import IntEnum

from mfvae.information import FAITHFUL_KL
from mfvae.stats import Estimate

SIGMAS = 3.0  # standard errors


class Verdict(IntEnum):
    """Is the model faithful? Stated by ``verdict``.

    Examples
    --------
    The latents carry a nat less than two halves of the sites share.

    >>> verdict(Estimate(1.0, 0.1)).name
    'NOT_FAITHFUL'
    """

    NOT_FAITHFUL = -1
    UNDECIDED = 0
    FAITHFUL = 1


def verdict(deficit: Estimate, kl: Estimate | None = None, kl_error: float = 0.0) -> Verdict:
    """Faithful or not, by this rule, beyond three times the standard and the stated numerical errors.

    Not faithful: the capacity bound forbids it (I(A;B) − R > 0), or KL(p_data‖p_θ) exceeds 0.1 nat a
    configuration, at which ten configurations carry one nat of evidence against the model. Faithful: KL
    is below 0.1 nat. Undecided otherwise, as always when KL is not known (None) and the bound is silent.
    """
    if deficit.value > SIGMAS * deficit.stderr:
        return Verdict.NOT_FAITHFUL
    if kl is not None:
        margin = SIGMAS * (kl.stderr + kl_error)
        if kl.value - margin > FAITHFUL_KL:
            return Verdict.NOT_FAITHFUL
        if kl.value + margin < FAITHFUL_KL:
            return Verdict.FAITHFUL
    return Verdict.UNDECIDED
