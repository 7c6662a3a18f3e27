"""The atlas: what few latents explain of every data set, beside what is known of it, and the verdict.

A law's gain is over independent sites, in nats a row of the same held-out rows; its share is that gain
over the gain of the best law known. Errors are paired, over groups of rows.
"""

from collections import defaultdict
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd

from mfvae.errors import InputError
from mfvae.stats import Estimate, estimate, jackknife
from mfvae.workflow.cli import AtLeast, Output, run, together
from mfvae.workflow.files.atomic import read_csv, write_csv, write_text
from mfvae.workflow.metrics import Metric, read_metrics
from mfvae.workflow.reproduce.against_expected import markdown as in_markdown

COLUMNS = ["dataset", "quantity", "model", "latents", "value", "stderr", "text"]
FROM_VERDICT = (
    "unknown_law_verdict",
    "kl_lower_limit",
    "kl_lower_bound_critic",
    "kl_lower_bound_laws",
    "data_information_lower_bound",
    "data_information_lower_limit",
    "no_difference_above",
)


def nats_of(paths: list[tuple[str, str, Path]]) -> dict[str, dict[str, np.ndarray]]:
    """Held-out nats of every group of rows, by data set and law; raises InputError for other groups."""
    found: dict[str, dict[str, pd.Series]] = defaultdict(dict)
    for dataset, law, path in paths:
        series = read_csv(path, ("repeat", "nats")).set_index("repeat")["nats"]
        first = next(iter(found[dataset].values()), series)
        if list(first.index) != list(series.index):
            raise InputError("repeats", str(path), "the held-out groups of the other laws are needed")
        found[dataset][law] = series
    return {
        dataset: {law: series.to_numpy() for law, series in laws.items()}
        for dataset, laws in found.items()
    }


def share_of(gain: np.ndarray, best: np.ndarray) -> Estimate:
    """Ratio of two mean gains of the same groups."""
    if len(gain) < 2:
        return Estimate(float(gain.mean() / best.mean()), 0.0)
    groups = np.arange(len(gain))

    def ratio(left_out: int | None) -> float:
        kept = groups != left_out
        return float(gain[kept].mean() / best[kept].mean())

    found = jackknife(groups, ratio)
    return Estimate(float(found.value), float(found.stderr))


def rows_of(
    dataset: str, nats: dict[str, np.ndarray], independent: str, dims: dict[str, int]
) -> list[dict[str, object]]:
    """Gains and shares of the laws with latents and of the best law."""
    best = min(nats, key=lambda law: nats[law].mean())
    rows: list[dict[str, object]] = []
    for law in dict.fromkeys([*dims, best]):
        gain = nats[independent] - nats[law]
        of = share_of(gain, nats[independent] - nats[best])
        for quantity, found in (("gain", estimate(gain)), ("share", of)):
            about = {"dataset": dataset, "model": law, "latents": dims.get(law)}
            rows.append({**about, "quantity": quantity, "value": found.value, "stderr": found.stderr})
    baseline = estimate(nats[independent])
    rows.append(
        {
            "dataset": dataset,
            "quantity": "independent_nats",
            "model": independent,
            "value": baseline.value,
            "stderr": baseline.stderr,
        }
    )
    rows.append({"dataset": dataset, "quantity": "best_law", "model": best, "text": best})
    return rows


def of_verdicts(metrics: list[Metric], names: list[str]) -> list[dict[str, object]]:
    """Numbers of the verdicts and rates of the judged models, given as DATASET/MODEL."""
    return [
        {
            "dataset": one.dataset,
            "quantity": one.quantity,
            "model": one.model,
            "value": one.value,
            "stderr": one.stderr,
        }
        for one in metrics
        if one.quantity in (*FROM_VERDICT, "rate") and f"{one.dataset}/{one.model}" in names
    ]


