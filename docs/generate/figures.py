"""Reference of the figures: every kind that the configuration can name, with its caption."""

from __future__ import annotations

from mfvae.figures import FIGURES
from mfvae.figures.vocabulary import NEUTRAL

INTRODUCTION = """\
# Figures

The key `figures` of a system or a data set names the figures that are drawn of it; `figures` at the top
level names those that join several. Each is written as PDF and PNG, with the table behind it as CSV, to
`results/figures/{data set}/{kind}`, or to `results/figures/all/{kind}` if it joins several. One figure
alone, with what it needs: `snakemake -- results/figures/hopfield/patterns.pdf`.
"""
SECTIONS = {  # what figures can be drawn of, in words
    "several": "Across all data sets",
    "system": "Of any solvable system",
    "mean field": "Of solvable mean-field systems",
    "order parameter law": "Of systems whose law of the order parameter is known",
    "field": "Of systems in an external field",
    "recording": "Of data sets in files",
}


def page() -> str:
    """Markdown of all kinds, by what they can be drawn of."""
    parts = [INTRODUCTION]
    for of, title in SECTIONS.items():
        parts += [f"## {title}", "", "| figure | what it shows |", "|---|---|"]
        for name, kind in sorted(FIGURES.items()):
            if kind.of == of:
                parts.append(f"| `{name}` | {kind.caption_in(NEUTRAL).replace('|', chr(92) + '|')} |")
        parts.append("")
    return "\n".join(parts)
