"""The same data read in several ways: counts or words, three answers or two with gaps.

Readings that keep more have more nats a row, so that they are compared where they say the same: a model
of counts or states also gives the law of any coarser reading, by adding probabilities of what it joins.

``python -m benchmarks.readings RETINA SENATE`` prints what docs/results/readings.md has of it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

import mfvae
from mfvae.analysis.begin import scored_rows
from mfvae.analysis.fit import Fit
from mfvae.analysis.ladder import Law, mean_over
from mfvae.data.configurations import Configurations
from mfvae.latent.nodes import shifted_nodes
from mfvae.sites.count import Count
from mfvae.sites.potts import Potts
from mfvae.sites.spin import Spin

NODES = 4096  # over z: the same for all readings
LATENTS, SEED = 2, 0
EPOCHS = {"retina": 4, "senate": 40}  # rows are 70,000 or more, and 720
ROWS_AT_ONCE = 2000
NAY, YEA, ABSENT = 0, 1, 2


def node_probabilities(law: Law, family: Any, fields: np.ndarray, most: int) -> np.ndarray:
    """p of 0 … ``most`` at every site and node, (G, N, most + 1); one node for independent sites."""
    if law.model is not None:
        z = shifted_nodes(NODES, law.latents, torch.Generator().manual_seed(SEED))
        with torch.no_grad():
            fields = law.model.fields(z).double().numpy()
    fields = np.atleast_2d(fields)
    if isinstance(family, Potts):
        return np.asarray(family.probabilities(fields))
    if isinstance(family, Spin):
        up = (1 + np.tanh(fields)) / 2
        return np.stack([1 - up, up], -1)
    assert isinstance(family, Count)
    counts = np.arange(most + 1)
    logs = fields[..., None] * counts - np.exp(fields)[..., None]
    factorials = np.cumsum(np.log(np.maximum(counts, 1)))
    return np.exp(logs - factorials)


def log_prob(probabilities: np.ndarray, x: np.ndarray) -> np.ndarray:
    """log Σ_g Π_i p_g(x_i)/G of rows x (B, N) in nats, (B,); entries −1 were not observed."""
    logs = np.log(np.maximum(probabilities, np.finfo(float).tiny))
    found = []
    for start in range(0, len(x), ROWS_AT_ONCE):
        block = x[start : start + ROWS_AT_ONCE]
        terms = sum((block == c).astype(float) @ logs[:, :, c].T for c in range(logs.shape[2]))
        highest = terms.max(1, keepdims=True)
        found.append(highest[:, 0] + np.log(np.exp(terms - highest).mean(1)))
    return np.concatenate(found)


def joined(probabilities: np.ndarray, classes: tuple[int, ...]) -> np.ndarray:
    """Probabilities of classes of values: that of the value v goes to ``classes[v]``."""
    n = max(classes) + 1
    return np.stack(
        [probabilities[..., [v for v, c in enumerate(classes) if c == k]].sum(-1) for k in range(n)], -1
    )


def in_bins(recording: Configurations, width: int) -> Configurations:
    """Spikes in so many bins that follow each other in a repeat: counts, and the repeats as groups."""
    assert recording.groups is not None  # a recording of repeats
    repeats = len(np.unique(recording.groups))
    spikes = (recording.array > 0).reshape(repeats, -1, recording.n_sites)
    whole = spikes.shape[1] // width
    counts = spikes[:, : whole * width].reshape(repeats, whole, width, -1).sum(2, dtype=np.int32)
    groups = np.repeat(np.arange(repeats), whole)
    order = np.tile(np.arange(whole), repeats)
    return Configurations(
        counts.reshape(-1, recording.n_sites), groups=groups, order=order, site="count"
    )


def fitted(data: Configurations, of: str) -> Fit:
    """Independent sites, one latent and two."""
    return mfvae.fit(data, latents=[1, LATENTS], epochs=EPOCHS[of], seed=SEED)


def retina(recording: Configurations, width: int) -> list[dict[str, Any]]:
    """Nats of words and of counts in one width of bins, under each reading and number of latents."""
    counted = in_bins(recording, width)
    words = Configurations(
        np.where(counted.array > 0, 1, -1).astype(np.int8), groups=counted.groups, order=counted.order
    )
    states = Configurations(
        counted.array.astype(np.uint8),
        groups=counted.groups,
        order=counted.order,
        site=f"potts{width + 1}",
    )
    rows, alike = [], {}
    for reading, data in {"words": words, "states": states, "counts": counted}.items():
        fit = fitted(data, "retina")
        held_out = counted.array[scored_rows(fit.parts)]
        for d, law in fit.laws.items():
            p = node_probabilities(law, fit.ladder.family, fit.ladder.fields, width)
            of_words = p if reading == "words" else joined(p, (0, *[1] * width))
            if reading == "counts":  # all counts above 0, not only those up to the largest possible
                of_words = np.stack([p[..., 0], 1 - p[..., 0]], -1)
            nats = -log_prob(of_words, np.minimum(held_out, 1))
            line = {"width": width, "reading": reading, "latents": d}
            line |= told("words", nats, fit)
            if reading == "words":
                alike[d] = nats
            else:
                line |= told("words, above the reading as words", nats - alike[d], fit)
            if reading != "words":
                line |= told("given words", -log_prob(p, held_out) - nats, fit)
            rows.append(line)
    return rows


def told(name: str, nats: np.ndarray, fit: Fit) -> dict[str, float]:
    """A mean over held-out rows with its error."""
    found = mean_over(nats, fit.groups)
    return {name: found.value, f"{name}, error": found.stderr}


def senate(path: Path) -> list[dict[str, Any]]:
    """Nats of the votes that were cast, given who cast one, under both readings."""
    long = ["rollnumber", "icpsr", "cast_code"]
    spins = mfvae.load(path, long=long, values=[6, 1], missing=[0, 7, 9], constant_sites="keep")
    assert spins.observed is not None  # members are absent
    seen = spins.observed
    answers = np.where(seen, np.where(spins.array > 0, YEA, NAY), ABSENT).astype(np.uint8)
    rows, alike = [], {}
    for reading, data in {
        "two answers, with gaps": spins,
        "three answers": Configurations(answers, site="potts3"),
    }.items():
        fit = fitted(data, "senate")
        held_out, there = (array[scored_rows(fit.parts)] for array in (answers, seen))
        for d, law in fit.laws.items():
            p = node_probabilities(law, fit.ladder.family, fit.ladder.fields, 1)
            line: dict[str, Any] = {"reading": reading, "latents": d}
            if reading == "three answers":
                absence = -log_prob(joined(p, (0, 0, 1)), (~there).astype(np.int64))
                nats = -log_prob(p, held_out) - absence
                line |= told("absence", absence, fit)
                line |= told("votes, above the reading with gaps", nats - alike[d], fit)
            else:
                nats = -log_prob(p, np.where(there, held_out, -1).astype(np.int64))
                alike[d] = nats
            rows.append(line | told("votes", nats, fit))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readings", description=__doc__)
    parser.add_argument("retina", type=Path, help="the recording, a MATLAB file with bint")
    parser.add_argument("senate", type=Path, help="the roll calls, a CSV file")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(json.dumps({"senate": senate(arguments.senate)}, indent=1), flush=True)
    recording = mfvae.load(arguments.retina, key="bint", axes="groups sites rows")
    for width in (2, 4):
        print(json.dumps({"retina": retina(recording, width)}, indent=1), flush=True)


if __name__ == "__main__":
    main()
