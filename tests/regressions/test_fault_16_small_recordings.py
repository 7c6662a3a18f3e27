"""Four neurons or fewer ended the report of a decoding with IndexError; so did fewer than 20 words."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.information import lower_bound_from_statistics
from tests.scripts.calls import in_here, succeed


@pytest.mark.parametrize("n_sites", [1, 2, 3, 4, 9])
def test_the_spectrum_of_a_few_neurons_is_reported(tmp_path, n_sites):
    values = "\n".join(f"{k + 1},{1 / (k + 1)}" for k in range(n_sites))
    (tmp_path / "spectrum.csv").write_text(f"index,singular_value\n{values}\n")
    (tmp_path / "decoded.json").write_text(json.dumps({"count": 1}))
    succeed(
        "decode/report", "--system", "few", "--point", "repeats~11", "--name", "exact",
        "--read-off", tmp_path / "decoded.json", "--spectrum", tmp_path / "spectrum.csv",
        "--output", tmp_path / "metrics.json", call=in_here,
    )  # fmt: skip
    names = [
        entry["name"].rpartition("/")[2] for entry in json.loads((tmp_path / "metrics.json").read_text())
    ]
    ratios = [f"singular_value_ratio_{k + 1}" for k in range(min(4, n_sites - 1))]
    assert names == ["collective_variables", *ratios]


def test_too_few_words_for_an_error_bar_are_refused():
    few = np.arange(39) % 3
    with pytest.raises(InputError, match="configurations = 39: at least 40"):
        lower_bound_from_statistics("half", few, few)
    enough = np.arange(40) % 3
    assert lower_bound_from_statistics("half", enough, enough).estimate.value > 0.9
