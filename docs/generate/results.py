"""Results, from the expected metrics and the published values: no number is typed by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from docs.generate.expected import ROOT, Row, only, relative_tolerance, select, span, table

PUBLISHED = ROOT / "config" / "published.json"
EXACT_MODELS = ("exact", "exact_disordered", "exact_large")
T_CRITICAL = 2.269185
GENERIC_REASONS = ("exact", "samples", "recorded")  # of rows that no claim is about
NEURAL = ("exact_d1", "exact", "exact_d3", "elbo", "elbo_d6")
HOPFIELD = ("hopfield_k1", "hopfield_k2", "hopfield_k3", "hopfield_k4")
OTHERS = ("independent", "population_count", "mixture_c2", "mixture_c10", "mixture_c20")
OTHERS += ("rbm_h2", "rbm_h10", "pairwise")

INTRODUCTION = """\
# Results

The numbers on this page come from `config/expected/default.csv`, the table against which `make
reproduce` compares every run of the default configuration. They are of two kinds. A *judged* number
must be met by any run on any machine, within the tolerance that is given; for the solvable models
the expected value is the exact one. A *recorded* number is what one run found; it depends on the
processor and is shown, not judged. All information is in nats, of a whole configuration unless *per
site* is said. The words are explained in the [glossary](../glossary.md), and the measurements that
no default run repeats (other seeds, other sizes, timings) in [Further
measurements](measurements.md).
"""


def page() -> str:
    """Markdown of all results."""
    sections = [
        INTRODUCTION,
        "## In eight rows\n",
        headline_table(),
        "## What every run must show\n",
        _claims(),
        "## The two-dimensional Ising model\n",
        _ising(),
        "## A population of 160 retinal ganglion cells\n",
        _retina(),
        "## Other data sets\n",
        _others(),
        "## Beside published values\n",
        _published(),
    ]
    return "\n".join(sections) + "\n"


def table_of(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _others() -> str:
    """Held-out nats a row of seven more data sets, by law."""
    models = ("independent", "chow_liu", "exact_d1", "exact_d2", "exact_d3")
    rows = []
    for name in ("retina50", "senate", "jester", "nltcs", "plants", "bnetflix", "accidents"):
        found = {row.model: row.value for row in select(name, "negative_log_likelihood")}
        rows.append([name, *(f"{found[model]:.3f}" if model in found else "" for model in models)])
    head = ("data set", "independent sites", "tree of pairs", "1 latent", "2 latents", "3 latents")
    text = (
        "Held-out nats a row: what every run must show where that is claimed, else what one training "
        "showed. Where a tree of pairs predicts better than latents do, as of the accidents, so few "
        "latents are no theory of the data. The Senate has gaps, with which a tree is not fitted; fifty "
        "cells of a retina were tried with two latents at most.\n\n"
    )
    return text + table_of(head, rows)


# -- the table of the README -----------------------------------------------------------------------
def headline_table() -> str:
    """Eight rows, one for each question; ``README.md`` holds the same lines."""
    rows = [
        _curie_weiss(),
        _field(),
        _hopfield_patterns(),
        _hopfield_coupling(),
        _maier_saupe(),
        _ising_row(),
        _retina_nats(),
        _retina_silence(),
    ]
    return table_of(("data", "quantity", "exact or published", "mfvae"), rows)


def _curie_weiss() -> tuple[str, ...]:
    rows = select("curie_weiss", "coupling_from_mean", EXACT_MODELS, judged=True)
    sizes = span((row.point["N"] for row in rows), ".0f")
    return (
        f"Curie–Weiss magnet, {sizes} spins",
        "coupling βJ",
        span(row.value for row in rows),
        f"within {relative_tolerance(rows):.0f} % at {len(rows)} points",
    )


def _field() -> tuple[str, ...]:
    rows = select("curie_weiss_field", "field_from_mean", judged=True)
    return (
        "the same in an external field",
        "field h",
        span(row.value for row in rows),
        f"within {relative_tolerance(rows):.0f} % at {len(rows)} points",
    )


def _hopfield_patterns() -> tuple[str, ...]:
    number = select("hopfield", "collective_variables", ("exact",))
    overlap = select("hopfield", "pattern_overlap_min", ("exact",))
    assert all(row.tolerance == 0 for row in (*number, *overlap))
    return (
        f"Hopfield network, {number[0].point['N']:.0f} spins",
        "number of patterns; overlap with them",
        f"{span(row.value for row in number)}; {span(row.value for row in overlap)}",
        f"every bit of every pattern at {len(overlap)} temperatures",
    )


def _hopfield_coupling() -> tuple[str, ...]:
    rows = select("hopfield", "coupling_from_mean", ("exact",), judged=True)
    return (
        "the same",
        "coupling βJ",
        span(row.value for row in rows),
        f"within {relative_tolerance(rows):.0f} % at {len(rows)} points",
    )


def _maier_saupe() -> tuple[str, ...]:
    number = select("maier_saupe", "collective_variables", ("exact", "exact_large"), judged=True)
    coupling = select("maier_saupe", "coupling_from_mean", ("exact", "exact_large"), judged=True)
    assert all(row.tolerance == 0 for row in number)
    sizes = span((row.point["N"] for row in number), ".0f")
    return (
        f"Maier–Saupe liquid crystal, {sizes} rods",
        "number of collective variables; coupling βU",
        f"{span(row.value for row in number)}; {span(row.value for row in coupling)}",
        f"{span(row.value for row in number)}; within {relative_tolerance(coupling):.0f} % at "
        f"{len(coupling)} points",
    )


def _ising_row() -> tuple[str, ...]:
    rows = select("ising_2d", "faithful", judged=True)
    assert all(row.value + row.tolerance <= 0 for row in rows)  # 1 is faithful, 0 undecided, −1 not
    small, large = (_kl_per_site(model) for model in ("d1", "d16"))
    return (
        "Ising magnet in two dimensions",
        "is it mean-field?",
        "no",
        f"none of {len(rows)} models is faithful; {small:.3f} (1 latent) to {large:.3f} (16) nats a "
        "site are lost at the critical point of 16 × 16 spins",
    )


def _kl_per_site(model: str) -> float:
    return only("ising_2d", "kl_per_site", (model,), L=16, T=T_CRITICAL).value


def _retina_nats() -> tuple[str, ...]:
    exact = _nats("exact")
    independent, pairwise = _nats("independent"), _nats("pairwise")
    return (
        "160 neurons of a retina",
        "held-out nats a word",
        f"pairwise maximum entropy: {pairwise.value:.2f}; independent: {independent.value:.2f}",
        f"two latents: {exact.value:.2f} ± {exact.tolerance:g}",
    )


def _nats(model: str) -> Row:
    return only("retina", "negative_log_likelihood", (model,))


def _retina_silence() -> tuple[str, ...]:
    row = only("retina", "p_silence", ("exact",))
    (entry,) = (one for one in published() if one["about"]["quantity"] == "p_silence")
    return (
        "the same",
        "probability of silence",
        f"{entry['value']} ± {entry['stderr']} ({entry['source']})",
        f"{row.value:g} ± {row.tolerance:g}",
    )


# -- the other sections ----------------------------------------------------------------------------
def _claims() -> str:
    """Every claim, with the number of metrics that it is about."""
    rows = [row for row in table() if row.reason not in GENERIC_REASONS]

    def about(row: Row) -> tuple[str, str, str]:
        return row.dataset, row.quantity, row.reason

    lines = []
    for (dataset, quantity, reason), group in groupby(sorted(rows, key=about), key=about):
        members = list(group)
        lines.append((f"`{dataset}`", f"`{quantity}`", len(members), _expected(members), reason))
    return table_of(("data set", "metric", "number", "expected", "claim"), lines)


def _expected(rows: Sequence[Row]) -> str:
    """Values and tolerances of some rows."""
    tolerances = [row.tolerance for row in rows if row.tolerance is not None]
    values = span((row.value for row in rows), ".4g")
    return f"{values} ± {span(tolerances, '.2g')}" if max(tolerances) else f"{values}, exactly"


def _ising() -> str:
    models = ("d1", "d2", "d4", "d8", "d16")
    rows = []
    for temperature in sorted({row.point["T"] for row in select("ising_2d", "kl_per_site", ("d1",))}):
        where = {"L": 16.0, "T": temperature}
        information = only("ising_2d", "bipartite_mi_checkerboard", ("",), **where).value
        cells = [
            f"{only('ising_2d', 'rate', (model,), **where).value:.2f}; "
            f"{only('ising_2d', 'kl_per_site', (model,), **where).value:.4f}"
            for model in models
        ]
        rows.append((f"{temperature:g}", f"{information:.2f}", *cells))
    text = (
        "For 16 × 16 spins: the information I(A;B) between the two sublattices, which the latents would "
        "have to carry, and for each number of latents *d* the rate R that they do carry and "
        "KL(p_data‖p_θ) per site (recorded). A model whose rate is below I(A;B) cannot be faithful.\n"
    )
    head = ("temperature", "I(A;B)", *(f"{name.replace('d', 'd = ')}: R; KL/N" for name in models))
    return text + "\n" + table_of(head, rows)


def _retina() -> str:
    head = (
        "law",
        "held-out nats a word",
        "P(silence)",
        "total variation of P(K)",
        "correlation of pair correlations",
        "correlation of triplets",
    )
    quantities = (
        "p_silence",
        "p_k_total_variation",
        "correlation_of_correlations",
        "correlation_of_triplets",
    )
    rows = []
    for model in (*NEURAL, *HOPFIELD, *OTHERS):
        statistics = [_shown(only("retina", quantity, (model,))) for quantity in quantities]
        rows.append((f"`{model}`", _shown(_nats(model)), *statistics))
    data = only("retina", "p_silence", ("",)).value
    text = (
        f"In the data P(silence) is {data:.4f}. `exact_d1`, `exact` and `exact_d3` maximise the "
        "likelihood with one, two and three latents; `elbo` and `elbo_d6` maximise the evidence lower "
        "bound with two and six; `hopfield_k1` to `hopfield_k4` are decoders of the Hopfield form with "
        "K patterns and two latents; the others are laws of other kinds, fitted to the same repeats. "
        "Numbers with ± are judged, all others are recorded.\n"
    )
    return text + "\n" + table_of(head, rows)


def _shown(row: Row) -> str:
    return f"{row.value:.4g}" + (f" ± {row.tolerance:.2g}" if row.tolerance else "")


def published() -> list[dict[str, Any]]:
    """Numbers of the literature, as ``config/published.json`` has them."""
    found: list[dict[str, Any]] = json.loads(PUBLISHED.read_text())
    return found


def _published() -> str:
    rows = []
    for entry in published():
        about = entry["about"]
        row = only(about["dataset"], about["quantity"], (about.get("model", ""),))
        error = f" ± {entry['stderr']}" if "stderr" in entry else ""
        name = " ".join(part for part in (about["dataset"], about.get("model")) if part)
        rows.append((f"`{name}`", f"`{about['quantity']}`", f"{entry['value']}{error}", _shown(row)))
        rows[-1] += (entry["source"],)
    return table_of(("about", "metric", "published", "expected here", "source"), rows)


if __name__ == "__main__":
    sys.stdout.write(headline_table())
