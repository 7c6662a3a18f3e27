"""What is odd about data is said before anything is trained."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mfvae
from mfvae.analysis.examine import oddities
from mfvae.errors import InputError

RNG = np.random.default_rng(0)


def test_counts_that_clipping_loses_are_said_with_their_share():
    counts = RNG.poisson(0.6, size=(400, 4))
    lost, whole = int((counts - 1).clip(0).sum()), int(counts.sum())
    (said,) = (line for line in oddities(mfvae.load(counts, clip=True)) if "Clipping" in line)
    assert f"{lost} of {whole} counts ({lost / whole:.2g} of all)" in said
    few = (RNG.random((400, 4)) < 0.3).astype(int)
    few[0, 0] = 2
    assert not [line for line in oddities(mfvae.load(few, clip=True)) if "Clipping" in line]


@pytest.mark.parametrize("pair", [(1, 2), (-1, 0), (0, 7)])
def test_a_guess_of_which_value_is_on_is_said(pair):
    x = RNG.choice(pair, size=(300, 3))
    (said,) = (line for line in oddities(mfvae.load(x)) if "was taken for +1" in line)
    assert f"{pair[1]} was taken for +1" in said
    declared = mfvae.load(x, values=pair)
    assert not [line for line in oddities(declared) if "was taken" in line]


@pytest.mark.parametrize("pair", [(0, 1), (-1, 1)])
def test_usual_values_are_no_guess(pair):
    assert not [
        line for line in oddities(mfvae.load(RNG.choice(pair, size=(300, 3)))) if "taken" in line
    ]


@pytest.mark.parametrize("values", [None, {"yes": 1, "no": 0}])
def test_a_column_of_names_among_votes_is_named(tmp_path, values):
    table = pd.DataFrame(np.where(RNG.random((60, 4)) < 0.5, "yes", "no"), columns=list("abcd"))
    table.insert(0, "member", [f"member {k}" for k in range(60)])
    table.to_csv(tmp_path / "votes.csv", index=False)
    with pytest.raises(InputError, match="columns of more than two values are member: columns names"):
        mfvae.load(tmp_path / "votes.csv", values=values)
    data = mfvae.load(tmp_path / "votes.csv", values={"yes": 1, "no": 0}, columns=list("abcd"))
    assert data.array.shape == (60, 4)


def test_text_in_another_encoding_is_refused_with_advice(tmp_path):
    (tmp_path / "votes.csv").write_bytes("Müller,Weiß\n0,1\n1,0\n".encode("latin-1"))
    with pytest.raises(InputError, match="text in UTF-8 is needed: save it so"):
        mfvae.load(tmp_path / "votes.csv")
