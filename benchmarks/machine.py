"""What the timings were taken on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import numpy as np
import torch

CPU_FACTS = Path("/proc/cpuinfo")


def cpu_model() -> str:
    """Name of the processor, as the kernel or else the platform gives it."""
    if CPU_FACTS.is_file():
        for line in CPU_FACTS.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def machine_facts() -> str:
    """A Markdown list: processor, cores, load, versions, threads."""
    facts = {
        "processor": cpu_model(),
        "cores": os.cpu_count(),
        "load before the start (1 minute)": f"{os.getloadavg()[0]:.2f}",
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "PyTorch": torch.__version__,
        "threads of PyTorch": torch.get_num_threads(),
        "threads of NumPy": os.environ["OPENBLAS_NUM_THREADS"],
    }
    return "".join(f"- {name}: {fact}\n" for name, fact in facts.items())
