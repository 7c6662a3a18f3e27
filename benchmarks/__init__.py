"""Side-by-side timings against peers, ``python -m benchmarks``; no part of the workflow."""

import os

# One thread for NumPy too; its BLAS reads this when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
