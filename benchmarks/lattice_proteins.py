"""Lattice proteins: do a few latents hold what made the sequences, and do pairs beyond them touch?

Sequences of 27 letters that were designed to fold onto one path through a 3 × 3 × 3 cube (Jacquin et
al., PLoS Comput. Biol. 12, e1004889, 2016), by energies of contacts of Miyazawa & Jernigan, J. Mol.
Biol. 256, 623 (1996). So the contacts are known, and pairs that are coupled can be held against them.

``python -m benchmarks.lattice_proteins FILE`` prints what docs/results/sequences.md has of it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Set
from pathlib import Path
from typing import Any

import numpy as np
import torch

import mfvae
from mfvae.analysis.fit import Fit
from mfvae.analysis.judging import sampled
from mfvae.capacity.unknown_law.critic_forms import fitted_forms
from mfvae.capacity.unknown_law.examination import IndependentLaw
from mfvae.data.holdout import TRAIN
from mfvae.random import generator

# Pairs of positions, from 0, that are neighbours in the fold and not in the chain. Of the 103,346
# compact folds of 27 letters it is the one with the lowest mean energy over the sequences of the file,
# −102.9 against −100.7 of the next, and the lowest of all for 192 of 200 of them. No coupling was asked.
CONTACTS = (
    (0, 17), (0, 19), (1, 22), (1, 24), (2, 25), (3, 6), (3, 22), (4, 21), (5, 8), (5, 10), (6, 23),
    (6, 25), (7, 14), (7, 26), (9, 12), (9, 14), (10, 21), (10, 23), (11, 18), (11, 20), (13, 16),
    (13, 18), (14, 23), (15, 24), (15, 26), (17, 24), (18, 23), (19, 22),
)  # fmt: skip
APART = 3  # positions of a contact, at least: closer ones are neighbours of the chain or of its turns
SHUFFLES = 10_000
LATENTS, EPOCHS, SEED = 3, 6, 0
TRAINED, TESTED = 20_000, 5_000  # rows, and as many draws, from which a critic learns and which stop it


def block_norms(matrix: np.ndarray, n_sites: int) -> np.ndarray:
    """How strongly sites are coupled by a matrix (N·dim, N·dim): norms of its blocks, (N, N).

    Less the average product of their rows, which is what sites have by being variable (Dunn, Wahl &
    Gloor, Bioinformatics 24, 333, 2008).
    """
    blocks = matrix.reshape(n_sites, -1, n_sites, matrix.shape[1] // n_sites)
    norms = np.sqrt((blocks**2).sum((1, 3)))
    np.fill_diagonal(norms, 0)
    of_site = norms.sum(1)
    return np.asarray(norms - np.outer(of_site, of_site) / of_site.sum())


def precision(scores: np.ndarray, contacts: Set[tuple[int, int]]) -> float:
    """Share of contacts among as many pairs as there are contacts, those with the highest scores."""
    first, second = np.triu_indices(len(scores), APART)
    order = np.argsort(-scores[first, second], kind="stable")[: len(contacts)]
    return float(np.mean([(int(first[k]), int(second[k])) in contacts for k in order]))


def null_precision(n_sites: int, n_contacts: int, rng: np.random.Generator) -> tuple[float, float]:
    """Mean and 0.999 quantile of the precision of pairs in random order."""
    n_pairs = len(np.triu_indices(n_sites, APART)[0])
    hits = rng.hypergeometric(n_contacts, n_pairs - n_contacts, n_contacts, size=SHUFFLES)
    return n_contacts / n_pairs, float(np.quantile(hits, 0.999) / n_contacts)


def critics_pairs(
    data: np.ndarray, sample: Callable[[int, np.random.Generator], np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """J (N·dim, N·dim) of the pair form that tells statistics (B, N·dim) from draws of a law."""
    sizes = np.cumsum([0, TRAINED * len(data) // (TRAINED + TESTED), len(data)])[1:]
    rows = data[rng.permutation(len(data))]
    draws = sample(len(data), rng)
    parts = [(part[: sizes[0]], part[sizes[0] :]) for part in (rows, draws)]
    train, test = zip(*parts, strict=True)
    return next(form.pairs for _, form in fitted_forms(train, test, rng))


def measure(fit: Fit, contacts: Set[tuple[int, int]] = frozenset(CONTACTS)) -> dict[str, Any]:
    """What the sequences show of a fit: latents, nats, verdict, and precision of pairs."""
    ladder, n_sites = fit.ladder, fit.data.n_sites
    rng = generator(SEED, "benchmarks/lattice_proteins")
    data = ladder.statistic.numpy()[: TRAINED + TESTED]
    laws = {
        "independent sites": IndependentLaw(ladder.family, ladder.fields),
        "chosen law": sampled(fit),
    }
    scores = {"covariance of the data": np.cov(data.T)}
    if fit.free.model is not None:
        z = torch.randn((4000, fit.latents), generator=torch.Generator().manual_seed(SEED))
        with torch.no_grad():
            fields = fit.free.model.fields(z).double().numpy()
        scores["covariance of the decoder's fields"] = np.cov(fields.T)
    for name, law in laws.items():

        def drawn(n: int, rng: np.random.Generator, law: Any = law) -> np.ndarray:
            return ladder.family.statistic(law.sample(n, rng))

        scores[f"pairs beyond {name}"] = critics_pairs(data, drawn, rng)
    mean, high = null_precision(n_sites, len(contacts), rng)
    diagnosis = fit.diagnose()
    return {
        "rows": {"training": int((fit.parts == TRAIN).sum()), "scored": len(ladder.scored)},
        "latents": fit.latents,
        "patterns": fit.patterns,
        "nats": diagnosis.nats.to_dict("records"),
        "verdict": diagnosis.headline,
        "reasons": list(diagnosis.reasons),
        "null precision": {"mean": mean, "0.999 quantile": high},
        "precision": {
            name: precision(block_norms(matrix, n_sites), contacts) for name, matrix in scores.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lattice_proteins", description=__doc__)
    parser.add_argument("file", type=Path, help="the sequences, as FASTA")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    data = mfvae.load(arguments.file, site="potts")
    fit = mfvae.fit(data, latents=LATENTS, epochs=EPOCHS, seed=SEED)
    print(json.dumps(measure(fit), indent=1))


if __name__ == "__main__":
    main()
