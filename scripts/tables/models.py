"""One table of all models of a recording: how well they fit, and what of the population they reproduce.

Beside it the tables behind three figures: all models, the number of latent variables, the price of the
Hopfield form. CPU times differ from run to run and stand in the table for reading alone.
"""

import math
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd

from mfvae.capacity.selection import fewest_paired
from mfvae.errors import InputError
from mfvae.workflow.cli import Output, Point, System, run, together
from mfvae.workflow.files.atomic import read_csv, read_json, write_csv, write_text
from mfvae.workflow.metrics import Metric, Scope, read_metrics, write_metrics
from mfvae.workflow.reproduce.against_expected import markdown as in_markdown
from mfvae.workflow.settings.replica_names import original, replica

LIKELIHOOD = "negative_log_likelihood"
COLUMNS = {  # metric → column
    "n_parameters": "parameters",
    LIKELIHOOD: "held-out nats",
    "p_silence": "P(0)",
    "p_k_total_variation": "TV of P(K)",
    "correlation_of_correlations": "correlation of correlations",
    "slope_of_correlations": "its slope",
    "correlation_of_triplets": "correlation of triplets",
}
DIGITS = {"n_parameters": 0, LIKELIHOOD: 3, "p_silence": 4, "p_k_total_variation": 4}
NUMERICAL = ("log_partition_error", "quadrature_error", "importance_sampling_error")
BY_DIMENSION = (LIKELIHOOD, "rate", "model_bipartite_mi")
COST = "CPU s"
DIFFERENCES = ["choice", "objective", "latent_dim", "smaller", "larger", "gain", "stderr"]
DIFFERENCES += ["stderr_of_groups", "stderr_of_trainings"]


def cpu_seconds(path: Path) -> float:
    """What a fit took."""
    try:
        return float(pd.read_csv(path, sep="\t")["cpu_seconds"].iloc[0])
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise InputError("file", str(path), f"a column cpu_seconds is needed ({error})") from error


def row_of(model: str, found: dict[str, Metric]) -> dict[str, object]:
    """A line of the table; what a model has no value of stays empty."""
    if LIKELIHOOD not in found:
        raise InputError("models", model, f"its {LIKELIHOOD} is needed")
    row: dict[str, object] = {"model": model}
    for quantity, column in COLUMNS.items():
        metric = found.get(quantity)
        row[column] = None if metric is None else metric.value
        if metric is not None and metric.stderr is not None:
            row[f"{column} stderr"] = metric.stderr
    errors = [found[name].value for name in NUMERICAL if name in found]
    if any(f"{name}_known" in found and not found[f"{name}_known"].value for name in NUMERICAL):
        errors = [math.inf]
    return row | {"numerical error": errors[0] if errors else None}


def error_cell(error: float) -> str:
    return "not known" if math.isinf(error) else "" if math.isnan(error) else f"{error:.1g}"


def cell(row: dict, quantity: str) -> str:
    value, digits = row[COLUMNS[quantity]], DIGITS.get(quantity, 3)
    if pd.isna(value):
        return "-"
    error = row.get(f"{COLUMNS[quantity]} stderr")
    return f"{value:.{digits}f}" + ("" if error is None or pd.isna(error) else f" ± {error:.{digits}f}")


def by_dimension(models: list[tuple[str, dict]], found: dict[str, dict[str, Metric]]) -> pd.DataFrame:
    """Free decoders: likelihood, rate and information by objective and number of latents."""
    rows = [
        {
            "objective": record["training"]["objective"],
            "latent_dim": record["architecture"]["latent_dim"],
            "replica": replica(name),
            "quantity": quantity,
            "value": found[name][quantity].value,
            "stderr": found[name][quantity].stderr,
        }
        for name, record in models
        if not record["architecture"]["field_rank"]
        for quantity in BY_DIMENSION
        if quantity in found[name]
    ]
    return pd.DataFrame(rows)


def by_rank(models: list[tuple[str, dict]], found: dict[str, dict[str, Metric]]) -> pd.DataFrame:
    """Models trained by the exact objective where both decoders are: their likelihoods by d and K."""
    rows = [
        {
            "latent_dim": record["architecture"]["latent_dim"],
            "field_rank": record["architecture"]["field_rank"],
            "quantity": LIKELIHOOD,
            "value": found[name][LIKELIHOOD].value,
            "stderr": found[name][LIKELIHOOD].stderr,
        }
        for name, record in models
        if record["training"]["objective"] == "exact"
    ]
    table = pd.DataFrame(rows, columns=["latent_dim", "field_rank", "quantity", "value", "stderr"])
    both = table.groupby("latent_dim")["field_rank"].transform(lambda k: k.min() == 0 and k.max() > 0)
    return table[both.astype(bool)]


def candidates(
    trained: list[tuple[str, dict]], nats: dict[str, pd.Series], independent: str | None
) -> list[tuple[str, dict[str, object], dict[int, list[pd.Series]]]]:
    """What is chosen by held-out nats: quantity, what it is about, number → nats of its trainings.

    Independent sites are no latent and no pattern at all, the first candidate of every choice.
    """
    none: dict[int, list[pd.Series]] = {} if independent is None else {0: [nats[independent]]}
    free: dict[str, dict[int, list[pd.Series]]] = {}
    ranks: dict[int, dict[int, list[pd.Series]]] = {}
    for name, record in trained:
        objective, architecture = record["training"]["objective"], record["architecture"]
        d, rank = architecture["latent_dim"], architecture["field_rank"]
        if not rank:
            free.setdefault(objective, {}).setdefault(d, []).append(nats[name])
        elif objective == "exact":
            ranks.setdefault(d, {}).setdefault(rank, []).append(nats[name])
    cases: list[tuple[str, dict[str, object], dict[int, list[pd.Series]]]] = [
        ("latents_supported", {"objective": objective}, none | found)
        for objective, found in free.items()
    ]
    cases += [
        ("patterns_supported", {"objective": "exact", "latent_dim": d}, none | found)
        for d, found in ranks.items()
    ]
    return cases


