"""What importing the library costs."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.timing import Measurement

TIMED = "import time; t = time.perf_counter(); import mfvae; print(1000 * (time.perf_counter() - t))"


def measure(repeats: int) -> list[Measurement]:
    """Milliseconds of ``import mfvae``, each in a new Python."""
    command = [sys.executable, "-c", TIMED]
    times = (subprocess.run(command, capture_output=True, check=True).stdout for _ in range(repeats))
    return [Measurement("import mfvae", "ms", tuple(map(float, times)))]
