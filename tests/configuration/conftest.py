"""No local recording, whatever the environment names."""

from __future__ import annotations

import pytest

from tests.helpers.paths import LOCAL_FILE_VARIABLE


@pytest.fixture(autouse=True, scope="module")
def _no_local_recording():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(LOCAL_FILE_VARIABLE, raising=False)
        yield
