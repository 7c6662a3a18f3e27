"""One table of what the latent channel of every model must carry, what it carries, and the verdict.

Information in nats. The worst split is that with the largest I(A;B) found; its kind says what the
estimate is of the true value.
"""

from collections import defaultdict
from pathlib import Path
from typing import Annotated

import pandas as pd

from mfvae.capacity.verdict import Verdict
from mfvae.information import BipartiteInformation, worst_split
from mfvae.workflow.cli import Output, run
from mfvae.workflow.files.atomic import write_csv, write_text
from mfvae.workflow.metrics import Metric, Scope, read_metrics, splits_among
from mfvae.workflow.reproduce.against_expected import markdown as in_markdown

WORDS = {
    Verdict.FAITHFUL: "faithful",
    Verdict.NOT_FAITHFUL: "not faithful",
    Verdict.UNDECIDED: "undecided",
}
QUANTITIES = {  # metric → column
    "rate": "R",
    "encoder_information_lower_bound": "I_q(x;z) from below",
    "elbo_gap": "-ELBO - H(x)",
    "capacity_deficit": "I(A;B) - R",
    "kl": "KL",
    "kl_per_site": "KL/N",
}


def main(
    information: Annotated[list[Path], "JSON metrics of points"],
    capacity: Annotated[list[Path], "JSON metrics of models"],
    output: Annotated[Output, "CSV"],
    markdown: Annotated[Output, "the same for reading"],
) -> None:
    points: dict[tuple[str, str], list[Metric]] = defaultdict(list)
    for metric in read_metrics(information):
        points[metric.dataset, metric.scope.point].append(metric)
    models: dict[Scope, dict[str, Metric]] = defaultdict(dict)
    for metric in read_metrics(capacity):
        models[metric.scope][metric.quantity] = metric
    rows = []
    for scope, found in models.items():
        if "faithful" not in found:
            continue  # facts of a point, not of a model
        splits = {split.split: split for split in splits_among(points[scope.dataset, scope.point])}
        worst = worst_split(splits.values())
        about = {"dataset": scope.dataset, "point": scope.point, "model": scope.model}
        row: dict[str, object] = {**about, "worst split": worst.split}
        for name, split in {"half": splits.get("half"), "worst": worst}.items():
            row |= described(f"I(A;B) {name}", split)
        for quantity, column in QUANTITIES.items():
            measured = found.get(quantity)
            row[column] = measured.value if measured else None
            row[f"{column} stderr"] = measured.stderr if measured else None
        row["verdict"] = WORDS[Verdict(int(found["faithful"].value))]
        rows.append(row)
    table = pd.DataFrame(rows)
    write_csv(output, table)
    shown = [column for column in table if not column.endswith("stderr")]
    cells = [
        [f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row]
        for row in table[shown].to_numpy()
    ]
    write_text(markdown, in_markdown(shown, cells) + "\n")


def described(column: str, split: BipartiteInformation | None) -> dict[str, object]:
    """Value, error and kind of an I(A;B), empty where it is not known."""
    if split is None:
        return {column: None, f"{column} stderr": None, f"{column} kind": None}
    value = split.estimate
    return {column: value.value, f"{column} stderr": value.stderr, f"{column} kind": split.kind}


if __name__ == "__main__":
    run(main)
