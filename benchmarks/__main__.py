"""Time the library against its peers on this machine and write a Markdown table."""

from __future__ import annotations

import argparse

import torch

from benchmarks import quadrature, samplers, training
from benchmarks.machine import machine_facts
from benchmarks.timing import markdown
from mfvae.storage import write_text

SEED = 1

NOTES = """\
Both training loops run the same model, data, steps, optimiser and schedule on one thread. They score
the same held-out configurations after every epoch, except where "no scoring" says that they do not.
Ratios are of neighbouring turns. Set-up is once per system. A sweep of the heat bath renews every spin
of every chain, but what comes before and after is correlated: an independent sample takes many sweeps.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--output", default="results/benchmarks.md")
    parser.add_argument("--quick", action="store_true", help="small sizes: seconds, to see that it runs")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    facts = machine_facts()
    if arguments.quick:
        rows = training.measure(n_samples=2_000, epochs=1, repeats=1, seed=SEED)
        rows += samplers.measure(n_samples=1_000, n_chains=64, repeats=1, seed=SEED)
        rows += quadrature.measure(n_configurations=20, repeats=1, seed=SEED)
    else:
        rows = training.measure(n_samples=50_000, epochs=20, repeats=5, seed=SEED)
        rows += samplers.measure(n_samples=50_000, n_chains=4_096, repeats=7, seed=SEED)
        rows += quadrature.measure(n_configurations=5_000, repeats=3, seed=SEED)
    report = f"# Benchmarks\n\n{facts}\n{markdown(rows)}\n{NOTES}"
    write_text(arguments.output, report)
    print(report)


if __name__ == "__main__":
    main()
