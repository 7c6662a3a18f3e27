"""What is the theory? Patterns, couplings and fields of the chosen form, with errors.

Whatever is quoted is read off three models: one trained on all training rows, and one on either half of
them, with other seeds. How far the halves differ has the scatter of the data and that of trainings,
which the scatter over held-out rows at one decoder leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from mfvae.analysis.diagnosis import shown, signed
from mfvae.analysis.directions import directions_of
from mfvae.capacity.verdict import SIGMAS
from mfvae.compare.pattern_matching import ALIGNMENTS
from mfvae.decoding.collective import collective_variables
from mfvae.decoding.couplings import couplings
from mfvae.decoding.patterns import KINDS, Patterns, patterns_of
from mfvae.decoding.potential import potential
from mfvae.errors import InputError
from mfvae.hamiltonian.from_decoder import generalized_hopfield
from mfvae.latent.choose import latent_integral
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.latent.missing import complete
from mfvae.model.vae import VAE
from mfvae.random import generator, integer_seed
from mfvae.shown import Shown
from mfvae.sites.masks import rows_of
from mfvae.stats import Estimate

if TYPE_CHECKING:
    import pandas as pd

    from mfvae.analysis.fit import Fit
    from mfvae.hamiltonian.model import GeneralizedHopfield

BINARY, ORTHONORMAL = "binary", "orthonormal"
PRIOR_DRAWS = 4000
READ = 4000  # held-out rows from which couplings are read
WHOLE = 0.25  # of |V w| − 1, up to which patterns are ±1: a sign is wrong beyond four of it
WAYS = ("slope", "spread", "potential")
MEANINGS = {
    "slope": "slope of E[φ|x] against m(x)",
    "spread": "N times the posterior variance of φ",
    "potential": "potential of φ, without configurations",
}


class _Reading(NamedTuple):
    """What one model says: patterns; by the way of reading βJ (K, K), its error over rows and misfit."""

    found: Patterns
    matrices: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]
    field: np.ndarray
    field_stderr: np.ndarray
    mean_field: np.ndarray


@dataclass(frozen=True, eq=False)
class Theory(Shown):
    """The latent mean-field theory that was decoded: p(x) = ∫ dφ ρ(φ) Π_i p(x_i | b_i + ξ_i·φ).

    Attributes
    ----------
    n_patterns : int
        K; 0 where there is no collective variable, and then nothing is quoted.
    kind : str or None
        ``binary`` patterns are ±1 on every site; ``orthonormal`` ones are the principal directions of
        the fields, scaled so that the mean square over sites is 1.
    patterns : DataFrame
        One line a site, by its name: ``bias``, the mean field in units of temperature, ``pattern_1`` …
        A line a site and state for Potts states, a site and component for vectors and directors.
    couplings : DataFrame
        βJ of every pattern and way of reading: ``value``, ``stderr``, and what it is made of,
        ``stderr_rows`` over held-out rows, ``stderr_halves`` between halves of the training rows and
        ``misfit``, how far the decoder is from one coupling for all rows (of the potential it is a
        part of the first).
    fields : DataFrame
        h along every pattern, with its error.
    off_diagonal : dict of str to float
        The largest element of βJ between two patterns, by the way of reading.
    residual : ndarray
        How far the span is from holding ±1 patterns, root mean square, (K,).
    stability : ndarray
        Overlap of each pattern between the halves, 1 where they agree, (K,).
    price : Estimate or None
        Nats a held-out row by which a free decoder is better than this form.
    agree : bool or None
        Whether all ways of reading agree within three standard errors, for every pattern.
    disagreement : float
        The largest difference between two ways that is more than that, over their mean; 0 for none.
    hamiltonian : GeneralizedHopfield or None
        The law without a network, of spins and up to three latents.

    Examples
    --------
    Where no latent helps there is no theory, and only the fields of the sites are left.

    >>> import mfvae
    >>> x = np.random.default_rng(0).integers(2, size=(400, 5))
    >>> theory = mfvae.fit(x, latents=1, epochs=1).decode()
    >>> theory.n_patterns, theory.to_frame().columns.tolist()
    (0, ['site', 'bias'])
    """

    n_patterns: int
    kind: str | None
    patterns: pd.DataFrame
    couplings: pd.DataFrame
    fields: pd.DataFrame
    off_diagonal: dict[str, float]
    residual: np.ndarray
    stability: np.ndarray
    price: Estimate | None
    agree: bool | None
    disagreement: float
    reasons: tuple[str, ...]
    hamiltonian: GeneralizedHopfield | None

    def to_frame(self) -> pd.DataFrame:
        """``patterns`` with the site's name, and its state or component, as columns."""
        return self.patterns.reset_index()

    @property
    def of_letters(self) -> bool:
        """Whether sites have states that are called by one character each."""
        index = self.patterns.index
        return index.names[-1] == "state" and all(len(name) == 1 for name in index.unique(-1))

    @property
    def sentence(self) -> str:
        """The theory in one sentence."""
        if not self.n_patterns:
            return "There is no theory to quote: no collective variable was established."
        what = "±1 pattern" if self.kind == BINARY else "real-valued pattern"
        plural = "s" * (self.n_patterns > 1)
        couplings = "; ".join(
            f"pattern {pattern}: {self._value(pattern, 'slope')}"
            for pattern in range(1, self.n_patterns + 1)
        )
        other = ""
        if not self.agree:
            other = f" (other ways of reading it differ by up to {100 * self.disagreement:.2g} %)"
        verb, price = "are", ""
        if self.price is not None and self.price.value > SIGMAS * self.price.stderr:
            verb, price = "are approximately", f", at a price of {shown(self.price)} nats a row"
        return (
            f"The decoder's fields {verb} those of {self.n_patterns} {what}{plural}{price}; "
            f"coupling βJ from the slope: {couplings}{other}."
        )

    def _value(self, pattern: int, way: str) -> str:
        table = self.couplings
        one = table[(table["pattern"] == pattern) & (table["way"] == way)]
        if one.empty:
            return "not known"
        return shown(Estimate(float(one["value"].iloc[0]), float(one["stderr"].iloc[0])))

    def summary(self) -> str:
        """What a reader quotes, a fact a line."""
        lines = [self.sentence]
        if not self.n_patterns:
            return lines[0]
        lines.append("Coupling βJ, and field h along the pattern, in units of temperature:")
        head = (*WAYS, "field h", "overlap of halves")
        lines.append(f"  {'pattern':8}" + "".join(f"{name:>20}" for name in head))
        for k in range(1, self.n_patterns + 1):
            field = self.fields.iloc[k - 1]
            cells = [self._value(k, way) for way in WAYS]
            cells.append(shown(Estimate(float(field["value"]), float(field["stderr"]))))
            cells.append(f"{self.stability[k - 1]:.3f}")
            lines.append(f"  {k:<8}" + "".join(f"{cell:>20}" for cell in cells))
        lines += [f"  - {reason}" for reason in self.reasons]
        return "\n".join(lines)


