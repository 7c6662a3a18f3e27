"""The report: one page with the answer first, then how it was found; it needs no other file."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from mfvae.analysis import pictures, plot
from mfvae.analysis.diagnosis import Diagnosis, shown, signed
from mfvae.analysis.examine import oddities
from mfvae.analysis.fit import Fit
from mfvae.analysis.reproduction import reproduction
from mfvae.analysis.theory import BINARY, MEANINGS, Theory
from mfvae.stats import Estimate
from mfvae.workflow.files.atomic import write_text
from mfvae.workflow.files.provenance import versions
from mfvae.workflow.render import Block, Picture, Table, Text, html

SITES_SHOWN = 200  # lines of the table of patterns; patterns.csv has all
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
    fit: Fit, path: str | Path, baselines: Sequence[str] | None = None, command: str | None = None
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
    write_text(path, html(title, blocks(fit, diagnosis, theory, command)))
    return Path(path)


def blocks(fit: Fit, diagnosis: Diagnosis, theory: Theory, command: str | None) -> Iterator[Block]:
    """What stands on the page, in its order."""
    answer = [diagnosis.sentence, f"Verdict: {diagnosis.confidence}."]
    if theory.n_patterns:
        answer += [*diagnosis.before_theory, theory.sentence]
    yield Text(answer)
    yield from _heading("Why", [*diagnosis.reasons, *(f"Caution: {one}." for one in diagnosis.cautions)])
    yield from _heading("What was read, and what was done", _read_and_done(fit))
    yield from _of_latents(fit, diagnosis)
    yield from _of_draws(fit)
    if theory.n_patterns:
        yield from _of_patterns(theory)
        yield from _of_couplings(theory)
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
    yield from _heading("How many latents", [*about, f"Choice: {fit.choice.reason}."])
    yield Picture(
        pictures.png(plot.ladder, fit),
        "Nats a row by which each law is behind the best one, with standard errors of the difference; "
        "the line marks the chosen number of latents.",
    )
    differences = [
        (f"{one.larger} over {one.smaller}", signed(one.gain)) for one in fit.choice.differences
    ]
    yield Table(("latents", "gain in nats a row, row by row"), differences)
    rows = [
        (
            str(row["law"]),
            shown(Estimate(row["nats"], row["nats_stderr"])),
            signed(Estimate(row["better"], row["better_stderr"])),
        )
        for row in diagnosis.nats.to_dict("records")
    ]
    yield Table(("law", "held-out nats a row", "better than the chosen law by"), rows)
    if diagnosis.rate is not None and diagnosis.information is not None:
        yield Picture(
            pictures.png(plot.bound, diagnosis),
            "What the latents carry has to be as much as two parts of the sites know of each other.",
        )


def _of_draws(fit: Fit) -> Iterator[Block]:
    found = reproduction(fit)
    yield from _heading("What the model reproduces", found.summary().splitlines())
    yield Picture(
        pictures.reproduced(found),
        "Draws of the model against held-out rows: a point a site, a point a pair, which lie on the "
        "line where both agree"
        + (", and how many sites are +1 in a row." if found.counts is not None else "."),
    )


def _of_patterns(theory: Theory) -> Iterator[Block]:
    about = "The sign of a pattern is free: all sites of it can be turned round together."
    yield from _heading("Patterns", [about])
    yield Picture(
        pictures.patterns(theory),
        "Patterns over sites, sorted. Sites with values of one sign go up and down together, against "
        "those of the other sign.",
    )
    table = theory.to_frame()
    if theory.kind == BINARY:
        table = table.sort_values([f"pattern_{k}" for k in range(1, theory.n_patterns + 1)][::-1])
    table = table.sort_values("pattern_1", ascending=False, kind="stable")
    yield Table([str(name) for name in table.columns], _cells(table.head(SITES_SHOWN)))
    lines = [f"The first {SITES_SHOWN} of {len(table)} lines."] if len(table) > SITES_SHOWN else []
    yield Text([*lines, "All of them are in patterns.csv, which mfvae analyse writes beside this page."])


def _cells(table: pd.DataFrame) -> list[list[str]]:
    return [
        [one if isinstance(one, str) else f"{one:.3f}".replace("-", "−") for one in row]
        for row in table.itertuples(index=False)
    ]


def _of_couplings(theory: Theory) -> Iterator[Block]:
    yield from _heading("Couplings, read in three ways that have to agree", list(theory.reasons))
    yield Picture(
        pictures.png(plot.couplings, theory),
        "; ".join(f"{way}: {meaning}" for way, meaning in MEANINGS.items()) + ".",
    )
    rows = [
        (
            str(row["pattern"]),
            str(row["way"]),
            shown(Estimate(row["value"], row["stderr"])),
            f"{row['stderr_rows']:.2g}",
            f"{row['stderr_halves']:.2g}",
        )
        for row in theory.couplings.to_dict("records")
    ]
    yield Table(("pattern", "read from", "βJ", "error over rows", "error between halves"), rows)
    if theory.n_patterns > 1:
        largest = ", ".join(f"{way} {value:.2g}" for way, value in theory.off_diagonal.items())
        yield Text([f"Largest element of βJ between two patterns: {largest}."])


def _training(fit: Fit) -> list[str]:
    ladder = fit.ladder
    return [
        f"{ladder.epochs} passes over {len(ladder.statistic)} training rows for every model, hidden "
        f"layers of {', '.join(map(str, ladder.hidden))} units, seed {ladder.seed}.",
        "Up to three latents the likelihood itself was maximised, beyond them a bound of it.",
    ]


def _seconds(fit: Fit) -> Table:
    rows = [
        (law.name, f"{law.seconds:.1f}" if law.seconds else "none now", f"{law.numerical_error:.2g}")
        for law in fit.tried
    ]
    return Table(("law", "seconds of training", "numerical error of its score in nats"), rows)
