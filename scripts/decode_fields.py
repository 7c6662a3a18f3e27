"""Read collective variables, patterns and couplings off a trained decoder, without any truth."""

from argparse import ArgumentParser

import numpy as np
import pandas as pd
import torch

from mfvae.cli import add_model_arguments, run
from mfvae.decode import collective_variables, couplings
from mfvae.free_energy import LatentLattice
from mfvae.models import load_model
from mfvae.patterns import binary_patterns, real_patterns
from mfvae.randomness import generator
from mfvae.samples import read_samples
from mfvae.storage import write_csv, write_json

PRIOR_DRAWS = 4000


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    add_model_arguments(parser)
    parser.add_argument("--patterns", choices=["binary", "real"], required=True)
    parser.add_argument("--n-test", type=int, required=True)
    parser.add_argument("--output", required=True, help="JSON: K, couplings, fields")
    parser.add_argument("--spectrum", required=True, help="CSV of singular values")
    parser.add_argument("--pattern-table", required=True, help="CSV, one row per pattern and site")
    arguments = parser.parse_args()
    model = load_model(arguments.model, arguments.system, arguments.point)
    test = read_samples(arguments.samples, arguments.system, arguments.point).split("test")
    name = f"decoded/{arguments.system}/{arguments.point}/{arguments.name}"
    rng = generator(arguments.seed, name)
    x = rng.permutation(test)[: arguments.n_test]
    statistic = torch.from_numpy(model.family.statistic(x))

    dim = model.config.latent_dim
    variables = collective_variables(model, dim, PRIOR_DRAWS, rng)
    if arguments.patterns == "binary":
        patterns = binary_patterns(variables.directions[:, : variables.count], rng)
    else:
        patterns = real_patterns(variables.directions[:, :dim], variables.singular_values[:dim])
    read_off = couplings(LatentLattice(model, dim), statistic, patterns.values)

    site = np.arange(1, len(variables.mean_field) + 1)
    columns = {"site": site, "mean_field": variables.mean_field}
    write_csv(
        arguments.pattern_table,
        pd.concat(
            pd.DataFrame({**columns, "pattern": k + 1, "value": pattern})
            for k, pattern in enumerate(patterns.values.T)
        ),
    )
    values = variables.singular_values
    write_csv(
        arguments.spectrum,
        pd.DataFrame({"index": np.arange(1, len(values) + 1), "singular_value": values}),
    )
    write_json(
        arguments.output,
        {
            "count": variables.count,
            "pattern_residual": patterns.residual.tolist(),
            "coupling_from_mean": read_off.from_mean.tolist(),
            "coupling_from_mean_stderr": read_off.from_mean_stderr.tolist(),
            "coupling_from_spread": read_off.from_spread.tolist(),
            "coupling_from_spread_stderr": read_off.from_spread_stderr.tolist(),
            "field": read_off.field.tolist(),
        },
    )


run(main)
