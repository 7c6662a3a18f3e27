"""Time the library against its peers on this machine and write a Markdown table."""

from __future__ import annotations

import argparse

import torch

from benchmarks import budgets, imports, ising, quadrature, same_nats, samplers, step, training
from benchmarks.machine import machine_facts
from benchmarks.timing import markdown
from mfvae.workflow.files.atomic import write_text

SEED = 1

NOTES = """\
All training loops run the same model, data, optimiser and schedule on one thread, and batches of the
same size; pythae also trains on the last, smaller batch, has no KL warm-up, and runs without its
progress bar and files. They score the same held-out configurations after every epoch, except where "no
scoring" says that they do not. Ratios are of neighbouring turns. Wanted: 3 × pythae; and sixteen
checkpoints of the free-energy ledger are to slow a training by 15 % at most, which for this model has
40 epochs of 90,000 samples in config/config.yaml.

Same nats: CPU seconds of the smallest of the budgets 1, 2, 4, …, 32, 40 epochs, each a training of its
own with its whole schedule and whatever comes before it, that reaches the target; scoring is not timed.
The target is −log p_θ(x) of 2,000 held-out configurations (N = 100, β = 1.2, Hopfield with p = 2) by the
better of pythae and the DataLoader loop, which maximise the ELBO, after 40 epochs with another seed. It
is reached within three standard errors of the paired difference. `exact` is set as in
config/config.yaml, with 150 steps of start for 500, which would be most of its cost; all that maximise
the ELBO have batches of 512 and a learning rate of 0.02, the best of 0.005, 0.01 and 0.02 here. "At
least": not all reached it, and the largest budget counts. Wanted for d ≤ 2: 5 × pythae.

Step: N = 100, d = 3, batches of 512, 512 nodes for `exact`; CPU time of one thread, large products those
of 1024 × 1024 matrices. What keeps a step from their rate: small products run at a part of it; Python,
autograd and the dispatch of some hundred kernels cost what a step on one configuration costs; tanh and
softplus; and for `exact` the sums over nodes. Choosing rows and drawing noise cost next to nothing.

Metropolis visits the spins in turn or, where the table says so, chooses each at random (a sweep is N
proposed flips either way). It starts from an exact sample and is compiled, the compilation not timed. A
chain of B steps counts as B/2τ effective samples, τ the integrated autocorrelation time of the slowest
observable in that very turn. Those are the energy, |m_1| and every order parameter m_μ with its sign;
where signs are ignored, and for the Ising model, only energy and |m_1| (|m| of the Ising model). At
β = 1.5 they have to be: the larger group of equal sites does not turn over in a whole run, no τ of its
sign can be measured, and the ratio favours Metropolis; even τ of |m_1| is rough there (chains of 100 to
300 τ). Exact samples are independent and whole configurations; their set-up, once per system, stands
apart. Wanted for Curie–Weiss and Hopfield at β = 1: 100 × Metropolis.

Jobs with a peak memory (GB) ran in processes of their own, the start of Python included. Required of
the transfer matrix at L = 12: 60 s and 5 GB; of a million samples at N = 1024: 2 GB. Wanted of
`import mfvae`: 50 ms at most.
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
        rows += same_nats.measure(n_samples=2_048, n_test=50, generous=2, repeats=1, seed=SEED)
        rows += step.measure(times=2, repeats=1, seed=SEED)
        rows += samplers.measure(samplers.QUICK_POINTS, 1_000, repeats=1, seed=SEED)
        rows += ising.measure(sides=(8,), steps=500, repeats=1, seed=SEED)
        rows += budgets.measure(side=4, n_samples=1_000, n_sites=16, repeats=1, seed=SEED)
        rows += quadrature.measure(n_configurations=20, repeats=1, seed=SEED)
        rows += imports.measure(repeats=1)
    else:
        rows = training.measure(n_samples=50_000, epochs=20, repeats=5, seed=SEED)
        rows += same_nats.measure(n_samples=50_000, n_test=2_000, generous=40, repeats=3, seed=SEED)
        rows += step.measure(times=200, repeats=7, seed=SEED)
        rows += samplers.measure(samplers.POINTS, 100_000, repeats=5, seed=SEED)
        rows += ising.measure(ising.SIDES, steps=4_000, repeats=5, seed=SEED)
        rows += budgets.measure(side=12, n_samples=1_000_000, n_sites=1024, repeats=3, seed=SEED)
        rows += quadrature.measure(n_configurations=5_000, repeats=3, seed=SEED)
        rows += imports.measure(repeats=15)
    report = f"# Benchmarks\n\n{facts}\n{markdown(rows)}\n{NOTES}"
    write_text(arguments.output, report)
    print(report)


if __name__ == "__main__":
    main()
