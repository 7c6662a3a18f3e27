"""Fixtures of tests of figures."""

from __future__ import annotations

import pytest

from mfvae.registry import EXTENSIONS_VARIABLE


@pytest.fixture
def more_systems(tmp_path, monkeypatch) -> None:
    """Registers those of tests/helpers/figures/systems.py, as a user would: by a file."""
    extension = tmp_path / "more_systems.py"
    extension.write_text("from tests.helpers.figures.systems import SYSTEMS\n")
    monkeypatch.setenv(EXTENSIONS_VARIABLE, str(extension))
