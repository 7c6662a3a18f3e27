"""Judge what was decoded of a mean-field system, at all its points, against the truth.

The standard error of a coupling, and of a field where there is one, joins its scatter over held-out
configurations at the given decoder with the Cramér–Rao bound of the training set, below which no
training could go.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd

from mfvae.compare.pattern_matching import ALIGNMENTS
from mfvae.errors import InputError
from mfvae.stats import Estimate
from mfvae.systems import build_mean_field
from mfvae.workflow.cli import AtLeast, MetricsOutput, Output, Seed, System, run
from mfvae.workflow.files.atomic import read_csv, read_json, write_csv
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.points import parse

WAYS = ("coupling_from_mean", "coupling_from_spread", "coupling_from_potential")


def main(
    system: System,
    decoded: Annotated[Path, "folder of what was decoded of the system"],
    models: Annotated[list[str], "POINT/NAME of every model"],
    n_train: Annotated[int, AtLeast(1), "configurations trained on"],
    seed: Seed,
    output: MetricsOutput,
    spectra: Annotated[Output, "CSV of all singular values"],
    patterns: Annotated[Output, "CSV of true and decoded patterns"],
    overlaps: Annotated[Output, "CSV of one overlap per true pattern"],
) -> None:
    metrics, spectrum_rows, pattern_rows, overlap_rows = [], [], [], []
    for path in models:
        point, _, name = path.rpartition("/")
        parameters = parse(point)
        theory = build_mean_field(system, parameters, seed)
        base = str(decoded / path)
        read_off = read_json(base + ".json")
        table = read_csv(base + ".patterns.csv", ["site", "pattern", "value"])
        found = np.zeros((len(theory.patterns), 0))
        if (table["pattern"] > 0).all():  # 0: there is none
            found = table.pivot(index="site", columns="pattern", values="value").to_numpy()
        if (kind := read_off["patterns"]) not in ALIGNMENTS:
            raise InputError("patterns", kind, f"one of {', '.join(ALIGNMENTS)} is needed ({base}.json)")
        alignment, overlap = ALIGNMENTS[kind](found, theory.patterns)
        matched = found @ alignment
        columns = {**parameters, "model": name}

        spectrum = read_csv(base + ".spectrum.csv", ["index", "singular_value"])
        spectrum_rows.append(spectrum.assign(count=read_off["count"], **columns))
        for k, truth in enumerate(theory.patterns.T):
            overlap_rows.append({**columns, "pattern": k + 1, "pattern_overlap": overlap[k]})
            value = matched[:, k]
            site = np.arange(1, len(truth) + 1)
            column = {"site": site, "pattern": k + 1, "truth": truth, "decoded": value}
            pattern_rows.append(pd.DataFrame(column).assign(**columns))

        scope = Scope(system, point, name)
        of_theory = {"reference": theory.coupling, "reference_source": "βJ of the sampled system"}
        whole = {"reference": 1.0, "reference_source": "the stored pattern"}
        count = {"reference": len(theory.patterns.T), "reference_source": "stored patterns"}
        metrics += [
            scope.metric("collective_variables", read_off["count"], "trained", **count),
            scope.metric("pattern_overlap_min", overlap.min(), "trained", **whole),
            scope.measured("gain_over_independent", Estimate(**read_off["gain_over_independent"])),
        ]
        if read_off["wells"]:
            lowest = min(read_off["barriers"], default=0.0)
            metrics += [
                scope.metric("wells", read_off["wells"], "trained"),
                scope.metric("lowest_barrier", lowest, "trained"),
            ]
        if kind == "binary" and found.shape[1]:
            residual = max(read_off["pattern_residual"])  # of patterns that are not ±1
            metrics.append(scope.metric("pattern_residual_max", residual, "trained"))
        if found.shape[1] < len(theory.patterns.T):
            continue  # a mean over patterns of which some are missing would look like a coupling
        limit = (n_train * theory.fisher_information()) ** -0.5
        if theory.field.any():
            # both are unknown then, and a change of one looks much like a change of the other
            covariance = np.linalg.inv(n_train * theory.fisher_matrix())
            limit, *limits_of_field = np.sqrt(np.diag(covariance))
            field = alignment.T @ np.array(read_off["field"])
            scatter = np.sqrt((alignment**2).T @ np.array(read_off["field_stderr"]) ** 2)
            for k, truth in enumerate(theory.field):
                quantity = "field_from_mean" if len(field) == 1 else f"field_from_mean_{k + 1}"
                error = float(np.hypot(scatter[k], limits_of_field[k]))
                given = {"reference": truth, "reference_source": "h of the sampled system"}
                metrics.append(scope.metric(quantity, field[k], "trained", stderr=error, **given))
        for way in WAYS:
            if read_off[way] is None:  # fewer latents than collective variables leave no potential
                continue
            matrix = alignment.T @ np.array(read_off[way]) @ alignment
            stderr = np.sqrt((alignment**2).T @ np.array(read_off[f"{way}_stderr"]) ** 2 @ alignment**2)
            diagonal = float(np.diag(matrix).mean())
            error = float(np.hypot(np.linalg.norm(np.diag(stderr)) / len(matrix), limit))
            metrics.append(scope.metric(way, diagonal, "trained", stderr=error, **of_theory))
            if len(matrix) > 1:
                off_diagonal = np.abs(matrix - np.diag(np.diag(matrix))).max()
                zero = {"reference": 0.0, "reference_source": "uncoupled patterns"}
                metrics.append(scope.metric(f"{way}_offdiagonal", off_diagonal, "trained", **zero))
                eigenvalues = np.linalg.eigvalsh((matrix + matrix.T) / 2)
                isotropic = {"reference": 0.0, "reference_source": "one coupling for all patterns"}
                spread = np.ptp(eigenvalues) / eigenvalues.mean()
                metrics.append(scope.metric(f"{way}_anisotropy", spread, "trained", **isotropic))
    write_metrics(output, metrics)
    write_csv(spectra, pd.concat(spectrum_rows, ignore_index=True))
    write_csv(patterns, pd.concat(pattern_rows, ignore_index=True))
    write_csv(overlaps, pd.DataFrame(overlap_rows))


if __name__ == "__main__":
    run(main)
