"""Time and memory of heavy jobs, each in a fresh process, start of Python and imports included."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.memory import use
from benchmarks.timing import Measurement
from mfvae.systems.ising_2d.exact import CRITICAL_TEMPERATURE

BYTES_PER_GB = 1e9
HALF_INFORMATION = """\
from mfvae.systems.ising_2d.exact import half_information
half_information({side}, {temperature!r}, {boundary!r})
"""


def jobs(side: int, n_samples: int, n_sites: int, seed: int, folder: Path) -> Mapping[str, list[str]]:
    """The commands: I(A;B) by transfer matrix, and Curie–Weiss samples drawn and written."""
    transfer = {
        f"transfer matrix: I(A;B), L = {side}, {boundary}": [
            sys.executable,
            "-c",
            HALF_INFORMATION.format(
                side=side, temperature=float(CRITICAL_TEMPERATURE), boundary=boundary
            ),
        ]
        for boundary in ("torus", "cylinder")
    }
    options = {
        "system": "curie_weiss",
        "point": f"N~{n_sites}/beta~1.0",
        "n-samples": n_samples,
        "seed": seed,
        "output": folder / "samples.parquet",
        "facts": folder / "facts.json",
    }
    draw = [sys.executable, "scripts/data/draw.py"]
    draw += [part for key, value in options.items() for part in (f"--{key}", str(value))]
    return {**transfer, f"drawn and written: curie_weiss N = {n_sites}, {n_samples} samples": draw}


def measure(side: int, n_samples: int, n_sites: int, repeats: int, seed: int) -> list[Measurement]:
    """Seconds and peak memory of every job."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for label, command in jobs(side, n_samples, n_sites, seed, Path(folder)).items():
            seconds, peaks = zip(*(use(command) for _ in range(repeats)), strict=True)
            rows.append(Measurement(label, "s", seconds))
            rows.append(Measurement(label, "GB", tuple(peak / BYTES_PER_GB for peak in peaks)))
    return rows
