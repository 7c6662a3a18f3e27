"""How far replicas of a model agree: their latents, raw and aligned, and what is decoded from them."""

from argparse import ArgumentParser

import torch

from mfvae.compare.invariants import agreement, invariants
from mfvae.decoding.patterns import KINDS
from mfvae.random import generator, integer_seed
from mfvae.workflow.cli import at_least, run
from mfvae.workflow.files.atomic import write_csv
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import Scope, write_metrics
from mfvae.workflow.settings.replica_names import original


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--point", required=True, help="for example N~64/beta~1.0 or repeats~297")
    parser.add_argument("--names", nargs="+", required=True, help="of the replicas")
    parser.add_argument("--models", nargs="+", required=True, help=".pt, their JSON records beside them")
    parser.add_argument("--samples", required=True, help="Parquet table of samples")
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
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--table", required=True, help="CSV of what was measured")
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    test = read_samples(arguments.samples, arguments.system, arguments.point).split("test")
    name = f"degeneracy/{arguments.system}/{arguments.point}"
    rng = generator(arguments.seed, name)
    x = rng.permutation(test)[: arguments.n_test]
    noise = torch.Generator().manual_seed(integer_seed(arguments.seed, name))
    found = []
    for path in arguments.models:
        model = load_model(path, arguments.system, arguments.point)
        statistic = torch.from_numpy(model.family.statistic(x))
        found.append(invariants(model, statistic, arguments.patterns, rng, noise))
    table = agreement(found, rng)
    write_csv(arguments.table, table.assign(dataset=arguments.system))
    scope = Scope(arguments.system, arguments.point, original(arguments.names[0]))
    write_metrics(arguments.output, scope.beside_nulls(table))


run(main)
