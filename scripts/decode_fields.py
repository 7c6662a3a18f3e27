"""Read collective variables, patterns and couplings off a trained decoder, without any truth."""

from argparse import ArgumentParser
from dataclasses import asdict

import numpy as np
import pandas as pd
import torch

from mfvae.decoding.collective import collective_variables
from mfvae.decoding.couplings import couplings
from mfvae.decoding.evidence import gain_over_independent, independent_fields, stretches, supported
from mfvae.decoding.patterns import KINDS, Patterns, patterns_of
from mfvae.decoding.potential import potential
from mfvae.latent.choose import latent_integral
from mfvae.random import generator, integer_seed
from mfvae.workflow.cli import add_sample_arguments, at_least, run
from mfvae.workflow.files.atomic import write_csv, write_record
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples

PRIOR_DRAWS = 4000


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    add_sample_arguments(parser)
    parser.add_argument(
        "--patterns", choices=KINDS, required=True, help="kind that is sought in the span of the fields"
    )
    parser.add_argument(
        "--n-test",
        type=int,
        action=at_least(2),
        required=True,
        help="held-out configurations that are used",
    )
    parser.add_argument("--output", required=True, help="JSON: K, couplings, fields")
    parser.add_argument("--spectrum", required=True, help="CSV of singular values")
    parser.add_argument("--pattern-table", required=True, help="CSV, one row per pattern and site")
    arguments = parser.parse_args()
    model = load_model(arguments.model, arguments.system, arguments.point)
    samples = read_samples(arguments.samples, arguments.system, arguments.point)
    test = samples.split("test")
    name = f"decoded/{arguments.system}/{arguments.point}/{arguments.name}"
    rng = generator(arguments.seed, name)
    order = rng.permutation(len(test))[: arguments.n_test]
    statistic = torch.from_numpy(model.family.statistic(test[order]))
    fields = independent_fields(model.family, samples.split("train"))
    repeats = samples.columns.get("repeat")
    groups = None if repeats is None else stretches(repeats[samples.in_split("test")])[order]

    dim = model.config.latent_dim
    variables = collective_variables(model, dim, PRIOR_DRAWS, rng)
    noise = torch.Generator().manual_seed(integer_seed(arguments.seed, name))
    integral = latent_integral(model, noise)
    own = torch.Generator().manual_seed(integer_seed(arguments.seed, f"{name}/evidence"))
    gain = gain_over_independent(latent_integral(model, own), model.family, fields, statistic, groups)
    count, k = variables.count, variables.count
    if arguments.patterns == "real":  # as many as span the fields, or may
        k = min(model.config.field_rank or dim, variables.rank)
    if not supported(gain):
        count = k = 0
    span, strength = variables.directions[:, :k], variables.singular_values[:k]
    read_off = law = None
    patterns = Patterns(span, np.zeros(0))
    if k:
        patterns = patterns_of(arguments.patterns, span, strength, model.n_sites, rng)
        read_off = couplings(integral, statistic, patterns.values, model.n_sites)
    if 0 < patterns.values.shape[1] <= dim:  # more collective variables than latents have no density
        law = potential(model, dim, patterns.values, model.n_sites, rng)

    site = np.arange(1, len(variables.mean_field) + 1)
    columns = {"site": site, "mean_field": variables.mean_field}
    tables = [
        pd.DataFrame({**columns, "pattern": k + 1, "value": pattern})
        for k, pattern in enumerate(patterns.values.T)
    ]
    if not tables:  # the mean field alone
        tables.append(pd.DataFrame({**columns, "pattern": 0, "value": np.nan}))
    write_csv(arguments.pattern_table, pd.concat(tables))
    values = variables.singular_values
    write_csv(
        arguments.spectrum,
        pd.DataFrame({"index": np.arange(1, len(values) + 1), "singular_value": values}),
    )
    write_record(
        arguments.output,
        {
            "patterns": arguments.patterns,
            "count": count,
            "gain_over_independent": asdict(gain),  # of held-out rows; count is 0 where it is none
            "pattern_residual": patterns.residual.tolist(),
            "coupling_from_mean": read_off and read_off.from_mean.tolist(),
            "coupling_from_mean_stderr": read_off and read_off.from_mean_stderr.tolist(),
            "coupling_from_spread": read_off and read_off.from_spread.tolist(),
            "coupling_from_spread_stderr": read_off and read_off.from_spread_stderr.tolist(),
            "coupling_from_potential": law and law.coupling.tolist(),
            "coupling_from_potential_stderr": law and law.coupling_stderr.tolist(),
            "field": read_off and read_off.field.tolist(),
            "field_stderr": read_off and read_off.field_stderr.tolist(),
            "field_from_potential": law and law.field.tolist(),
        },
    )


run(main)
