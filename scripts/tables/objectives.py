"""One table of all models by their objective: how well they fit, and how well they are decoded.

The CPU time of a training differs from run to run and stands in the table for reading alone.
"""

from pathlib import Path
from typing import Annotated

import pandas as pd

from mfvae.errors import InputError
from mfvae.workflow.cli import Output, run, together
from mfvae.workflow.files.atomic import write_csv, write_text
from mfvae.workflow.metrics import Scope, read_metrics
from mfvae.workflow.reproduce.against_expected import markdown as in_markdown

MEASURED = {  # metric → column, in nats
    "held_out_nats": "-log p of held-out x",
    "kl": "excess over H(x)",
    "variational_gap": "variational gap",
}
DECODED = {  # metric → column, relative error of the coupling
    "coupling_from_mean": "error of βJ, a: mean",
    "coupling_from_spread": "b: spread",
    "coupling_from_potential": "c: potential",
}
COST = "CPU s"


def cpu_seconds(path: Path) -> float:
    """What a training took."""
    try:
        return float(pd.read_csv(path, sep="\t")["cpu_seconds"].iloc[0])
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise InputError("file", str(path), f"a column cpu_seconds is needed ({error})") from error


def scope_of(path: str) -> Scope:
    """From SYSTEM/POINT/NAME, the parts of a path."""
    system, *point, model = path.split("/")
    return Scope(system, "/".join(point), model)


def main(
    models: Annotated[list[str], "SYSTEM/POINT/NAME of every model"],
    metrics: Annotated[list[Path], "JSON, of capacity and decoding"],
    costs: Annotated[list[Path], "TSV of every model"],
    output: Annotated[Output, "CSV"],
    markdown: Annotated[Output, "the same for reading"],
) -> None:
    known = {(metric.scope, metric.quantity): metric for metric in read_metrics(metrics)}
    scopes = [scope_of(path) for path in models]
    seconds = dict(together(models=scopes, costs=map(cpu_seconds, costs)))
    rows = []
    for scope in scopes:
        row: dict[str, object] = {"dataset": scope.dataset, "point": scope.point, "model": scope.model}
        for quantity, column in (MEASURED | DECODED).items():
            found = known.get((scope, quantity))
            scale = found.reference if found and quantity in DECODED else 1.0
            offset = 1.0 if quantity in DECODED else 0.0
            row[column] = found.value / scale - offset if found else None
            row[f"{column} stderr"] = found.stderr / scale if found else None
        if row[MEASURED["held_out_nats"]] is None:
            raise InputError(
                "models",
                f"{scope.model} of {scope.dataset} at {scope.point}",
                "metrics of this model are needed",
            )
        rows.append(row)
    table = pd.DataFrame(rows)
    write_csv(output, table)
    header = ["dataset", "point", "model", *MEASURED.values(), *DECODED.values(), COST]
    cells = [
        [
            row["dataset"],
            row["point"],
            row["model"],
            *(_nats(row, column) for column in MEASURED.values()),
        ]
        + [_per_cent(row, column) for column in DECODED.values()]
        + [f"{seconds[scope]:.0f}"]
        for scope, row in zip(scopes, table.to_dict("records"), strict=True)
    ]
    write_text(markdown, in_markdown(header, cells) + "\n")


def _nats(row: dict[str, float], column: str) -> str:
    return f"{row[column]:.4f} ± {row[f'{column} stderr']:.4f}"


def _per_cent(row: dict[str, float], column: str) -> str:
    if pd.isna(row[column]):
        return "-"
    return f"{100 * row[column]:+.1f} ± {100 * row[f'{column} stderr']:.1f} %"


if __name__ == "__main__":
    run(main)
