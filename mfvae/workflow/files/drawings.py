"""Figures on disk: the same figure gives the same bytes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from mfvae.figures.style import PDF_DPI, PNG_DPI, print_style
from mfvae.workflow.files.atomic import atomic_path
from mfvae.workflow.files.provenance import of_this_job


def save_figure(figure: Figure, prefix: str | Path) -> list[Path]:
    """Write ``prefix``.pdf and ``prefix``.png, each whole or not at all; same figure, same bytes.

    Provenance is in the keywords of the PDF and in the text "Provenance" of the PNG, as JSON.
    The layout is found once and then kept: found anew, it would move by a fraction of a pixel.
    """
    with print_style():
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    record = of_this_job()
    provenance = None if record is None else json.dumps(record)  # None: no such entry
    formats: dict[str, dict[str, Any]] = {
        "pdf": {"dpi": PDF_DPI, "metadata": {"CreationDate": None, "Keywords": provenance}},
        "png": {"dpi": PNG_DPI, "metadata": {"Provenance": provenance} if provenance else {}},
    }
    for name, options in formats.items():
        drawn = io.BytesIO()  # matplotlib's own writing hides the reason when a disk is full
        with print_style():
            figure.savefig(drawn, format=name, **options)
        with atomic_path(f"{prefix}.{name}") as temporary:
            temporary.write_bytes(drawn.getvalue())
    return [Path(f"{prefix}.{name}") for name in formats]
