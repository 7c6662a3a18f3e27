"""Macroscopic observables of a trained model's own draws, beside their exact values."""

from argparse import ArgumentParser

from mfvae.cli import add_model_arguments, run
from mfvae.metrics import Scope, write_metrics
from mfvae.models import load_model
from mfvae.points import parse
from mfvae.randomness import generator
from mfvae.systems import build


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    add_model_arguments(parser)
    parser.add_argument("--n-generated", type=int, required=True)
    parser.add_argument("--output", required=True, help="JSON list of metrics")
    arguments = parser.parse_args()
    system = build(arguments.system, parse(arguments.point), arguments.seed)
    model = load_model(arguments.model, arguments.system, arguments.point)
    scope = Scope(arguments.system, arguments.point, arguments.name)
    rng = generator(arguments.seed, f"statistics/{arguments.system}/{arguments.point}/{arguments.name}")
    drawn = system.observables(model.sample(arguments.n_generated, rng))
    write_metrics(arguments.output, scope.compared("trained", drawn, system.exact_observables()))


run(main)