def sentences(paths: list[tuple[str, str, Path]]) -> list[dict[str, object]]:
    """The answers in words."""
    rows = []
    for dataset, model, path in paths:
        table = read_csv(path, ("name", "text"))
        text = table.loc[table["name"] == "answer", "text"].iloc[0]
        rows.append({"dataset": dataset, "quantity": "verdict", "model": model, "text": text})
    return rows


def shown(table: pd.DataFrame, quantity: str, digits: int = 2) -> str:
    """Value and error of the first row of a quantity, or a dash."""
    rows = table[table["quantity"] == quantity]
    if rows.empty or pd.isna(rows["value"].iloc[0]):
        return "-"
    value, stderr = rows["value"].iloc[0], rows["stderr"].iloc[0]
    return f"{value:.{digits}f}" + ("" if pd.isna(stderr) else f" ± {stderr:.{digits}f}")


def line_of(dataset: str, own: pd.DataFrame, dims: list[int]) -> list[str]:
    """A line for reading, with the verdict on the model with the most latents."""
    last = own.loc[own["latents"].notna()].sort_values("latents", kind="stable")["model"].iloc[-1]
    judged = own[own["model"] == last]
    shares = [shown(own[(own["latents"] == d) & (own["quantity"] == "share")], "share") for d in dims]
    verdict = judged.loc[judged["quantity"] == "verdict", "text"]
    best = own.loc[own["quantity"] == "best_law", "text"].iloc[0]
    gain = own[(own["model"] == best) & (own["quantity"] == "gain")]
    return [
        dataset.replace("_", " "),
        shown(own, "independent_nats"),
        f"{best}: {shown(gain, 'gain')}",
        *shares,
        shown(judged, "rate"),
        shown(judged, "data_information_lower_bound"),
        verdict.iloc[0] if len(verdict) else "-",
    ]


def main(
    scored: Annotated[list[str], "DATASET/LAW of everything that was scored"],
    repeats: Annotated[list[Path], "CSV of held-out nats of each of them"],
    independent: Annotated[list[str], "DATASET/LAW of the laws of independent sites"],
    judged: Annotated[list[str], "DATASET/MODEL of the models that were judged"],
    latent_dims: Annotated[list[int], AtLeast(1), "numbers of latents of these"],
    reasons: Annotated[list[Path], "CSV of the reasons of each verdict"],
    metrics: Annotated[list[Path], "JSON metrics of the verdicts and of the models' channels"],
    output: Annotated[Output, "CSV"],
    markdown: Annotated[Output, "the same for reading"],
) -> None:
    split = [(*one.split("/", 1), path) for one, path in together(scored=scored, repeats=repeats)]
    dims: dict[str, dict[str, int]] = defaultdict(dict)
    for one, d in together(judged=judged, latent_dims=latent_dims):
        dataset, model = one.split("/", 1)
        dims[dataset][model] = d
    without = dict(one.split("/", 1) for one in independent)
    rows: list[dict[str, object]] = []
    for dataset, nats in nats_of(split).items():
        if dataset in without:
            rows += rows_of(dataset, nats, without[dataset], dims[dataset])
    rows += of_verdicts(read_metrics(metrics), judged)
    said = together(judged=judged, reasons=reasons)
    rows += sentences([(*one.split("/", 1), path) for one, path in said])
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    for model_of, d in ((one.split("/", 1), d) for one, d in zip(judged, latent_dims, strict=True)):
        here = (table["dataset"] == model_of[0]) & (table["model"] == model_of[1])
        table.loc[here, "latents"] = d
    write_csv(output, table)
    known = sorted(set(latent_dims))
    head = ["data", "independent nats", "best law gains", *(f"share, d = {d}" for d in known)]
    cells = [line_of(name, own, known) for name, own in table.groupby("dataset", sort=False)]
    write_text(markdown, in_markdown([*head, "R", "I(A;B) from below", "verdict"], cells) + "\n")


if __name__ == "__main__":
    run(main)
