"""Figures of a recording are labelled with the words of its data set, and know none themselves."""

from __future__ import annotations

import re

import pytest
import yaml

from mfvae.errors import InputError
from mfvae.figures import FIGURES
from mfvae.figures.vocabulary import NEUTRAL, SiteWords
from tests.helpers.figures.artists import texts
from tests.helpers.figures.models import configured
from tests.helpers.figures.tables import TABLES
from tests.helpers.paths import ROOT

GENES = SiteWords("gene", "genes", "read", "nothing read", "cell", 0.0, "donor", "")
OF_RETINA = re.compile(r"neuron|spik|\bbins?\b|\bms\b|movie|repeat|silen|\(s\)", re.IGNORECASE)
OF_RECORDING = sorted(kind for kind, figure in FIGURES.items() if figure.of == "recording")


def retina() -> SiteWords:
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    return SiteWords(**config["datasets"]["retina"]["units"])


def said(kind: str, words: SiteWords) -> list[str]:
    """The caption and everything written in a figure."""
    figure = FIGURES[kind]
    drawn = texts(figure(configured(TABLES[kind]()), words))
    return [figure.caption_in(words), *(text.get_text() for text in drawn)]


@pytest.mark.parametrize("words", [GENES, NEUTRAL], ids=["genes", "neutral"])
@pytest.mark.parametrize("kind", OF_RECORDING)
def test_no_word_of_the_retina_is_in_a_figure_of_something_else(kind: str, words: SiteWords) -> None:
    assert [line for line in said(kind, words) if OF_RETINA.search(line)] == []


# what figures of the retina say, and the same of other data
SAID = {
    "count_law": ("$K$, spikes in a 20 ms bin", "$K$, reads in a cell"),
    "covariance_spectrum": ("eigenvalue, covariance of spikes", "eigenvalue, covariance of reads"),
    "latent_plane": ("spikes in the bin", "reads in the cell"),
    "latent_raster": ("time in the movie (s)", "cell"),
    "model_comparison": ("silence\n$P(K = 0)$", "nothing read\n$P(K = 0)$"),
}


@pytest.mark.parametrize("kind", SAID)
def test_every_data_set_finds_its_own_words(kind: str) -> None:
    of_retina, of_genes = SAID[kind]
    assert of_retina in said(kind, retina())
    assert of_genes in said(kind, GENES)


def test_captions_are_in_the_same_words() -> None:
    caption = FIGURES["latent_raster"].caption_in
    assert caption(retina()).startswith("The spikes of the population in one repeat of the movie and")
    assert caption(GENES).startswith("The reads of the population in one donor and")


@pytest.mark.parametrize(
    ("given", "label", "row"),
    [
        ({}, "row", "a row"),
        ({"row": "epoch"}, "epoch", "an epoch"),
        ({"row": "epoch", "row_s": 1.5}, "time (s)", "a 1.5 s epoch"),
        ({"row": "bin", "row_s": 0.008, "time": "song"}, "time in the song (s)", "an 8 ms bin"),
        ({"row": "trial", "time": "session"}, "trial in the session", "a trial"),
    ],
)
def test_time_and_rows(given: dict[str, object], label: str, row: str) -> None:
    words = SiteWords(**given)
    assert (words.time_label, words.a_row) == (label, row)


@pytest.mark.parametrize(("name", "value"), [("site", ""), ("row", ""), ("row_s", -1.0)])
def test_what_is_no_word_is_refused(name: str, value: object) -> None:
    with pytest.raises(InputError, match=name):
        SiteWords(**{name: value})