def decode(fit: Fit, patterns: str | None = None) -> Theory:
    """Read the theory off the chosen form of a fit.

    Parameters
    ----------
    fit : Fit
    patterns : str, optional
        ``binary`` or ``orthonormal``. Without it patterns of spins are taken for ±1 where the decoder's
        span holds such vectors to a quarter.

    Returns
    -------
    Theory

    Raises
    ------
    InputError
        For another kind of patterns.

    Examples
    --------
    >>> import mfvae
    >>> system = mfvae.build("curie_weiss", {"N": 20, "beta": 1.3}, seed=0)
    >>> x = system.sample(3000, np.random.default_rng(0))
    >>> theory = mfvae.fit(x, latents=1, epochs=4).decode()
    >>> theory.n_patterns, theory.kind
    (1, 'binary')
    """
    allowed = [kind for kind in KINDS if kind in ALIGNMENTS]
    if patterns is not None and patterns not in allowed:
        raise InputError("patterns", patterns, f"one of {', '.join(allowed)} is needed")
    if fit.form is None:
        return _none(fit)
    assert fit.form.model is not None  # a form is trained
    kind = patterns or (BINARY if fit.ladder.family.name == "spin" else ORTHONORMAL)
    whole = _read(fit, fit.form.model, kind, "whole")
    if patterns is None and kind == BINARY and _not_binary(whole.found, fit.patterns):
        kind = ORTHONORMAL
        whole = _read(fit, fit.form.model, kind, "whole")
    halves = [_read(fit, model, kind, f"half {i}") for i, model in enumerate(fit.halves)]
    return _joined(fit, kind, whole, halves)


