"""reproduce/render.py: tables as pages."""

from __future__ import annotations

from html import unescape

from tests.scripts.calls import assert_one_line, in_here


def test_tables_are_rendered_in_their_order(tmp_path):
    names = ["first", "second"]
    (tmp_path / "first.csv").write_text("model,value\nN=4/<exact>,0.123456789\nelbo,\n")
    (tmp_path / "second.csv").write_text("count\n3\n")
    inputs = [tmp_path / f"{name}.csv" for name in names]
    outputs = [tmp_path / f"{name}.html" for name in names]
    assert in_here("reproduce/render", "--inputs", *inputs, "--outputs", *outputs).status == 0
    first, second = (unescape(path.read_text()) for path in outputs)
    assert "<tr><th>model</th><th>value</th></tr>" in first
    assert "<tr><td>N=4/<exact></td><td>0.123457</td></tr>" in first
    assert "<tr><td>elbo</td><td></td></tr>" in first
    assert "<td>3</td>" in second


def test_a_table_that_is_missing_is_refused(tmp_path):
    output = tmp_path / "page.html"
    ended = in_here("reproduce/render", "--inputs", tmp_path / "absent.csv", "--outputs", output)
    assert_one_line(ended, "absent.csv")
    assert not output.exists()
