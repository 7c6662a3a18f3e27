"""Where the files of the project lie."""

from __future__ import annotations

from pathlib import Path

from mfvae.workflow.files.fetch import file_variable

ROOT = Path(__file__).parents[2]
LOCAL_FILE_VARIABLE = file_variable("retina")
