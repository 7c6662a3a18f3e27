"""Judge what was decoded of a mean-field system, at all its points, against the truth.

The standard error of a coupling, and of a field where there is one, joins its scatter over held-out
configurations at the given decoder with the Cramér–Rao bound of the training set, below which no
training could go.
"""

from argparse import ArgumentParser
from pathlib import Path

import numpy as np
import pandas as pd

from mfvae.compare.pattern_matching import ALIGNMENTS
from mfvae.stats import Estimate
from mfvae.systems import build_mean_field
from mfvae.workflow.cli import at_least, run
from mfvae.workflow.files.atomic import read_csv, read_json, write_csv
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.points import parse

WAYS = ("coupling_from_mean", "coupling_from_spread", "coupling_from_potential")


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--decoded", required=True, help="folder of what was decoded of the system")
    parser.add_argument("--models", nargs="+", required=True, help="POINT/NAME of every model")
    parser.add_argument(
        "--n-train", type=int, action=at_least(1), required=True, help="configurations trained on"
    )
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    parser.add_argument("--spectra", required=True, help="CSV of all singular values")
    parser.add_argument("--patterns", required=True, help="CSV of true and decoded patterns")
    parser.add_argument("--overlaps", required=True, help="CSV of one overlap per true pattern")
    arguments = parser.parse_args()
    metrics, spectra, patterns, overlaps = [], [], [], []
    for path in arguments.models:
        point, _, name = path.rpartition("/")
        parameters = parse(point)
        system = build_mean_field(arguments.system, parameters, arguments.seed)
        base = str(Path(arguments.decoded) / path)
        read_off = read_json(base + ".json")
        table = read_csv(base + ".patterns.csv", ["site", "pattern", "value"])
        found = np.zeros((len(system.patterns), 0))
        if (table["pattern"] > 0).all():  # 0: there is none
            found = table.pivot(index="site", columns="pattern", values="value").to_numpy()
        alignment, overlap = ALIGNMENTS[read_off["patterns"]](found, system.patterns)
        matched = found @ alignment
        columns = {**parameters, "model": name}

        spectrum = read_csv(base + ".spectrum.csv", ["index", "singular_value"])
        spectra.append(spectrum.assign(count=read_off["count"], **columns))
        for k, truth in enumerate(system.patterns.T):
            overlaps.append({**columns, "pattern": k + 1, "pattern_overlap": overlap[k]})
            decoded = matched[:, k]
            site = np.arange(1, len(truth) + 1)
            column = {"site": site, "pattern": k + 1, "truth": truth, "decoded": decoded}
            patterns.append(pd.DataFrame(column).assign(**columns))

        scope = Scope(arguments.system, point, name)
        theory = {"reference": system.coupling, "reference_source": "βJ of the sampled system"}
        whole = {"reference": 1.0, "reference_source": "the stored pattern"}
        count = {"reference": len(system.patterns.T), "reference_source": "stored patterns"}
        metrics += [
            scope.metric("collective_variables", read_off["count"], "trained", **count),
            scope.metric("pattern_overlap_min", overlap.min(), "trained", **whole),
            scope.measured("gain_over_independent", Estimate(**read_off["gain_over_independent"])),
        ]
        if read_off["patterns"] == "binary" and found.shape[1]:
            residual = max(read_off["pattern_residual"])  # of patterns that are not ±1
            metrics.append(scope.metric("pattern_residual_max", residual, "trained"))
        if found.shape[1] < len(system.patterns.T):
            continue  # a mean over patterns of which some are missing would look like a coupling
        limit = (arguments.n_train * system.fisher_information()) ** -0.5
        if system.field.any():
            # both are unknown then, and a change of one looks much like a change of the other
            covariance = np.linalg.inv(arguments.n_train * system.fisher_matrix())
            limit, *limits_of_field = np.sqrt(np.diag(covariance))
            field = alignment.T @ np.array(read_off["field"])
            scatter = np.sqrt((alignment**2).T @ np.array(read_off["field_stderr"]) ** 2)
            for k, truth in enumerate(system.field):
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
            metrics.append(scope.metric(way, diagonal, "trained", stderr=error, **theory))
            if len(matrix) > 1:
                off_diagonal = np.abs(matrix - np.diag(np.diag(matrix))).max()
                zero = {"reference": 0.0, "reference_source": "uncoupled patterns"}
                metrics.append(scope.metric(f"{way}_offdiagonal", off_diagonal, "trained", **zero))
                eigenvalues = np.linalg.eigvalsh((matrix + matrix.T) / 2)
                isotropic = {"reference": 0.0, "reference_source": "one coupling for all patterns"}
                spread = np.ptp(eigenvalues) / eigenvalues.mean()
                metrics.append(scope.metric(f"{way}_anisotropy", spread, "trained", **isotropic))
    write_metrics(arguments.output, metrics)
    write_csv(arguments.spectra, pd.concat(spectra, ignore_index=True))
    write_csv(arguments.patterns, pd.concat(patterns, ignore_index=True))
    write_csv(arguments.overlaps, pd.DataFrame(overlaps))


run(main)
