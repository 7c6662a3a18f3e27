"""Is the chosen model faithful? What its latents carry, what they must, and which laws are better.

The law of the data is not known, so that nothing here can prove a model faithful. Three things can show
that it is not: the capacity bound, any other law that predicts held-out rows better, and a critic that
tells rows from the model's draws. Where all are silent, the answer is which differences would have been
found (``mfvae.capacity.unknown_law``). Where the true law is given, the divergence itself is measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mfvae.analysis.begin import scored_rows
from mfvae.analysis.judging import judge
from mfvae.analysis.ladder import INDEPENDENT, Law, mean_over, paired_gain
from mfvae.capacity.bound import model_mutual_information, rate_and_distortion
from mfvae.capacity.unknown_law.judgement import Answer, UnknownLawVerdict
from mfvae.capacity.verdict import SIGMAS, Verdict, verdict
from mfvae.decoding.patterns import binary_patterns
from mfvae.errors import InputError
from mfvae.information import BipartiteInformation, lower_bound_from_statistics, worst_split
from mfvae.latent.choose import latent_integral
from mfvae.latent.lattice import LatentQuadrature
from mfvae.population.words import spike_counts
from mfvae.random import generator, integer_seed
from mfvae.shown import Shown
from mfvae.stats import Estimate

if TYPE_CHECKING:
    import pandas as pd

    from mfvae.analysis.fit import Fit
    from mfvae.systems.base import System

RANDOM_HALVES = 20  # of the sites, among which the worst split is sought
FEWEST_SCORED = 40  # held-out rows for a bound of I(A;B) with an error
OWN_DRAWS = 4000  # of the model, for its own I(A;B)
COMPONENTS = 8  # of the mixture
PAIRWISE_STEPS = 1000  # of stochastic gradients
MOST_PAIRWISE = 100  # sites: the time of a fit grows as their square
KNOWN = {  # of a law that nobody knows, no model is said to be faithful
    Answer.NOT_FAITHFUL: Verdict.NOT_FAITHFUL,
    Answer.NO_DIFFERENCE: Verdict.UNDECIDED,
    Answer.UNDECIDED: Verdict.UNDECIDED,
}
BASELINES: dict[str, tuple[str, dict[str, int]]] = {  # other laws of spins: kind and options
    f"mixture of {COMPONENTS}": ("mixture", {"components": COMPONENTS}),
    "independent given the count": ("population_count", {}),
    "tree of pairs": ("chow_liu", {}),
    "pairwise": ("pairwise", {"steps": PAIRWISE_STEPS}),
}


@dataclass(frozen=True, eq=False)
class Diagnosis(Shown):
    """What was found of the chosen model, on rows that it has not seen. All in nats a row.

    Attributes
    ----------
    latents : int
        The chosen number.
    nats : DataFrame
        One line a law, baselines among them: ``law``, ``nats``, and ``better``, by how much the law is
        better than the chosen one row by row, each with its standard error.
    gain : Estimate
        Over independent sites.
    steps : tuple of (int, Estimate)
        By how much each larger number of latents that was tried is better.
    rate : Estimate or None
        R, what the latents carry; None without latents.
    information : BipartiteInformation or None
        A lower bound of the data's I(A;B), of the worst split found on the training rows; spins alone.
    model_information : Estimate or None
        I(A;B) of the model itself, first half of the sites against second.
    kl : Estimate or None
        KL(p_data‖p_θ), where the true law was given.
    verdict : Verdict
    reasons : tuple of str
        Of the verdict, a sentence each.
    cautions : tuple of str
        What makes the answer less certain than its error bars.
    null : Estimate
        What one latent gains where there is nothing to find: on the same columns, each shuffled.
    chosen : str
        Name of the law that the answer is about.
    any_site : bool
        Whether a field can be any law of a single site, as of spins and states. Else a latent can also
        gain by what it does to single sites.
    judged : UnknownLawVerdict or None
        By the rule for laws that nobody knows; None where the true law was given.

    Examples
    --------
    >>> import mfvae
    >>> x = np.random.default_rng(0).integers(2, size=(400, 5))
    >>> found = mfvae.fit(x, latents=1, epochs=1).diagnose(baselines=["tree of pairs"])
    >>> found.chosen, found.to_frame()["law"].tolist()
    ('independent sites', ['independent sites', '1 latent', 'tree of pairs'])
    """

    latents: int
    nats: pd.DataFrame
    gain: Estimate
    steps: tuple[tuple[int, Estimate], ...]
    rate: Estimate | None
    information: BipartiteInformation | None
    model_information: Estimate | None
    kl: Estimate | None
    verdict: Verdict
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]
    null: Estimate
    chosen: str
    any_site: bool = True
    judged: UnknownLawVerdict | None = None

    @property
    def headline(self) -> str:
        """The verdict in one sentence."""
        return f"{self.confidence[:1].upper()}{self.confidence[1:]}."

    @property
    def sentence(self) -> str:
        """The answer in one sentence, with the differences that it rests on."""
        more = "; ".join(f"{latents_in_words(d)}: {signed(gain)}" for d, gain in self.steps)
        if not self.latents and not self.trusted:
            return (
                "Whether these rows show a collective variable is undecided: a sum over the latent "
                f"space is not to be trusted ({more} nats a row over independent sites)."
            )
        if not self.latents:
            return (
                "These rows show no collective variable: no number of latents that was tried predicts "
                f"held-out rows better than independent sites by more than {SIGMAS:g} standard errors "
                f"({more} nats a row)."
            )
        verb = "describes" if self.latents == 1 else "describe"
        who = latents_in_words(self.latents).capitalize()
        gain = f"by {shown(self.gain)} nats a row"
        found = f"{who} {verb} held-out rows better than independent sites {gain}; "
        if not self.steps:
            return found + f"more than {self.latents} were not tried, so that this is a lower bound."
        if not self.trusted:
            return found + f"whether a larger number helps is undecided ({more} nats a row)."
        return found + (
            f"no larger number of latents that was tried helped by more than {SIGMAS:g} standard errors "
            f"(against the chosen law {more} nats a row)."
        )

    @property
    def about_null(self) -> str:
        """What the same analysis says where there is nothing to find."""
        found = self.null.value > SIGMAS * self.null.stderr
        verdict = "which it should not: distrust this analysis" if found else "as it should be"
        gain = signed(self.null)
        if found and not self.any_site:
            verdict = (
                "by the law of single sites, which is none that a field alone gives: only what is "
                "gained beyond that is collective"
            )
        return f"Null: with every column shuffled, one latent gains {gain} nats a row, {verdict}."

    @property
    def trusted(self) -> bool:
        """Whether the numerical errors of all larger numbers of latents are known."""
        return all(np.isfinite(gain.stderr) for _, gain in self.steps)

    @property
    def confidence(self) -> str:
        """What the verdict is, in words."""
        if not self.trusted:
            return "undecided, as a sum over the latent space is not to be trusted"
        if self.cautions and any("few rows" in one for one in self.cautions):
            return "too few data for more than a first look"
        if not self.latents:
            return "no collective variable found"
        if self.verdict == Verdict.UNDECIDED and not self.steps:
            return "undecided, as no larger number of latents was tried"
        if self.judged is not None:
            said = self.judged.sentence.removesuffix(".")
            return f"{said[:1].lower()}{said[1:]}"
        return {
            Verdict.FAITHFUL: "faithful",
            Verdict.UNDECIDED: "undecided, as the divergence is not known well enough",
            Verdict.NOT_FAITHFUL: "not faithful",
        }[self.verdict]

    @property
    def opening(self) -> list[str]:
        """The verdict and what was found; where there is no collective variable, that comes first."""
        lines = [self.headline, self.sentence]
        return lines if self.latents else lines[::-1]

    @property
    def before_theory(self) -> tuple[str, ...]:
        """What has to be said ahead of a theory of this model."""
        if self.verdict != Verdict.NOT_FAITHFUL:
            return ()
        return ("The model is not faithful: what is decoded describes the model, not all of the data.",)

    def summary(self) -> str:
        """What a reader quotes, a fact a line."""
        lines = self.opening
        lines += [f"  - {reason}" for reason in self.reasons]
        lines.append(f"  - {self.about_null}")
        lines += [f"  - Caution: {caution}." for caution in self.cautions]
        lines.append("Held-out nats a row, and by how many a law is better than the chosen one:")
        width = max(map(len, self.nats["law"]))
        for row in self.nats.to_dict("records"):
            nats = shown(Estimate(row["nats"], row["nats_stderr"]))
            better = "chosen" if row["law"] == self.chosen else better_of(row)
            lines.append(f"  {row['law']:{width}}  {nats:>20}  {better:>20}")
        return "\n".join(lines)

    def to_frame(self) -> pd.DataFrame:
        """``nats``, a line a law."""
        return self.nats


def diagnose(
    fit: Fit, truth: System | None = None, baselines: Sequence[str] = tuple(BASELINES)
) -> Diagnosis:
    """Compare the chosen model of a fit with what its data ask for.

    Parameters
    ----------
    fit : Fit
    truth : System, optional
        The law of the data, where it is known, of sites of any family: KL(p_data‖p_θ) is measured then.
    baselines : sequence of str
        Of ``BASELINES``, other laws of spins that the model is compared with.

    Returns
    -------
    Diagnosis

    Raises
    ------
    InputError
        For a truth of other sites, or rows with gaps beside it; for a baseline that is not known.

    Examples
    --------
    >>> import mfvae
    >>> x = np.random.default_rng(0).integers(2, size=(600, 6))
    >>> found = mfvae.fit(x, latents=1, epochs=2).diagnose(baselines=())
    >>> found.latents, found.confidence
    (0, 'no collective variable found')
    """
    check_baselines(baselines)
    ladder, chosen = fit.ladder, fit.chosen
    spins = ladder.family.name == "spin"
    noise = torch.Generator().manual_seed(integer_seed(ladder.seed, "analysis/diagnosis"))
    rng = generator(ladder.seed, "analysis/diagnosis")
    _check_truth(fit, truth)
    whole = spins and not ladder.gaps and ladder.weights is None
    others = list(_baselines(fit, baselines)) if whole else []
    information = _information(fit, rng) if whole and len(ladder.scored) >= FEWEST_SCORED else None
    rate = own = kl = None
    kl_error = 0.0
    if chosen.model is not None:
        mask = ladder.scored_observed
        carried = rate_and_distortion(chosen.model, ladder.scored, noise, mask)[0]
        rate = mean_over(carried, fit.groups, chosen.weights)
        integral = latent_integral(chosen.model, noise, fitted_to=ladder.scored, observed=mask)
        if isinstance(integral, LatentQuadrature):
            own = model_mutual_information(integral, chosen.model, OWN_DRAWS, rng).bipartite_mi
    if truth is not None:
        excess = truth.log_prob(fit.data.array[scored_rows(fit.parts)]) - chosen.log_prob
        kl, kl_error = mean_over(excess, fit.groups, chosen.weights), chosen.numerical_error
    steps = tuple(
        (d, paired_gain(law, chosen, fit.groups)) for d, law in fit.laws.items() if d > fit.latents
    )
    laws = [*fit.laws.values(), *fit.forms.values(), *others]
    found = judge(fit, laws) if truth is None else None
    if found is None:
        assert kl is not None  # the truth was given
        judged, reasons = _verdict(fit, laws, rate, information, kl, kl_error)
    else:
        judged, reasons = KNOWN[found.answer], [*found.reasons, *_not_tried(fit)]
        if found.information is not None:
            name, estimate = found.information.name, found.information.estimate
            information = BipartiteInformation(name, estimate, "lower bound")
    return Diagnosis(
        fit.latents,
        _table(laws, chosen, fit.groups),
        paired_gain(chosen, fit.laws[0], fit.groups),
        steps,
        rate,
        information,
        own,
        kl,
        judged,
        tuple(reasons),
        fit.cautions,
        fit.null,
        chosen.name,
        ladder.family.any_site,
        found,
    )


def _not_tried(fit: Fit) -> list[str]:
    """Which of the reasons of a verdict these rows cannot have."""
    if fit.ladder.family.name == "spin":
        if fit.ladder.weights is None:
            return []
        return ["Other laws of the same rows, and I(A;B) from numbers of +1, know no weights of rows."]
    return [
        "Other laws of the same rows, and I(A;B) from numbers of +1, are known of spins alone: of "
        f"{fit.ladder.family.name} neither was tried."
    ]


def _check_truth(fit: Fit, truth: System | None) -> None:
    """Raise InputError for a known law of which these rows cannot be."""
    if truth is None:
        return
    name, data = type(truth).__name__, fit.data
    if fit.ladder.gaps:
        allowed = "rows without gaps are needed where they are compared with a known law"
        raise InputError("truth", name, allowed)
    own = f"{truth.n_sites} sites of family {truth.site_family.name}"
    if (truth.n_sites, truth.site_family.name) != (data.n_sites, data.site):
        allowed = f"a law of the {data.n_sites} sites of family {data.site} of the rows is needed"
        raise InputError("truth", f"{name}, of {own}", allowed)


def check_baselines(names: Sequence[str]) -> None:
    """Raise InputError for the name of a law that is not known."""
    for name in names:
        if name not in BASELINES:
            raise InputError("baselines", name, f"one of {', '.join(BASELINES)} is needed")


def _baselines(fit: Fit, names: Sequence[str]) -> Iterator[Law]:
    """Other laws of spins on the same rows."""
    for name in names:
        kind, options = BASELINES[name]
        if kind != "pairwise" or fit.data.n_sites <= MOST_PAIRWISE:
            yield fit.ladder.baseline(name, kind, **options)


def _information(fit: Fit, rng: np.random.Generator) -> BipartiteInformation:
    """A lower bound of I(A;B) from integers that each half of the sites has.

    They are numbers of ones, of the sites as they are or turned around by the patterns of the decoder:
    any statistic gives a bound. Split and statistic are chosen on training rows.
    """
    n = fit.data.n_sites
    signs = [np.ones(n, dtype=np.int8)]
    if fit.form is not None:
        from mfvae.decoding.collective import collective_variables

        model = fit.form.model
        assert model is not None  # a form is trained
        found = collective_variables(model, fit.latents, len(fit.ladder.scored), rng)
        span = found.directions[:, : max(1, min(fit.patterns, found.rank))]
        signs += [one.astype(np.int8) for one in binary_patterns(span, rng).values.T]
    first = np.arange(n) < n // 2
    halves = [("first half of the sites", first)]
    halves += [("the worst of random halves", rng.permutation(first)) for _ in range(RANDOM_HALVES)]

    def bound(x: np.ndarray, name: str, half: np.ndarray, sign: np.ndarray) -> BipartiteInformation:
        turned = x * sign
        return lower_bound_from_statistics(
            name, spike_counts(turned[:, half]), spike_counts(turned[:, ~half])
        )

    train = fit.ladder.rows[: len(fit.ladder.scored)]
    test = fit.ladder.scored.numpy().astype(np.int8)
    candidates = [(name, half, sign) for name, half in halves for sign in signs]
    bounds = [bound(train, *one) for one in candidates]
    worst = bounds.index(worst_split(bounds))
    return bound(test, *candidates[worst])


def _verdict(
    fit: Fit,
    laws: list[Law],
    rate: Estimate | None,
    information: BipartiteInformation | None,
    kl: Estimate,
    kl_error: float,
) -> tuple[Verdict, list[str]]:
    """The verdict where the true law was given, and its reasons."""
    reasons = []
    if information is not None:
        found = information.estimate
        carried = Estimate(0.0, 0.0) if rate is None else rate
        error = float(np.hypot(found.stderr, carried.stderr))
        deficit = Estimate(found.value - carried.value, error)
        judged = verdict(deficit, kl, kl_error)
        about = f"I(A;B) ≥ {shown(found)} nats ({information.split})"
        if rate is None:
            reasons.append(f"Capacity: {about}, where a model without latents has none.")
        elif deficit.value > SIGMAS * deficit.stderr:
            reasons.append(f"Capacity: {about} is more than the rate R = {shown(rate)} nats can carry.")
        else:
            reasons.append(f"Capacity: {about} leaves room, as the rate R is {shown(rate)} nats.")
    else:
        judged = verdict(Estimate(0.0, 0.0), kl, kl_error)
    reasons.append(f"The true law was given: KL(p_data‖p_θ) = {shown(kl)} nats.")
    others = [law for law in laws if law is not fit.chosen]
    gains = {law.name: paired_gain(law, fit.chosen, fit.groups) for law in others}
    certain = {name: gain for name, gain in gains.items() if gain.value > SIGMAS * gain.stderr}
    if certain:
        best = max(certain, key=lambda name: certain[name].value)
        gain = certain[best]
        known = f"A better law is known: {best}, by {shown(gain)} nats"
        reasons.append(f"{known}, which the model lacks at least.")
    elif gains:
        rivals = {name: gain for name, gain in gains.items() if name != INDEPENDENT} or gains
        best = max(rivals, key=lambda name: rivals[name].value)
        reasons.append(
            f"No law that was tried is better by more than {SIGMAS:g} standard errors; the next best is "
            f"{best}: {signed(gains[best])} nats."
        )
    return judged, reasons


def _table(laws: list[Law], chosen: Law, groups: np.ndarray | None) -> pd.DataFrame:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for law in laws:
        nats = mean_over(-law.log_prob, groups, law.weights)
        better = paired_gain(law, chosen, groups)
        rows.append(
            {
                "law": law.name,
                "nats": nats.value,
                "nats_stderr": nats.stderr,
                "better": better.value,
                "better_stderr": better.stderr,
            }
        )
    return pd.DataFrame(rows)


def better_of(row: Mapping[Any, Any]) -> str:
    """By how much the law of a line of ``Diagnosis.nats`` is better than the chosen one."""
    return signed(Estimate(row["better"], row["better_stderr"]))


def latents_in_words(d: int) -> str:
    """One latent, two latents …"""
    words = ("no latents", "one latent", "two latents", "three latents")
    return words[d] if d < len(words) else f"{d} latents"


def shown(found: Estimate) -> str:
    """A value with its standard error, to two digits of the error."""
    if not np.isfinite(found.stderr):
        return f"{found.value:.3g} (error unknown)".replace("-", "−")
    digits = 3 if found.stderr == 0 else max(0, 1 - int(np.floor(np.log10(found.stderr))))
    text = f"{found.value:.{min(digits, 6)}f} ± {found.stderr:.{min(digits, 6)}f}"
    return text.replace("-", "−")


def signed(found: Estimate) -> str:
    """The same with its sign."""
    text = shown(found)
    return text if text.startswith("−") else f"+{text}"
