"""Both rules on solvable systems: the exact divergence, and the rule for laws that nobody knows.

``python -m benchmarks.agreement`` prints a table in minutes.
"""

from __future__ import annotations

import numpy as np

import mfvae

ROWS = 10_000
CASES = (  # system, point, number of latents
    ("curie_weiss", {"N": 32, "beta": 1.2}, 1),
    ("hopfield", {"N": 40, "p": 2, "beta": 1.2}, 2),
    ("hopfield", {"N": 40, "p": 2, "beta": 1.2}, 1),
    ("ising_2d", {"L": 4, "T": 2.5}, 1),
    ("ising_2d", {"L": 6, "T": 2.3}, 1),
    ("ising_2d", {"L": 6, "T": 2.3}, 3),
)


def line(name: str, point: dict[str, float], latents: int) -> str:
    """A row of the table: KL and the verdict with the law known, and the verdict without."""
    system = mfvae.build(name, point, seed=0)
    rows = system.sample(ROWS, np.random.default_rng(1))
    fit = mfvae.fit(rows, latents=[latents], epochs=10)
    known, unknown = fit.diagnose(truth=system, baselines=()), fit.diagnose(baselines=())
    where = ", ".join(f"{key} = {value:g}" for key, value in point.items())
    kl = f"{known.kl.value:.3f} ± {known.kl.stderr:.3f}"
    said = known.verdict.name.lower().replace("_", " ")
    return f"| {name} ({where}) | {latents} | {kl} | {said} | {unknown.judged.sentence} |"


if __name__ == "__main__":
    print("| data | d | KL in nats | law known | law unknown |\n|---|---|---|---|---|")
    for case in CASES:
        print(line(*case), flush=True)
