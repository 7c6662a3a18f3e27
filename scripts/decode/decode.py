"""Read collective variables, patterns and couplings off a trained decoder, without any truth."""

from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch

from mfvae.decoding.collective import collective_variables
from mfvae.decoding.couplings import Couplings, couplings
from mfvae.decoding.evidence import gain_over_independent, independent_fields, stretches, supported
from mfvae.decoding.patterns import KINDS, Patterns, patterns_of
from mfvae.decoding.potential import potential
from mfvae.latent.choose import latent_integral
from mfvae.latent.missing import complete
from mfvae.latent.spectrum import CHARTED
from mfvae.latent.wells import ONE_WELL, wells_of_prior
from mfvae.random import generator, integer_seed
from mfvae.sites.masks import rows_of
from mfvae.workflow.cli import (
    Model,
    Name,
    NTest,
    OneOf,
    Output,
    Point,
    Samples,
    Seed,
    Stream,
    System,
    run,
)
from mfvae.workflow.files.atomic import write_csv, write_record
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Scope, write_metrics

PRIOR_DRAWS = 4000
RATIOS = 4  # leading ratios of neighbouring singular values
FLOOR = 1e-5  # nats: smaller ones are rounding errors


def main(
    system: System,
    point: Point,
    name: Name,
    model: Model,
    seed: Seed,
    samples: Samples,
    patterns: Annotated[str, OneOf(KINDS), "kind that is sought in the span of the fields"],
    n_test: NTest,
    output: Annotated[Output, "JSON: K, couplings, fields"],
    spectrum: Annotated[Output, "CSV of singular values"],
    pattern_table: Annotated[Output, "CSV, one row per pattern and site"],
    metrics: Annotated[Output | None, "JSON list of metrics: K and gaps of the spectrum"] = None,
    stream: Stream = "",
) -> None:
    vae = load_model(model, system, point)
    data = read_samples(samples, system, point)
    test = data.split("test")
    place = f"decoded/{system}/{point}/{stream or name}"
    rng = generator(seed, place)
    order = rng.permutation(len(test))[:n_test]
    statistic = torch.from_numpy(vae.family.statistic(test[order]))
    seen = rows_of(data.observed_in("test"), order)
    observed = None if seen is None else torch.from_numpy(seen)
    fields = independent_fields(vae.family, data.split("train"), data.observed_in("train"))
    groups = stretches(data.groups[data.in_split("test")])[order] if data.has_groups else None

    dim = vae.config.latent_dim
    variables = collective_variables(vae, dim, PRIOR_DRAWS, rng)
    noise = torch.Generator().manual_seed(integer_seed(seed, place))
    integral = latent_integral(vae, noise)
    own = torch.Generator().manual_seed(integer_seed(seed, f"{place}/evidence"))
    evidence = latent_integral(vae, own)
    gain = gain_over_independent(evidence, vae.family, fields, statistic, groups, observed)
    count, k = variables.count, variables.count
    if patterns == "real":  # as many as span the fields, or may
        k = min(vae.config.field_rank or dim, variables.rank)
    if not supported(gain):
        count = k = 0
    span, strength = variables.directions[:, :k], variables.singular_values[:k]
    read_off = law = None
    found = Patterns(span, np.zeros(0))
    if k:
        found = patterns_of(patterns, span, strength, vae.n_sites, rng)
        if observed is not None:  # couplings are read off whole configurations
            statistic = complete(integral, statistic, observed, noise)
        read_off = couplings(integral, statistic, found.values, vae.n_sites)
    if 0 < found.values.shape[1] <= dim:  # more collective variables than latents have no density
        law = potential(vae, dim, found.values, vae.n_sites, rng)

    own = torch.Generator().manual_seed(integer_seed(seed, f"{place}/wells"))
    independent = not k and vae.family.name in CHARTED  # not told from independent sites
    wells = ONE_WELL if independent else wells_of_prior(vae, dim, own)

    site = np.arange(1, len(variables.mean_field) + 1)
    columns = {"site": site, "mean_field": variables.mean_field}
    tables = [
        pd.DataFrame({**columns, "pattern": k + 1, "value": pattern})
        for k, pattern in enumerate(found.values.T)
    ]
    if not tables:  # the mean field alone
        tables.append(pd.DataFrame({**columns, "pattern": 0, "value": np.nan}))
    write_csv(pattern_table, pd.concat(tables))
    values = variables.singular_values
    write_csv(
        spectrum,
        pd.DataFrame({"index": np.arange(1, len(values) + 1), "singular_value": values}),
    )
    write_record(
        output,
        {
            "patterns": patterns,
            "count": count,
            "gain_over_independent": asdict(gain),  # of held-out rows; count is 0 where it is none
            "pattern_residual": found.residual.tolist(),
            "coupling_from_mean": read_off and read_off.from_mean.tolist(),
            "coupling_from_mean_stderr": _error(read_off, "from_mean"),
            "coupling_from_spread": read_off and read_off.from_spread.tolist(),
            "coupling_from_spread_stderr": _error(read_off, "from_spread"),
            "coupling_from_potential": law and law.coupling.tolist(),
            "coupling_from_potential_stderr": law and law.coupling_stderr.tolist(),
            "field": read_off and read_off.field.tolist(),
            "field_stderr": _error(read_off, "field"),
            "field_from_potential": law and law.field.tolist(),
            "wells": wells and wells.number,
            "barriers": wells and wells.barriers,
        },
    )
    if metrics is not None:
        scope, floored = Scope(system, point, name), values.clip(min=FLOOR)
        ratios = [
            scope.metric(f"singular_value_ratio_{k + 1}", floored[k] / floored[k + 1], "trained")
            for k in range(min(RATIOS, len(floored) - 1))
        ]
        counts = {"collective_variables": count, "wells": wells and wells.number}
        known = [
            scope.metric(key, value, "trained") for key, value in counts.items() if value is not None
        ]
        write_metrics(metrics, [*known, *ratios])


def _error(read_off: Couplings | None, name: str) -> list[Any] | None:
    """The error of what was read off: over configurations, joined with the decoder's misfit."""
    if read_off is None:
        return None
    error = np.hypot(getattr(read_off, f"{name}_stderr"), getattr(read_off, f"{name}_misfit"))
    return list(error.tolist())


if __name__ == "__main__":
    run(main)