def supported_numbers(
    scope: Scope, cases: list[tuple[str, dict[str, object], dict[int, list[pd.Series]]]]
) -> tuple[list[Metric], pd.DataFrame, list[str]]:
    """How many latents by each objective, and how many patterns at each d, held-out rows support.

    With the differences between all numbers, paired over groups of rows, and a line of reasons each.
    """
    metrics, rows, reasons = [], [], []
    for quantity, about, found in cases:
        if len(found) < 2:
            continue
        choice = fewest_paired(
            {k: -np.stack(found[k]) for k in sorted(found)},
            np.arange(len(next(iter(found.values()))[0])),
        )
        metrics.append(scope.metric(quantity, int(choice.choice), "trained", **about))
        of = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in about.items())
        reasons.append(f"{quantity.replace('_', ' ')} ({of}): {choice.reason}")
        rows += [
            {
                "choice": quantity,
                **{key: about.get(key) for key in ("objective", "latent_dim")},
                "smaller": pair.smaller,
                "larger": pair.larger,
                "gain": pair.gain.value,
                "stderr": pair.gain.stderr,
                "stderr_of_groups": pair.group_stderr,
                "stderr_of_trainings": pair.training_stderr,
            }
            for pair in choice.differences
        ]
    return metrics, pd.DataFrame(rows, columns=DIFFERENCES), reasons


def silence_of(population: Path | None) -> list[dict[str, object]]:
    """How often no site is on in the data themselves, where there are statistics of them."""
    if population is None:
        return []
    data = read_csv(population, ("quantity", "index", "value", "stderr"))
    silence = data[(data["quantity"] == "count_probability") & (data["index"] == 0)].iloc[0]
    return [{"model": "data", "quantity": "p_silence"} | dict(silence[["value", "stderr"]])]


def nats_of(models: list[str], repeats: list[Path]) -> dict[str, pd.Series]:
    """Held-out nats of every model by group of rows; raises InputError where the groups differ."""
    found = {}
    for model, path in together(models=models, repeats=repeats):
        found[model] = read_csv(path, ("repeat", "nats")).set_index("repeat")["nats"]
        if list(found[model].index) != list(next(iter(found.values())).index):
            raise InputError("repeats", str(path), "the held-out groups of the other models are needed")
    return found


def main(
    system: System,
    point: Point,
    models: Annotated[list[str], "names of all, VAEs and others"],
    costs: Annotated[list[Path], "TSV of each of them"],
    records: Annotated[list[Path], "JSON of the VAEs, NAME.json"],
    repeats: Annotated[list[Path], "CSV of held-out nats of each of them"],
    metrics: Annotated[list[Path], "JSON"],
    comparison: Annotated[Output, "CSV: all models, quantity by quantity"],
    dimension: Annotated[Output, "CSV: by number of latent variables"],
    price: Annotated[Output, "CSV: by number of patterns"],
    supported: Annotated[Output, "JSON list of metrics: how many d and K"],
    differences: Annotated[Output, "CSV: paired differences between numbers of latents or patterns"],
    output: Annotated[Output, "CSV"],
    markdown: Annotated[Output, "the same for reading"],
    population: Annotated[Path | None, "CSV of statistics of the data, where there are any"] = None,
    independent: Annotated[str | None, "which of the models has independent sites"] = None,
) -> None:
    if independent is not None and independent not in models:
        raise InputError("independent", independent, f"one of {', '.join(models)} is needed")
    found: dict[str, dict[str, Metric]] = {model: {} for model in models}
    for metric in read_metrics(metrics):
        if metric.scope == Scope(system, point, metric.model) and metric.model in found:
            found[metric.model][metric.quantity] = metric
    seconds = dict(together(models=models, costs=map(cpu_seconds, costs)))
    rows = sorted((row_of(m, found[m]) for m in found), key=lambda row: row[COLUMNS[LIKELIHOOD]])
    table = pd.DataFrame(rows)
    write_csv(output, table)
    header = ["model", *COLUMNS.values(), "numerical error", COST]
    cells = [
        [row["model"], *(cell(row, quantity) for quantity in COLUMNS)]
        + [error_cell(row["numerical error"]), f"{seconds[row['model']]:.1f}"]
        for row in table.to_dict("records")
    ]
    entries = [
        {"model": m, "quantity": q, "value": own[q].value, "stderr": own[q].stderr}
        for m, own in found.items()
        if m == original(m)
        for q in COLUMNS
        if q in own
    ]
    write_csv(comparison, pd.DataFrame(silence_of(population) + entries))
    trained = [(path.stem, read_json(path)) for path in records]
    of_dimension, of_price = by_dimension(trained, found), by_rank(trained, found)
    write_csv(dimension, of_dimension)
    write_csv(price, of_price)
    nats = nats_of(models, repeats)
    chosen, paired, reasons = supported_numbers(
        Scope(system, point), candidates(trained, nats, independent)
    )
    write_metrics(supported, chosen)
    write_csv(differences, paired)
    write_text(markdown, "\n\n".join([in_markdown(header, cells), *reasons]) + "\n")


if __name__ == "__main__":
    run(main)
