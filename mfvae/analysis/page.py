"""The report: one page with the answer first, then how it was found; it needs no other file."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from mfvae.analysis import pictures, plot
from mfvae.analysis.diagnosis import Diagnosis, better_of, shown, signed
from mfvae.analysis.examine import oddities
from mfvae.analysis.fit import Fit
from mfvae.analysis.interactions import Interactions
from mfvae.analysis.reproduction import reproduction
from mfvae.analysis.theory import BINARY, MEANINGS, Theory
from mfvae.stats import Estimate
from mfvae.systems.base import System
from mfvae.workflow.files.atomic import write_text
from mfvae.workflow.files.provenance import versions
from mfvae.workflow.render import Block, Picture, Table, Text, html

SITES_SHOWN = 40  # lines of the table of patterns, half from either end; patterns.csv has all
CITATION = (
    "mfvae carries out the programme of Biroli, Welling and Vitelli, Discovering and decoding latent "
    "mean-field structure with variational autoencoders, arXiv:2606.08694 (2026). Please cite it, and "
    "this software with its version."
)
WORDS = (
    (
        "row, site",
        "A row is one configuration, such as a time bin or a vote; a site is one of its columns.",
    ),
    ("latent", "A hidden number of each row. Given all latents of a row, its sites are independent."),
    ("law", "A probability of every possible row, such as that of one trained model."),
    (
        "free decoder, patterns",
        "Fields that are any function of the latents, or b + ξ·φ(z) with K patterns ξ, as in a Hopfield "
        "network: that form is a theory which can be written down.",
    ),
    ("nat", "The unit of information; 1 nat is 1.44 bits. Fewer nats a row are a better prediction."),
    ("held-out row", "A row that no training has seen, by which laws are compared."),
    (
        "gain, difference",
        "By how many nats a row one law predicts the same held-out rows better than another, with its "
        "standard error.",
    ),
    ("rate R", "How many nats of a row its latents carry, as the encoder fills them."),
    (
        "I(A;B)",
        "How many nats two parts of the sites know of each other. A faithful model needs R ≥ I(A;B), "
        "for all ways to part the sites.",
    ),
    (
        "faithful",
        "A model whose law is that of the data, up to 0.1 nat a row. Data alone can show that a model "
        "is not faithful, but never that it is.",
    ),
)
WORDS_OF_THEORY = (
    ("field", "What pushes a site up or down: half the log-odds of +1, for spins."),
    ("pattern ξ", "How strongly, and with which sign, every site follows one collective variable φ."),
    (
        "coupling βJ",
        "How strongly a collective variable is driven by the sites that follow it. Without a field, "
        "order sets in at 1 for a large system with ±1 patterns.",
    ),
)


def report(
    fit: Fit,
    path: str | Path,
    baselines: Sequence[str] | None = None,
    command: str | None = None,
    truth: System | None = None,
) -> Path:
    """Write one self-contained HTML page: the answer, how it was found, how certain it is.

    Parameters
    ----------
    fit : Fit
    path : path
        Of the file, which appears whole or not at all.
    baselines : sequence of str, optional
        Other laws that the model is compared with; all that suit the data without it.
    command : str, optional
        What was typed to make it, for the page.
    truth : System, optional
        The law of the data with its stored patterns, where it is known, with whose couplings those of
        the model are compared.

    Returns
    -------
    Path

    Examples
    --------
    >>> import tempfile
    >>> import mfvae
    >>> fit = mfvae.fit(np.random.default_rng(0).integers(2, size=(300, 4)), latents=1, epochs=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = mfvae.report(fit, f"{folder}/report.html", baselines=()).read_text()
    >>> "no collective variable" in page
    True
    """
    diagnosis, theory = fit.diagnose(baselines=baselines), fit.decode()
    source = Path(str(fit.data.record.get("source", "data"))).name
    title = f"Latent mean-field theory of {source}"
    paired = fit.interactions(truth)
    write_text(path, html(title, blocks(fit, diagnosis, theory, paired, command)))
    return Path(path)


def blocks(
    fit: Fit,
    diagnosis: Diagnosis,
    theory: Theory,
    paired: Interactions | None,
    command: str | None,
) -> Iterator[Block]:
    """What stands on the page, in its order."""
    answer = list(diagnosis.opening)
    answer += [one for one in diagnosis.reasons[:1] if one.startswith("Capacity")]
    if theory.n_patterns:
        answer += [*diagnosis.before_theory, theory.sentence]
    yield Text(answer)
    yield from _heading("Why", [*diagnosis.reasons, *(f"Caution: {one}." for one in diagnosis.cautions)])
    yield from _heading("What was read, and what was done", _read_and_done(fit))
    yield from _of_latents(fit, diagnosis)
    yield from of_rows(fit)
    yield from _of_draws(fit)
    yield from _of_lacks(fit)
    if theory.n_patterns:
        yield from _of_patterns(theory)
        yield from _of_couplings(theory)
    if paired is not None:
        yield from of_pairs(paired)
    yield from _heading("The null: what is found where there is nothing", [diagnosis.about_null])
    yield from _heading("Training", _training(fit))
    yield _seconds(fit)
    yield from _heading("What the words mean", ["In the order of the page."])
    yield Table(("word", "meaning"), [*WORDS, *(WORDS_OF_THEORY if theory.n_patterns else ())])
    yield from _heading("How to cite", [CITATION])
    known = ", ".join(f"{name} {version}" for name, version in versions().items())
    made = [] if command is None else [f"Made by: {command}"]
    yield from _heading(
        "Command and versions", [*made, known, f"{platform.system()} {platform.machine()}"]
    )


def _heading(title: str, lines: list[str]) -> Iterator[Block]:
    if lines:
        yield Text([title], level=2)
        yield Text(lines)


def _read_and_done(fit: Fit) -> list[str]:
    counts = pd.Series(fit.parts).value_counts().to_dict()
    names = {"train": "for training", "test": "held out", "gap": "left out"}
    rows = ", ".join(f"{counts[name]} {words}" for name, words in names.items() if name in counts)
    return [
        *fit.data.describe().splitlines(),
        *oddities(fit.data),
        f"Rows: {rows}. {len(fit.ladder.scored)} held-out rows were scored"
        + (", one by one." if fit.groups is None else f", in {len(set(fit.groups.tolist()))} groups."),
    ]


def _of_latents(fit: Fit, diagnosis: Diagnosis) -> Iterator[Block]:
    about = ["The fewest latents are chosen that no larger number betters by three standard errors."]
    reason = fit.choice.reason.partition(": ")[2]
    yield from _heading("How many latents", [*about, f"Chosen: {fit.latents}, as {reason}."])
    yield Picture(
        pictures.png(plot.ladder, fit),
        "Nats a row by which each law is behind the best one, with standard errors of the difference; "
        "the line marks the chosen number of latents.",
    )
    differences = [
        (f"{one.larger} over {one.smaller}", _unbroken(signed(one.gain)))
        for one in fit.choice.differences
    ]
    yield Table(("latents", "gain in nats a row, row by row"), differences)
    rows = [
        (
            str(row["law"]),
            _unbroken(shown(Estimate(row["nats"], row["nats_stderr"]))),
            "chosen" if row["law"] == fit.chosen.name else _unbroken(better_of(row)),
        )
        for row in diagnosis.nats.to_dict("records")
    ]
    yield Table(("law", "held-out nats a row", "better than the chosen law by"), rows)
    if diagnosis.rate is not None and diagnosis.information is not None:
        yield Picture(
            pictures.png(plot.bound, diagnosis),
            "What the latents carry has to be at least what two parts of the sites know of each other.",
        )


def of_rows(fit: Fit) -> Iterator[Block]:
    """Latents of held-out rows, and along them where neighbouring rows are alike."""
    if not fit.latents:
        return
    about = "What the latents of a row are, as far as its sites tell: their means given the row."
    yield from _heading("Latents of the rows", [about])
    shown = "the first two latents, a dot a row" if fit.latents > 1 else "the latent"
    yield Picture(pictures.png(plot.latents, fit), f"Held-out rows: {shown}.")
    if fit.groups is not None:  # else the order of the rows means nothing
        caption = "The same over the longest stretch of held-out rows, in the order of the data."
        yield Picture(pictures.png(plot.latents_along, fit), caption)


def _of_draws(fit: Fit) -> Iterator[Block]:
    found = reproduction(fit)
    yield from _heading("What the model reproduces", found.summary().splitlines())
    alike = "as the model's own draws have it, against held-out rows; both agree on the line."
    yield Picture(pictures.png(plot.means, found), f"The mean of every site, {alike}")
    yield Picture(pictures.png(plot.pairs, found), f"The covariance of every pair of sites, {alike}")
    if found.conservation is not None:
        about = (
            "How far every site is from having all states alike, log q − H in nats, in held-out rows "
            "and in the model's own draws."
        )
        yield Picture(pictures.png(plot.conservation, found), about)
    if found.counts is not None:
        about = "Share of the rows in which so many sites are +1, of held-out rows and of the model."
        yield Picture(pictures.png(plot.counts, found), about)


def _of_lacks(fit: Fit) -> Iterator[Block]:
    found, table = fit.lacks, fit.missing
    if found is None or table is None:
        about = (
            "This is asked of whole rows with one number for each site, and of three latents at most."
        )
        yield from _heading("What is missing", [about])
        return
    yield from _heading("What is missing", found.summary(fit.data.name_of).splitlines())
    about = (
        "Couplings by which held-out rows differ from the model's draws, between the sites that it fits "
        "worst; and the function of the number of +1 in a row by which they do."
    )
    numbered = " Sites are numbered from 1." if fit.data.site_names is None else ""
    yield Picture(pictures.lacks(table), about + numbered)


def _of_patterns(theory: Theory) -> Iterator[Block]:
    about = "The sign of a pattern is free: all sites of it can be turned round together."
    yield from _heading("Patterns", [about])
    yield Picture(pictures.patterns(theory), _about_patterns(theory))
    table = theory.to_frame()
    if theory.kind == BINARY:
        table = table.sort_values([f"pattern_{k}" for k in range(1, theory.n_patterns + 1)][::-1])
    table = table.sort_values("pattern_1", ascending=False, kind="stable")
    half, lines = SITES_SHOWN // 2, []
    if len(table) > SITES_SHOWN:
        lines = [f"The first and last {half} of {len(table)} lines, in the order of the first pattern."]
        table = pd.concat([table.head(half), table.tail(half)])
    yield Table([str(name) for name in table.columns], _cells(table))
    yield Text([*lines, "All of them are in patterns.csv, which mfvae analyse writes beside this page."])


def _about_patterns(theory: Theory) -> str:
    if theory.patterns.index.nlevels == 1:
        return (
            "Patterns over sites, sorted. Sites with values of one sign go up and down together, "
            "against those of the other sign."
        )
    if theory.of_letters:
        return (
            "Patterns over positions. Letters above 0 become more likely together, those below less; "
            "the height of a letter is the pattern there. What hardly depends on it is left out."
        )
    kind = theory.patterns.index.names[1]
    return (
        f"Patterns over sites and their {kind}s. What has values of one sign becomes more likely "
        "together, and what has the other sign less; white does not depend on the pattern."
    )


def _unbroken(text: str) -> str:
    """The same with spaces at which no line ends, so that a value keeps its error beside it."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _cells(table: pd.DataFrame) -> list[list[str]]:
    return [
        [one if isinstance(one, str) else f"{one:.3f}".replace("-", "−") for one in row]
        for row in table.itertuples(index=False)
    ]


def _of_couplings(theory: Theory) -> Iterator[Block]:
    reasons, known = list(theory.reasons), set(theory.couplings["way"])
    if "potential" not in known:
        reasons.append("There is no potential to read where patterns are more than latents.")
    yield from _heading("Couplings, read in three ways that have to agree", reasons)
    meanings = (f"{way}: {meaning}" for way, meaning in MEANINGS.items() if way in known)
    yield Picture(pictures.png(plot.couplings, theory), "; ".join(meanings) + ".")
    rows = [
        (
            str(row["pattern"]),
            str(row["way"]),
            _unbroken(shown(Estimate(row["value"], row["stderr"]))),
            f"{row['stderr_rows']:.2g}",
            f"{row['stderr_halves']:.2g}",
            f"{row['misfit']:.2g}" if row["misfit"] else "in the first",
        )
        for row in theory.couplings.to_dict("records")
    ]
    head = ("pattern", "read from", "βJ", "error over rows", "error between halves", "misfit of one βJ")
    yield Table(head, rows)
    if theory.n_patterns > 1:
        largest = ", ".join(f"{way} {value:.2g}" for way, value in theory.off_diagonal.items())
        yield Text([f"Largest element of βJ between two patterns: {largest}."])


def of_pairs(paired: Interactions) -> Iterator[Block]:
    """Effective couplings of all pairs of sites, against the true ones where these are known."""
    about = (
        "The law as a model of interacting spins, p(x) ∝ exp(Σ J_ij x_i x_j + …), at held-out rows: the "
        "couplings between pairs of sites that do what its latents do."
    )
    yield from _heading("Effective couplings between sites", [about, *paired.summary().splitlines()])
    caption = (
        "Effective coupling of every pair of sites, in units of temperature, alike beside each other."
    )
    yield Picture(pictures.png(plot.interactions, paired), caption)
    if paired.truth is not None:
        caption = "Effective couplings against the true ones of every pair; both agree on the line."
        yield Picture(pictures.png(plot.against_truth, paired), caption)


def _training(fit: Fit) -> list[str]:
    ladder = fit.ladder
    return [
        f"{ladder.epochs} passes over {len(ladder.statistic)} training rows for every model, hidden "
        f"layers of {', '.join(map(str, ladder.hidden))} units, seed {ladder.seed}.",
        "The likelihood itself was maximised, by sums over the latent space, which draws of every row's "
        "own join beyond three latents.",
    ]


def _seconds(fit: Fit) -> Table:
    rows = [
        (
            law.name,
            f"{law.seconds:.1f}" if law.seconds else "trained before",
            f"{law.numerical_error:.2g}",
        )
        for law in fit.tried
    ]
    return Table(("law", "seconds of training", "numerical error of its score in nats"), rows)
