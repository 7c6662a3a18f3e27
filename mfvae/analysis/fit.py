"""From configurations to models: how many latents held-out rows ask for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mfvae.analysis.ladder import (
    EPOCHS,
    HIDDEN,
    Ladder,
    Law,
    OnLaw,
    Store,
    mean_over,
    paired_gain,
    smallest_sufficient,
    step_of,
)
from mfvae.capacity.selection import SIGMAS
from mfvae.data.configurations import Configurations
from mfvae.data.dependence import dependence_of
from mfvae.data.holdout import TEST, TRAIN, hold_out
from mfvae.data.loader import load
from mfvae.decoding.evidence import independent_fields, independent_log_prob, stretches
from mfvae.errors import InputError
from mfvae.latent.choose import latent_integral
from mfvae.latent.limits import MAX_LATENT_DIM
from mfvae.latent.posterior import posterior_means
from mfvae.model.vae import VAE
from mfvae.random import generator, integer_seed
from mfvae.sites import SITE_FAMILIES
from mfvae.stats import Estimate

if TYPE_CHECKING:
    import pandas as pd

    from mfvae.analysis.diagnosis import Diagnosis
    from mfvae.analysis.theory import Theory
    from mfvae.systems.base import System

LATENTS = MAX_LATENT_DIM  # the most that are tried, up to which the likelihood is exact
LARGEST = 8
MORE_PATTERNS = 2  # beyond the number of latents: a curved sheet of fields spans more directions
SHARE = 0.2  # of the rows, held out
SCORED = 10_000  # held-out rows that are scored, at most, spread over all of them
FEWEST_ROWS = 40  # for training, and held out: with less there is no error bar
ROWS_PER_SITE = 10  # for training, below which a fit is said to have few data


@dataclass(frozen=True, eq=False)
class Fit:
    """Models of one data set on a ladder of latents, and which of them the held-out rows ask for.

    Attributes
    ----------
    data : Configurations
    parts : ndarray
        What every row was for (``mfvae.hold_out``), str (B,).
    groups : ndarray or None
        int (S,), which of the scored rows depend on each other; None where rows are independent.
    laws : mapping of int to Law
        By the number of latents d; 0 are independent sites.
    forms : mapping of int to Law
        Of the chosen d, models of the Hopfield form, by their number of patterns K; none at d = 0.
    halves : tuple of VAE
        The chosen form, trained anew on either half of the training rows; none at d = 0.
    latents, patterns : int
        d and K, the smallest that no larger number betters by three standard errors.
    cautions : tuple of str
        What makes the answer less certain than its error bars.
    """

    data: Configurations
    parts: np.ndarray
    groups: np.ndarray | None
    ladder: Ladder
    laws: dict[int, Law]
    forms: dict[int, Law]
    halves: tuple[VAE, ...]
    latents: int
    patterns: int
    cautions: tuple[str, ...]
    _made: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def free(self) -> Law:
        """The law with the chosen number of latents and free fields."""
        return self.laws[self.latents]

    @property
    def chosen(self) -> Law:
        """The law that the answer is about: the form, unless a free decoder is certainly better."""
        if self.form is None or self.price.value > SIGMAS * self.price.stderr:
            return self.free
        return self.form

    @property
    def price(self) -> Estimate:
        """Nats a held-out row by which a free decoder is better than the form."""
        form = self.free if self.form is None else self.form
        return paired_gain(self.free, form, self.groups)

    @property
    def form(self) -> Law | None:
        """The Hopfield form with the chosen number of patterns."""
        return self.forms.get(self.patterns)

    @property
    def tried(self) -> list[Law]:
        """All laws, in the order in which they were trained."""
        return [*self.laws.values(), *self.forms.values()]

    @property
    def nats(self) -> pd.DataFrame:
        """Held-out nats a row of every law, and by how many it is better than others, row by row.

        ``gain`` is over independent sites, ``behind`` how far the law lies behind the chosen one.
        """
        import pandas as pd

        return pd.DataFrame([self._row(law) for law in self.tried])

    def _row(self, law: Law) -> dict[str, Any]:
        nats = mean_over(-law.log_prob, self.groups)
        gain = paired_gain(law, self.laws[0], self.groups)
        behind = paired_gain(self.chosen, law, self.groups)
        return {
            "law": law.name,
            "latents": law.latents,
            "patterns": law.patterns,
            "nats": nats.value,
            "nats_stderr": nats.stderr,
            "gain": gain.value,
            "gain_stderr": gain.stderr,
            "behind": behind.value,
            "behind_stderr": behind.stderr,
            "numerical_error": law.numerical_error,
            "seconds": round(law.seconds, 1),
        }

    def diagnose(self, truth: System | None = None, baselines: Sequence[str] | None = None) -> Diagnosis:
        """Is the chosen model faithful? See ``mfvae.analysis.diagnosis``."""
        from mfvae.analysis.diagnosis import BASELINES, diagnose

        names = tuple(BASELINES) if baselines is None else tuple(baselines)
        if truth is not None:
            return diagnose(self, truth, names)
        name = f"diagnosis {names}"
        if name not in self._made:
            self._made[name] = diagnose(self, None, names)
        found: Diagnosis = self._made[name]
        return found

    def decode(self, patterns: str | None = None) -> Theory:
        """What is the theory? See ``mfvae.analysis.theory``."""
        from mfvae.analysis.theory import decode

        name = f"theory {patterns}"
        if name not in self._made:
            self._made[name] = decode(self, patterns)
        found: Theory = self._made[name]
        return found

    def report(self, path: str | Path, baselines: Sequence[str] | None = None) -> Path:
        """One self-contained HTML page: the answer, how it was found, how certain it is."""
        from mfvae.analysis.page import write_page

        return write_page(self, path, self.diagnose(baselines=baselines), self.decode())

    def log_prob(self, x: np.ndarray) -> np.ndarray:
        """log p(x) of configurations (B, N, ...) under the chosen law, in nats, (B,)."""
        family = self.ladder.family
        statistic = torch.from_numpy(family.statistic(x))
        model = self.chosen.model
        if model is None:
            fields = independent_fields(family, self.ladder.rows)
            return independent_log_prob(family, fields, statistic)
        noise = torch.Generator().manual_seed(integer_seed(self.ladder.seed, "analysis/log_prob"))
        integral = latent_integral(model, noise, fitted_to=self.ladder.scored)
        return np.asarray(integral.log_marginal_with_error(statistic)[0].numpy())

    def latent_means(self, x: np.ndarray) -> np.ndarray:
        """E[z|x] of configurations (B, N, ...), float32 (B, d)."""
        model = self.chosen.model
        if model is None:
            return np.zeros((len(x), 0), dtype=np.float32)
        statistic = torch.from_numpy(self.ladder.family.statistic(x))
        noise = torch.Generator().manual_seed(integer_seed(self.ladder.seed, "analysis/latents"))
        return np.asarray(posterior_means(model, statistic, noise).numpy())

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """n independent configurations of the chosen law, (n, N, ...)."""
        rng = generator(seed, "analysis/sample")
        if self.chosen.model is not None:
            return self.chosen.model.sample(n, rng)
        family = self.ladder.family
        fields = independent_fields(family, self.ladder.rows)
        return family.sample(np.broadcast_to(fields, (n, len(fields))), rng)


def fit(
    data: Any,
    *,
    latents: int | Sequence[int] = LATENTS,
    holdout: str | None = None,
    share: float = SHARE,
    epochs: int = EPOCHS,
    hidden: tuple[int, ...] = HIDDEN,
    seed: int = 0,
    store: Store | None = None,
    on_law: OnLaw | None = None,
) -> Fit:
    """Train models with 0, 1, 2 … latents, and choose their number on held-out rows.

    Up to three latents the likelihood itself is maximised, summed over the latent space; beyond, an
    importance-weighted bound. The smallest number is chosen that no larger one betters by three standard
    errors of the difference, row by row or between groups of rows that depend on each other. Decoders
    of the Hopfield form b + ξ·φ(z) follow, with K patterns, chosen likewise against free decoders.
    Progress goes to the standard error stream. Equal calls give equal results on one machine.

    Parameters
    ----------
    data : Configurations, or what ``mfvae.load`` reads without options
        B rows of N sites.
    latents : int or sequence of int
        The largest number that is tried, or all numbers that are. 0 always is.
    holdout : str, optional
        ``given``, ``group``, ``block`` or ``random``: see ``mfvae.hold_out``.
    share : float
        Share of the rows that are held out.
    epochs : int
        Passes over the training rows.
    hidden : tuple of int
        Widths of the hidden layers of encoders and decoders.
    seed : int
    store : Store, optional
        Where trained models are kept and found again (``mfvae.analysis.store.Folder``).
    on_law : callable, optional
        Called with every law when it is scored (``mfvae.analysis.ladder.Step``).

    Returns
    -------
    Fit

    Raises
    ------
    InputError
        For data that cannot be fitted: entries that were not observed, or too few rows.

    Examples
    --------
    >>> import mfvae
    >>> system = mfvae.build("curie_weiss", {"N": 20, "beta": 1.3}, seed=0)
    >>> x = system.sample(3000, np.random.default_rng(0))
    >>> fit = mfvae.fit(x, latents=2, epochs=4)
    >>> fit.latents, fit.patterns
    (1, 1)
    """
    if not isinstance(data, Configurations):
        data = load(data)
    numbers = _numbers(latents)
    if data.observed is not None:
        missing = int(np.count_nonzero(~data.observed))
        allowed = f"entries that were not observed ({missing}) cannot be fitted yet"
        raise InputError("data", data.record.get("source", "array"), allowed)
    parts = hold_out(data, holdout, share=share, seed=seed)
    train_rows, test_rows = np.flatnonzero(parts == TRAIN), np.flatnonzero(parts == TEST)
    for name, rows in (("training", train_rows), ("held-out", test_rows)):
        if len(rows) < FEWEST_ROWS:
            raise InputError(f"{name} rows", len(rows), f"{FEWEST_ROWS} or more are needed")
    size = min(len(test_rows), SCORED)
    scored = test_rows[np.arange(size) * len(test_rows) // size]
    family = SITE_FAMILIES[data.site]
    ladder = Ladder(
        family,
        data.array[train_rows],
        torch.from_numpy(family.statistic(data.array[train_rows])),
        torch.from_numpy(family.statistic(data.array[scored])),
        seed,
        epochs,
        tuple(hidden),
        store,
    )
    together = groups_of(data)
    groups = None if together is None else stretches(together[scored])
    laws: dict[int, Law] = {0: ladder.independent()}
    tell = on_law or (lambda _: None)
    tell(step_of(laws[0], None, groups))
    for d in numbers:
        before = list(laws.values())[-1]
        laws[d] = ladder.law(d)
        tell(step_of(laws[d], before, groups))
    chosen = smallest_sufficient(laws, groups)
    forms: dict[int, Law] = {}
    halves: tuple[VAE, ...] = ()
    patterns = 0
    if chosen:
        most = min(chosen + MORE_PATTERNS, data.n_sites * family.dim)
        for k in range(chosen, most + 1):
            forms[k] = ladder.law(chosen, k)
            tell(step_of(forms[k], laws[chosen], groups))
            price = paired_gain(laws[chosen], forms[k], groups)
            if price.value <= SIGMAS * price.stderr:  # nothing is left that a further pattern could gain
                break
        patterns = smallest_sufficient(forms, groups)
        whole = np.zeros(len(train_rows), dtype=np.int64) if together is None else together[train_rows]
        halves = ladder.halves(forms[patterns], stretches(whole) % 2)
    return Fit(
        data,
        parts,
        groups,
        ladder,
        laws,
        forms,
        halves,
        chosen,
        patterns,
        tuple(_cautions(data, len(train_rows), groups, laws)),
    )


def _numbers(latents: int | Sequence[int]) -> list[int]:
    """Numbers of latents beyond 0, in order."""
    asked = range(latents + 1) if isinstance(latents, int) else latents
    numbers = sorted({int(one) for one in asked} - {0})
    if not numbers or numbers[0] < 1 or numbers[-1] > LARGEST:
        raise InputError("latents", latents, f"numbers from 1 to {LARGEST} are needed")
    return numbers


def groups_of(data: Configurations) -> np.ndarray | None:
    """Which rows depend on each other, int (B,): of a group, or all if neighbours are alike; or None."""
    if data.groups is not None:
        return data.groups
    if dependence_of(data)["dependent"]:
        return np.zeros(data.n_rows, dtype=np.int64)
    return None


def _cautions(
    data: Configurations, n_train: int, groups: np.ndarray | None, laws: dict[int, Law]
) -> Iterable[str]:
    if n_train < ROWS_PER_SITE * data.n_sites:
        yield (
            f"there are few rows: {n_train} for training, where {ROWS_PER_SITE} for each of the "
            f"{data.n_sites} sites would be better"
        )
    if data.groups is None and groups is not None:
        yield "neighbouring rows are alike: errors are from the scatter of long stretches of rows"
    for law in laws.values():
        if not np.isfinite(law.numerical_error):
            yield f"the sum over the latent space is not to be trusted for {law.name}"
