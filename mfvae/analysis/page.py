"""The report: one page with the answer first, then how it was found; it needs no other file."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mfvae.analysis import pictures
from mfvae.analysis.diagnosis import Diagnosis, shown, signed
from mfvae.analysis.examine import oddities
from mfvae.analysis.fit import Fit
from mfvae.analysis.theory import MEANINGS, Theory
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


def write_page(fit: Fit, path: str | Path, diagnosis: Diagnosis, theory: Theory) -> Path:
    """Write the report of a fit, whole or not at all, and return its path."""
    source = Path(str(fit.data.record.get("source", "data"))).name
    write_text(path, html(f"Latent mean-field theory of {source}", blocks(fit, diagnosis, theory)))
    return Path(path)


def blocks(fit: Fit, diagnosis: Diagnosis, theory: Theory) -> Iterator[Block]:
    """What stands on the page, in its order."""
    answer = [diagnosis.sentence, f"Verdict: {diagnosis.confidence}."]
    if theory.n_patterns:
        answer += [*diagnosis.before_theory, theory.sentence]
    yield Text(answer)
    yield from _heading("Why", [*diagnosis.reasons, *(f"Caution: {one}." for one in diagnosis.cautions)])
    yield from _heading("What was read, and what was done", _read_and_done(fit))
    yield from _heading("How many latents", ["Differences are of the same held-out rows, row by row."])
    yield Picture(
        pictures.as_png(pictures.ladder(fit)),
        "Held-out nats a row above the best law, with standard errors of the difference; "
        "the line marks the chosen number of latents.",
    )
    yield _laws(diagnosis.nats)
    if theory.n_patterns:
        yield from _of_theory(theory)
    yield from _heading("How to cite", [CITATION])
    known = ", ".join(f"{name} {version}" for name, version in versions().items())
    yield from _heading("Versions", [known, f"{platform.system()} {platform.machine()}"])


def _heading(title: str, lines: list[str]) -> Iterator[Block]:
    if lines:
        yield Text([title], level=2)
        yield Text(lines)


def _read_and_done(fit: Fit) -> list[str]:
    counts = pd.Series(fit.parts).value_counts().to_dict()
    rows = ", ".join(f"{name} {counts[name]}" for name in ("train", "test", "gap") if name in counts)
    ladder = fit.ladder
    return [
        *fit.data.describe().splitlines(),
        *oddities(fit.data),
        f"Rows: {rows}. {len(ladder.scored)} held-out rows were scored"
        + (", one by one." if fit.groups is None else f", in {len(set(fit.groups.tolist()))} groups."),
        f"{ladder.epochs} passes over the training rows for every model, hidden layers of "
        f"{', '.join(map(str, ladder.hidden))} units, seed {ladder.seed}.",
        "Up to three latents the likelihood itself was maximised, beyond them a bound of it.",
    ]


def _laws(nats: pd.DataFrame) -> Table:
    rows = [
        (
            str(row["law"]),
            shown(Estimate(row["nats"], row["nats_stderr"])),
            signed(Estimate(row["better"], row["better_stderr"])),
        )
        for row in nats.to_dict("records")
    ]
    return Table(("law", "held-out nats a row", "better than the chosen law by"), rows)


def _of_theory(theory: Theory) -> Iterator[Block]:
    yield from _heading("Couplings, read in several ways", list(theory.reasons))
    yield Picture(
        pictures.as_png(pictures.couplings(theory)),
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
    yield Text(["Patterns"], level=2)
    yield Picture(
        pictures.as_png(pictures.patterns(theory)),
        "Patterns over sites. A positive value is a site that goes up with the collective variable.",
    )
    columns = theory.to_frame().head(SITES_SHOWN)
    cells = [
        [one if isinstance(one, str) else f"{one:.3f}".replace("-", "−") for one in row]
        for row in columns.itertuples(index=False)
    ]
    yield Table([str(name) for name in columns.columns], cells)
    if len(theory.patterns) > SITES_SHOWN:
        yield Text([f"The first {SITES_SHOWN} of {len(theory.patterns)} lines; patterns.csv has all."])
