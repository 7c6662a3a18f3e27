"""The verdict on a fitted law, whose data's law nobody knows, and what it lacks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from mfvae.analysis.begin import groups_of
from mfvae.analysis.ladder import Law, kept_at_random
from mfvae.analysis.law import statistic_of
from mfvae.capacity.unknown_law.examination import (
    CRITIC_NODES,
    IndependentLaw,
    RowSet,
    Sampled,
    examine_unknown_law,
    too_few,
)
from mfvae.capacity.unknown_law.given_draws import examine_draws
from mfvae.capacity.unknown_law.judgement import UnknownLawVerdict
from mfvae.capacity.unknown_law.lacks import Lacks, what_is_missing
from mfvae.data.configurations import Configurations
from mfvae.data.dependence import dependence_of
from mfvae.data.holdout import GAP, TEST, TRAIN, hold_out
from mfvae.decoding.evidence import independent_log_prob, stretches
from mfvae.errors import InputError
from mfvae.latent.lattice import SobolNodes
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.model.vae import VAE
from mfvae.random import generator, integer_seed
from mfvae.sites import SITE_FAMILIES
from mfvae.sites.masks import rows_of

if TYPE_CHECKING:
    from mfvae.analysis.fit import Fit

MOST_ROWS = 8000  # from which a critic learns; with those held out some ten seconds on 50 sites
PLANTED = (1.0, 0.3, 0.1, 0.03)  # nats
LACKS_ROWS = 5000  # of which is asked what they have and the model has not


def rows_of_fit(fit: Fit) -> tuple[RowSet, RowSet, np.ndarray | slice]:
    """Training rows, which may choose, and held-out rows that were scored; which of these they are.

    Critics know no weights: rows that have some are thinned by them (``kept_at_random``).
    """
    ladder, together = fit.ladder, groups_of(fit.data)
    rng = generator(ladder.seed, "analysis/verdict/weights")
    kept, scored = (kept_at_random(one, rng) for one in (ladder.weights, ladder.scored_weights))
    training = np.flatnonzero(fit.parts == TRAIN)[kept]
    groups = None if together is None else stretches(together[training])
    seen, scored_seen = rows_of(ladder.observed, kept), rows_of(ladder.scored_observed, scored)
    estimation = RowSet(
        ladder.scored[scored].numpy(),
        None if fit.groups is None else fit.groups[scored],
        None if scored_seen is None else scored_seen.numpy(),
    )
    mask = None if seen is None else seen.numpy()
    return RowSet(ladder.statistic[kept].numpy(), groups, mask), estimation, scored


def sampled(fit: Fit) -> VAE | Sampled:
    """The chosen law, which can be drawn from."""
    if fit.chosen.model is not None:
        return fit.chosen.model
    return IndependentLaw(fit.ladder.family, fit.ladder.fields)


def judge(fit: Fit, laws: Sequence[Law]) -> UnknownLawVerdict:
    """The verdict on the chosen law, with other laws of the same held-out rows as certificates.

    Laws whose numerical error is not known are no certificates.
    """
    chosen = fit.chosen
    errors = {
        law.name: math.hypot(law.numerical_error, chosen.numerical_error)
        for law in laws
        if law is not chosen
    }
    errors = {name: error for name, error in errors.items() if math.isfinite(error)}
    selection, estimation, scored = rows_of_fit(fit)
    return examine_unknown_law(
        sampled(fit),
        selection,
        estimation,
        seed=integer_seed(fit.ladder.seed, "analysis/verdict"),
        laws={law.name: law.log_prob[scored] for law in laws if law.name in errors},
        log_prob=chosen.log_prob[scored],
        numerical_errors=errors,
        planted=PLANTED,
        most_rows=MOST_ROWS,
    )


def judge_draws(data: Configurations, draws: Configurations, seed: int = 0) -> UnknownLawVerdict:
    """The verdict on a law from its draws, however they were made, with data of the same sites.

    Parameters
    ----------
    data : Configurations
        Half of the rows (whole groups, or blocks where there are none) teach a critic, the others test
        it.
    draws : Configurations
        Independent draws of the law, without gaps.
    seed : int
        Of the halves and of the critic.

    Returns
    -------
    UnknownLawVerdict
        Its reasons say how many rows are needed where these are too few.

    Raises
    ------
    InputError
        For other sites or another family than that of the data, and for draws with gaps.

    Examples
    --------
    >>> import mfvae
    >>> rng = np.random.default_rng(0)
    >>> alike = np.repeat(rng.integers(2, size=(1000, 1)), 3, axis=1) ^ (rng.random((1000, 3)) < 0.1)
    >>> free = rng.integers(2, size=(5000, 3))
    >>> str(judge_draws(mfvae.load(alike), mfvae.load(free)).answer)
    'not faithful'
    """
    check_same_sites(data, draws)
    if draws.observed is not None:
        raise InputError("draws", "gaps", "whole configurations are needed, as a law draws them")
    family = SITE_FAMILIES[data.site]
    parts, together = hold_out(data, share=0.5, seed=seed), groups_of(data)
    if data.observed is not None:
        parts[~data.observed.any(1)] = GAP

    def rows(part: str) -> RowSet:
        chosen = np.flatnonzero(parts == part)
        seen = None if data.observed is None else data.observed[chosen]
        statistic, _ = statistic_of(family, data.array[chosen], seen)
        groups = None if together is None else stretches(together[chosen])
        return RowSet(statistic.numpy(), groups, seen)

    return examine_draws(
        family.statistic(draws.array),
        rows(TRAIN),
        rows(TEST),
        seed=integer_seed(seed, "analysis/draws"),
        planted=PLANTED,
        most_rows=MOST_ROWS,
        notes=_of_dependent_draws(draws),
    )


def check_same_sites(data: Configurations, draws: Configurations) -> None:
    """Raise InputError for draws of other sites, or of another family, than those of the data."""
    of_data, of_draws = ((one.site, one.n_sites, one.site_names) for one in (data, draws))
    if of_data != of_draws:
        shown = f"{draws.n_sites} {draws.site} sites"
        allowed = f"the {data.n_sites} {data.site} sites of the data, with their names, are needed"
        raise InputError("draws", shown, allowed)


def _of_dependent_draws(draws: Configurations) -> list[str]:
    depends = dependence_of(draws)
    if not depends["dependent"]:
        return []
    overlap = f"{depends['neighbour_overlap']:.2g} ± {depends['neighbour_stderr']:.1g}"
    return [
        f"Neighbouring draws depend on each other (overlap {overlap}), and are taken for independent: "
        "errors are too small. Give draws that are further apart."
    ]


def lacks(fit: Fit) -> Lacks | None:
    """What the chosen law lacks; None of rows with gaps, too few of them, or more numbers for a site.

    Beyond three latents, whose sums take long, it is not asked either.
    """
    ladder, law = fit.ladder, sampled(fit)
    selection, estimation, _ = rows_of_fit(fit)
    many = isinstance(law, VAE) and law.config.latent_dim > MAX_LATENT_DIM
    if ladder.gaps or ladder.family.dim != 1 or many or too_few(selection, estimation):
        return None
    seed = integer_seed(ladder.seed, "analysis/lacks")
    nodes = None
    if isinstance(law, VAE):
        noise = torch.Generator().manual_seed(seed)
        nodes = SobolNodes(law, law.config.latent_dim, noise, CRITIC_NODES)

    def draw(n: int, rng: np.random.Generator) -> np.ndarray:
        return ladder.family.statistic(law.sample(n, rng))

    def score(statistic: np.ndarray) -> np.ndarray:
        rows = torch.from_numpy(statistic)
        if nodes is None:
            return independent_log_prob(ladder.family, ladder.fields, rows, None)
        return nodes.log_marginal(rows).numpy()

    return what_is_missing(
        draw, score, selection.given, estimation.given, estimation.groups, seed, LACKS_ROWS
    )
