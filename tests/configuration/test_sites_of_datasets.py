"""A data set of Potts states: what is known of spins alone is left out, or refused with the reason."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mfvae.workflow.settings.dataset import DatasetSettings
from mfvae.workflow.settings.dataset_defaults import OF_SPINS

SEQUENCES = {"file": "family.fasta", "site": "potts21"}


def test_defaults_hold_nothing_that_needs_spins():
    block = DatasetSettings.model_validate(SEQUENCES)
    assert list(block.baselines) == ["independent"]
    assert block.population is None
    assert "model_comparison" in block.figures
    assert not OF_SPINS & set(block.figures)
    whole = DatasetSettings.model_validate({"file": "spikes.npy"})  # a twin
    assert len(whole.baselines) > 1
    assert OF_SPINS & set(whole.figures)


@pytest.mark.parametrize(
    "change",
    [
        {"baselines": {"chow_liu": {"kind": "chow_liu"}}},
        {"population": {"triplets": 100, "shown": ["independent"]}},
        {"threshold": 3},
        {"clip": True},
        {"figures": ["stored_patterns"]},
    ],
)
def test_what_needs_spins_is_refused_with_the_reason(change):
    with pytest.raises(ValidationError, match="spins are needed, of which alone it is known"):
        DatasetSettings.model_validate(SEQUENCES | change)


def test_numbers_of_states_and_values_are_checked():
    with pytest.raises(ValidationError, match="potts2 to potts255"):
        DatasetSettings.model_validate(SEQUENCES | {"site": "potts999"})
    with pytest.raises(ValidationError, match="two values are needed"):
        DatasetSettings.model_validate({"file": "votes.csv", "values": ["no", "yes", "absent"]})
    states = DatasetSettings.model_validate(SEQUENCES | {"site": "potts3", "values": ["A", "B", "C"]})
    assert states.values == ["A", "B", "C"]
