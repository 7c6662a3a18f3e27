"""Time and peak memory of a command in a process of its own.

``python -m benchmarks.memory command …`` runs the command and prints its use as JSON. On Linux a process
starts with the peak memory of the one that started it. So we never start the command ourselves: this
module does, in a fresh interpreter that imports nothing large.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes in one of ru_maxrss


class Use(NamedTuple):
    """What a command took, from its start to its end."""

    seconds: float
    peak_bytes: int


def use(command: Sequence[str]) -> Use:
    """Run a command in the repository's root; raises CalledProcessError if it fails."""
    launcher = [sys.executable, "-m", "benchmarks.memory", *command]
    done = subprocess.run(launcher, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return Use(*json.loads(done.stdout))


if __name__ == "__main__":
    start = time.perf_counter()
    code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
    elapsed = time.perf_counter() - start
    print(json.dumps([elapsed, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * UNIT]))
    sys.exit(1 if code else 0)
