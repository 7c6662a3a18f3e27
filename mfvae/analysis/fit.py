"""From configurations to models: how many latents held-out rows ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mfvae.analysis.begin import ROWS_PER_SITE, SHARE, begin, check_settings, n_effective
from mfvae.analysis.climb import Climb, numbers_of
from mfvae.analysis.ladder import (
    EPOCHS,
    HIDDEN,
    Ladder,
    Law,
    OnLaw,
    Store,
    mean_over,
    paired_gain,
)
from mfvae.analysis.law import FittedLaw
from mfvae.capacity.selection import SIGMAS, PairedChoice
from mfvae.data.configurations import Configurations
from mfvae.data.holdout import TRAIN
from mfvae.decoding.evidence import stretches
from mfvae.model.vae import VAE
from mfvae.shown import Shown
from mfvae.stats import Estimate

if TYPE_CHECKING:
    import pandas as pd

    from mfvae.analysis.diagnosis import Diagnosis
    from mfvae.analysis.interactions import Interactions
    from mfvae.analysis.theory import Theory
    from mfvae.capacity.unknown_law.lacks import Lacks
    from mfvae.systems.base import System

LATENTS = 5  # the most that are tried, as long as each one still helps


@dataclass(frozen=True, eq=False)
class Fit(Shown):
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
    choice : PairedChoice
        Of the number of latents, with all differences that it rests on.
    latents, patterns : int
        d and K, the smallest that no larger number betters by three standard errors.
    cautions : tuple of str
        What makes the answer less certain than its error bars.

    Examples
    --------
    >>> import mfvae
    >>> fit = mfvae.fit(np.random.default_rng(0).integers(2, size=(400, 5)), latents=1, epochs=1)
    >>> fit.latents, fit.sample(3).shape
    (0, (3, 5))
    >>> fit.to_frame()["law"].tolist()
    ['independent sites', '1 latent']
    """

    data: Configurations
    parts: np.ndarray
    groups: np.ndarray | None
    ladder: Ladder
    laws: dict[int, Law]
    forms: dict[int, Law]
    halves: tuple[VAE, ...]
    choice: PairedChoice
    patterns: int
    cautions: tuple[str, ...]
    _made: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def latents(self) -> int:
        """d, the number of latents that held-out rows ask for."""
        return int(self.choice.choice)

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
        nats = mean_over(-law.log_prob, self.groups, law.weights)
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
        from mfvae.analysis.page import report

        return report(self, path, baselines)

    @property
    def lacks(self) -> Lacks | None:
        """What the chosen law lacks, on held-out rows: see ``mfvae.analysis.judging.lacks``."""
        from mfvae.analysis.judging import lacks

        if "lacks" not in self._made:
            self._made["lacks"] = lacks(self)
        found: Lacks | None = self._made["lacks"]
        return found

    def interactions(self, truth: System | np.ndarray | None = None) -> Interactions | None:
        """Effective couplings of every pair of sites: see ``mfvae.analysis.interactions``."""
        from mfvae.analysis.interactions import interactions, true_couplings

        if "interactions" not in self._made:
            self._made["interactions"] = interactions(self)
        found: Interactions | None = self._made["interactions"]
        if found is None or truth is None:
            return found
        return replace(found, truth=true_couplings(truth, self.data.n_sites))

    @property
    def missing(self) -> pd.DataFrame | None:
        """What the chosen law lacks in numbers, with names of sites that have any; None as ``lacks``."""
        name_of = None if self.data.site_names is None else self.data.name_of
        return None if self.lacks is None else self.lacks.to_frame(name_of)

    @property
    def law(self) -> FittedLaw:
        """The chosen law by itself, which scores, draws and fills gaps."""
        names = tuple(map(self.data.name_of, range(self.data.n_sites)))
        ladder, record = self.ladder, self.data.record
        values = dict(record.get("values", {}))
        if "states" in record:
            values["states"] = record["states"]
        return FittedLaw(ladder.family, self.chosen.model, ladder.fields, names, ladder.seed, values)

    def log_prob(self, x: Configurations | np.ndarray, observed: np.ndarray | None = None) -> np.ndarray:
        """log p of configurations (B, N, ...) under the chosen law, in nats, (B,)."""
        return self.law.log_prob(x, observed)

    def latent_means(
        self, x: Configurations | np.ndarray, observed: np.ndarray | None = None
    ) -> np.ndarray:
        """E[z|x] of configurations (B, N, ...), float32 (B, d)."""
        return self.law.latent_means(x, observed)

    def impute(
        self,
        x: Configurations | np.ndarray | None = None,
        observed: np.ndarray | None = None,
        **how: Any,
    ) -> np.ndarray:
        """Rows whose gaps are filled, those of the fit by default.

        Options ``draw`` and ``seed`` are those of ``FittedLaw.impute``, which says the rest.
        """
        return self.law.impute(self.data if x is None else x, observed, **how)

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """n independent configurations of the chosen law, (n, N, ...)."""
        return self.law.sample(n, seed)

    @property
    def null(self) -> Estimate:
        """What one latent gains on the same columns, each shuffled by itself: see ``Ladder.null``."""
        if "null" not in self._made:
            self._made["null"] = self.ladder.null()
        found: Estimate = self._made["null"]
        return found

    def summary(self) -> str:
        """How many latents, and the differences that say so."""
        return self.choice.summary()

    def to_frame(self) -> pd.DataFrame:
        """``nats``, a line a law."""
        return self.nats


