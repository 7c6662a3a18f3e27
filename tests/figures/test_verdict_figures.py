"""The atlas and what is missing: what is drawn is what the table says."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mfvae.figures import FIGURES
from tests.helpers.figures.artists import texts
from tests.helpers.figures.tables import TABLES


def written(figure) -> list[str]:
    return [text.get_text() for text in texts(figure)]


def test_data_sets_are_sorted_by_verdict_and_named() -> None:
    figure = FIGURES["atlas"](TABLES["atlas"]())
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["nltcs", "senate", "accidents"]
    assert {"no difference found", "undecided", "not faithful"} <= set(written(figure))


def test_rates_are_drawn_where_the_information_is_known() -> None:
    figure = FIGURES["atlas"](TABLES["atlas"]())
    named = [text.get_text() for text in figure.axes[2].texts]
    assert {"nltcs", "accidents"} <= set(named)
    assert "senate" not in named


def test_what_is_missing_is_shown_at_its_size() -> None:
    figure = FIGURES["atlas"](TABLES["atlas"]())
    drawn = [line.get_xdata()[0] for line in figure.axes[1].lines if line.get_marker() == "X"]
    assert drawn == [3.5]


def test_pairs_that_are_not_found_are_left_out_below_the_diagonal() -> None:
    figure = FIGURES["missing_couplings"](TABLES["missing_couplings"]())
    matrix = figure.axes[0].collections[0].get_array().reshape(20, 20)
    below = np.tril(np.ones((20, 20), dtype=bool), -1)
    assert np.isfinite(np.ma.filled(matrix[below].astype(float), np.nan)).sum() == 10
    assert np.isfinite(np.ma.filled(matrix[below.T].astype(float), np.nan)).all()
    assert "(a) 10 of 190 pairs found" in written(figure)


def test_where_nothing_was_asked_the_figure_says_so() -> None:
    table = TABLES["missing_couplings"]().iloc[:1]
    empty = pd.DataFrame([{"quantity": "not_asked"}]).reindex(columns=table.columns)
    figure = FIGURES["missing_couplings"](empty)
    assert any("was not asked" in one for one in written(figure))


def test_sites_of_missing_couplings_are_called_by_their_names() -> None:
    table = TABLES["missing_couplings"]()
    name = {number: f"Größe {number}" for number in range(1, 500)} | {3: "a name that is far too long"}
    named = table.assign(site_name=table["site"].map(name), other_name=table["other"].map(name))
    for one, called in ((table, str), (named, lambda number: name[number])):
        labels = {
            label.get_text() for label in FIGURES["missing_couplings"](one).axes[0].get_yticklabels()
        }
        pairs = one[one["quantity"] == "residual_coupling"]
        sites = set(pairs["site"].astype(int)) | set(pairs["other"].astype(int))
        assert labels == {
            called(site) if len(called(site)) <= 20 else f"{called(site)[:19]}…" for site in sites
        }
