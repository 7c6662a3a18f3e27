"""The figure of pattern recovery: what each panel holds, and which rows it needs."""

from __future__ import annotations

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.figures import style
from tests.helpers.figures.artists import bars, figure_of, legend, lines_of_style
from tests.helpers.figures.tables import recovery


def test_overlaps_lie_beside_the_limit_at_their_samples_per_site() -> None:
    table = recovery()
    figure, axes = figure_of("recovery", table)
    assert len(axes) == 6
    assert legend(figure) == [r"PCA, exact limit $N \to \infty$", "PCA", "VAE", "threshold"]
    for beta, column in zip((0.5, 0.7), (axes[0::2], axes[1::2]), strict=True):
        for ax, reading in ((column[0], "real"), (column[2], "sign")):
            own = table[(table["beta"] == beta) & (table["reading"] == reading)]
            for (x, y, error), method in zip(bars(ax), ("pca", "vae"), strict=True):
                rows = own[own["method"] == method]
                np.testing.assert_allclose(x, rows["B"] / 400, rtol=0.1)
                np.testing.assert_array_equal(y, rows["overlap_squared"])
                np.testing.assert_allclose(error, rows["stderr"], rtol=1e-6)
            (limit,) = lines_of_style(ax, "-", style.BLUE)
            curve = own[own["method"] == "limit"]
            np.testing.assert_allclose(limit.get_xdata(), curve["B"] / 400)
            np.testing.assert_array_equal(limit.get_ydata(), curve["overlap_squared"])
        ((_, difference, error),) = bars(column[1])
        np.testing.assert_array_equal(difference, 0.02)
        np.testing.assert_allclose(error, 0.004, rtol=1e-6)
        for ax in column:
            marks = [line.get_xdata()[0] for line in ax.lines if len({*line.get_xdata()}) == 1]
            assert (1 / beta - 1) ** 2 in marks


def test_one_beta_is_one_column() -> None:
    figure, axes = figure_of("recovery", recovery().query("beta == 0.7"))
    assert len(axes) == 3
    assert figure.axes[0].get_title() == r"$\beta = 0.7$, $N = 400$"


@pytest.mark.parametrize(("column", "value"), [("method", "limit"), ("reading", "sign")])
def test_rows_that_are_missing_are_named(column: str, value: str) -> None:
    table = recovery()
    with pytest.raises(InputError) as caught:
        figure_of("recovery", table[table[column] != value])
    assert (caught.value.field, caught.value.value) == (column, [value])