def _not_binary(found: Patterns, k: int) -> bool:
    return found.values.shape[1] < k or bool((found.residual > WHOLE).any())


def _read(fit: Fit, model: VAE, kind: str, name: str) -> _Reading:
    """Patterns and couplings of one model, as ``scripts/decode`` reads them."""
    place = f"analysis/theory/{name}"
    rng = generator(fit.ladder.seed, place)
    noise = torch.Generator().manual_seed(integer_seed(fit.ladder.seed, place))
    step = max(1, len(fit.ladder.scored) // READ)
    statistic, n_sites = fit.ladder.scored[::step], fit.data.n_sites
    seen = rows_of(fit.ladder.scored_observed, slice(None, None, step))
    variables = collective_variables(model, fit.latents, PRIOR_DRAWS, rng)
    k = min(fit.patterns, variables.rank)
    found = patterns_of(kind, variables.directions[:, :k], variables.singular_values[:k], n_sites, rng)
    if kind == ORTHONORMAL:  # only the sign is free
        found = Patterns(found.values * np.where(found.values.sum(0) < 0, -1, 1), found.residual)
    integral = latent_integral(model, noise, fitted_to=statistic, observed=seen)
    if seen is not None:  # couplings are read of whole configurations
        statistic = complete(integral, statistic, seen, noise)
    read_off = couplings(integral, statistic, found.values, n_sites)
    matrices = {
        "slope": (read_off.from_mean, read_off.from_mean_stderr, read_off.from_mean_misfit),
        "spread": (read_off.from_spread, read_off.from_spread_stderr, read_off.from_spread_misfit),
    }
    if found.values.shape[1] <= fit.latents:  # else φ has no density
        law = potential(model, fit.latents, found.values, n_sites, rng)
        matrices["potential"] = law.coupling, law.coupling_stderr, np.zeros_like(law.coupling)
    field_error = np.hypot(read_off.field_stderr, read_off.field_misfit)
    return _Reading(found, matrices, read_off.field, field_error, variables.mean_field)


def _joined(fit: Fit, kind: str, whole: _Reading, halves: list[_Reading]) -> Theory:
    """The theory of the whole, its errors from the halves."""
    import pandas as pd

    k = whole.found.values.shape[1]
    turned = [ALIGNMENTS[kind](half.found.values, whole.found.values) for half in halves]
    values = [half.found.values @ turn for half, (turn, _) in zip(halves, turned, strict=True)]
    size = np.linalg.norm(values[0], axis=0) * np.linalg.norm(values[1], axis=0)
    stability = np.abs((values[0] * values[1]).sum(0)) / np.where(size == 0, 1, size)

    def scatter(first: np.ndarray, second: np.ndarray) -> float:
        """Standard error of a mean of two halves, the same for all patterns."""
        return float(np.sqrt(np.mean(((first - second) / 2) ** 2)))

    rows, off_diagonal = [], {}
    for way in whole.matrices:
        matrix, stderr, misfit = whole.matrices[way]
        of_halves = [
            np.diag(turn.T @ half.matrices[way][0] @ turn)
            for half, (turn, _) in zip(halves, turned, strict=True)
        ]
        between = scatter(*of_halves)
        for pattern in range(k):
            of_rows, of_form = float(stderr[pattern, pattern]), float(misfit[pattern, pattern])
            rows.append(
                {
                    "pattern": pattern + 1,
                    "way": way,
                    "value": float(matrix[pattern, pattern]),
                    "stderr": float(np.linalg.norm([of_rows, between, of_form])),
                    "stderr_rows": of_rows,
                    "stderr_halves": between,
                    "misfit": of_form,
                }
            )
        off_diagonal[way] = float(np.abs(matrix - np.diag(np.diag(matrix))).max()) if k > 1 else 0.0
    table = pd.DataFrame(rows)
    between = scatter(*(turn.T @ half.field for half, (turn, _) in zip(halves, turned, strict=True)))
    fields = pd.DataFrame(
        {
            "pattern": np.arange(1, k + 1),
            "value": whole.field,
            "stderr": np.hypot(whole.field_stderr, between),
        }
    )
    assert fit.form is not None  # which was read
    disagreement, differences = _agreement(table)
    agree = not differences
    countable = fit.ladder.family.name == "spin" and fit.latents <= MAX_LATENT_DIM
    return Theory(
        k,
        kind,
        _pattern_frame(fit, whole),
        table,
        fields,
        off_diagonal,
        whole.found.residual,
        stability,
        fit.price,
        agree,
        disagreement,
        (_about_agreement(agree, differences), *_about_form(fit, kind, whole, stability)),
        generalized_hopfield(fit.form.model) if countable and fit.form.model else None,
    )


def _agreement(table: pd.DataFrame) -> tuple[float, list[str]]:
    """The largest relative difference between ways that do not agree, and all of them in words."""
    largest, differences = 0.0, []
    for pattern, part in table.groupby("pattern"):
        ways = part.set_index("way")
        for one, other in combinations(ways.index, 2):
            difference = ways["value"][one] - ways["value"][other]
            error = float(np.hypot(ways["stderr"][one], ways["stderr"][other]))
            if abs(difference) > SIGMAS * error:
                mean = abs(ways["value"][one] + ways["value"][other]) / 2
                largest = max(largest, abs(difference) / mean)
                differences.append(
                    f"pattern {pattern}, {one} less {other}: {signed(Estimate(difference, error))} "
                    f"({100 * abs(difference) / mean:.2g} %)"
                )
    return largest, differences


def _about_agreement(agree: bool, differences: list[str]) -> str:
    if agree:
        return f"The ways of reading a coupling agree within {SIGMAS:g} standard errors."
    return (
        f"The ways of reading a coupling differ by more than {SIGMAS:g} standard errors "
        f"({'; '.join(differences)}): quote them with this difference, not with their own errors."
    )


def _about_form(fit: Fit, kind: str, whole: _Reading, stability: np.ndarray) -> list[str]:
    found, price = [], fit.price
    if price.value > SIGMAS * price.stderr:
        found.append(
            f"The form costs {shown(price)} nats a row against a free decoder, whose fields span more "
            f"than {fit.patterns} directions: this is an approximation."
        )
    else:
        found.append(
            f"A free decoder is not better than this form by more than {SIGMAS:g} standard errors "
            f"({shown(price)} nats a row)."
        )
    if kind == BINARY:
        found.append(
            f"Patterns are ±1 up to {max(whole.found.residual):.2g}, root mean square over sites."
        )
    else:
        found.append("The law fixes no rotation among real-valued patterns: these are principal ones.")
    found.append(
        f"Patterns from the halves of the training rows overlap by at least {min(stability):.3f}."
    )
    return found


def _pattern_frame(fit: Fit, whole: _Reading) -> pd.DataFrame:
    import pandas as pd

    names = [fit.data.name_of(site) for site in range(fit.data.n_sites)]
    unit = fit.data.units.get("site", "site")
    listed = directions_of(fit.data, fit.ladder.family)
    index = pd.Index(names, name=unit)
    if listed.kind is not None:
        index = pd.MultiIndex.from_product([names, listed.labels], names=[unit, listed.kind])
    columns = {f"pattern_{k + 1}": listed.of(one) for k, one in enumerate(whole.found.values.T)}
    return pd.DataFrame({"bias": listed.of(whole.mean_field), **columns}, index=index)


def _none(fit: Fit) -> Theory:
    """The theory of sites without collective variables, which quotes nothing but the fields."""
    import pandas as pd

    fields = fit.ladder.fields
    whole = _Reading(
        Patterns(np.zeros((len(fields), 0)), np.zeros(0)), {}, np.zeros(0), np.zeros(0), fields
    )
    empty = ["pattern", "way", "value", "stderr", "stderr_rows", "stderr_halves", "misfit"]
    return Theory(
        0,
        None,
        _pattern_frame(fit, whole),
        pd.DataFrame(columns=empty),
        pd.DataFrame(columns=["pattern", "value", "stderr"]),
        {},
        np.zeros(0),
        np.zeros(0),
        None,
        None,
        0.0,
        (),
        None,
    )