@contextmanager
def _threads(number: int | None) -> Iterator[None]:
    """Within the block PyTorch has so many threads; afterwards as many as before."""
    before = torch.get_num_threads()
    try:
        if number is not None:
            torch.set_num_threads(number)
        yield
    finally:
        torch.set_num_threads(before)


def fit(
    data: Any,
    *,
    latents: int | Sequence[int] = LATENTS,
    holdout: str | None = None,
    share: float = SHARE,
    epochs: int = EPOCHS,
    hidden: tuple[int, ...] = HIDDEN,
    seed: int = 0,
    threads: int | None = None,
    device: str = "cpu",
    store: Store | None = None,
    on_law: OnLaw | None = None,
) -> Fit:
    """Train models with 1, 2, 3 … latents as long as each one helps, and score them on held-out rows.

    Parameters
    ----------
    data : Configurations, or what ``mfvae.load`` reads without options
        B rows of N sites, which count as their weights say, if they have any. Entries that were not
        observed (``mfvae.load(..., missing="allow")``) take no part, exactly; they must be missing at
        random (``mfvae.sites.masks``).
    latents : int or sequence of int
        The largest number that is tried, or all numbers that are, in which case none is left out. 0
        always is.
    holdout : str, optional
        ``given``, ``group``, ``block`` or ``random``: see ``mfvae.hold_out``.
    share : float
        Share of the rows that are held out.
    epochs : int
        Passes over the training rows.
    hidden : tuple of int
        Widths of the hidden layers of encoders and decoders.
    seed : int
    threads : int, optional
        Of PyTorch, during the call; as many as it has already without it. Bits depend on them.
    device : str
        Where models are trained and scored: ``auto``, ``cpu``, ``cuda``, ``mps`` or any other device of
        PyTorch. Data stay on the CPU, which draws all nodes and noise, and the models come back to it.
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
        For data that cannot be fitted: too few rows, or a site that was never observed.

    Examples
    --------
    >>> import mfvae
    >>> system = mfvae.build("curie_weiss", {"N": 20, "beta": 1.3}, seed=0)
    >>> x = system.sample(3000, np.random.default_rng(0))
    >>> fit = mfvae.fit(x, latents=2, epochs=4)
    >>> fit.latents, fit.patterns
    (1, 1)
    """
    check_settings(threads, device)
    numbers_of(latents)
    begun = begin(data, holdout, share, seed, epochs, hidden, store, device)
    data, parts, ladder, together, groups = begun
    climb = Climb(ladder, groups, on_law)
    with _threads(threads):
        laws, choice = climb.latents(latents)
        forms, patterns = climb.patterns(laws, int(choice.choice), data.n_sites)
        halves: tuple[VAE, ...] = ()
        if forms:
            training = np.flatnonzero(parts == TRAIN)
            whole = np.zeros(len(training), np.int64) if together is None else together[training]
            halves = ladder.halves(forms[patterns], stretches(whole) % 2)
    cautions = tuple(_cautions(data, parts, groups, laws))
    return Fit(data, parts, groups, ladder, laws, forms, halves, choice, patterns, cautions)


def select_n_latents(
    data: Any,
    *,
    latents: int | Sequence[int] = LATENTS,
    holdout: str | None = None,
    share: float = SHARE,
    epochs: int = EPOCHS,
    hidden: tuple[int, ...] = HIDDEN,
    seed: int = 0,
) -> PairedChoice:
    """How many latents held-out rows ask for, and nothing else of a fit.

    Parameters
    ----------
    data, latents, holdout, share, epochs, hidden, seed
        As of ``fit``.

    Returns
    -------
    PairedChoice
        The number, the differences row by row that it rests on, and the reason in words.

    Raises
    ------
    InputError
        For data that cannot be fitted.

    Examples
    --------
    >>> import mfvae
    >>> x = np.random.default_rng(0).integers(2, size=(400, 5))
    >>> mfvae.select_n_latents(x, epochs=1).choice
    0
    """
    begun = begin(data, holdout, share, seed, epochs, hidden, None)
    return Climb(begun.ladder, begun.groups, None).latents(latents)[1]


def _cautions(
    data: Configurations, parts: np.ndarray, groups: np.ndarray | None, laws: dict[int, Law]
) -> Iterable[str]:
    n_train = n_effective(data, parts == TRAIN)
    if n_train < ROWS_PER_SITE * data.n_sites:
        yield (
            f"there are few rows: {n_train} for training, where {ROWS_PER_SITE} for each of the "
            f"{data.n_sites} sites would be better"
        )
    if data.weights is not None and groups is None:
        yield (
            "errors are those of weighted rows that are independent: relatives that were held out "
            "together make them larger"
        )
    if data.groups is None and groups is not None:
        yield "neighbouring rows are alike: errors are from the scatter of long stretches of rows"
    if data.observed is not None:
        yield (
            f"{1 - data.observed.mean():.2g} of the entries were not observed: that they are missing at "
            "random is assumed, and no datum can tell"
        )
        if empty := int((~data.observed.any(1)).sum()):
            yield f"nothing was observed of {empty} rows, which take no part"
    for law in laws.values():
        if not np.isfinite(law.numerical_error):
            yield f"the sum over the latent space is not to be trusted for {law.name}"
