"""An anchor of another file ended in advice about tabs."""

from __future__ import annotations

import pytest

from mfvae.errors import InputError
from mfvae.workflow.settings.strict_yaml import check_yaml
from tests.scripts.calls import Ended, assert_one_line, in_here

ELSEWHERE = "systems:\n  hopfield:\n    models:\n      mine: { <<: *exact, latent_dim: 2 }\n"


def test_an_unknown_alias_is_named_with_its_line(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(ELSEWHERE)
    with pytest.raises(InputError) as caught:
        check_yaml(path)
    assert str(caught.value).startswith(f"{path}, line 4 = '*exact': an anchor &exact further up")
    assert "do not cross files" in caught.value.allowed
    assert_one_line(in_here("reproduce/check_yaml", path), "mine.yaml, line 4", "*exact")


@pytest.mark.parametrize(
    ("content", "line", "written"),
    [("a: 1\n\tb: 2", 2, "b: 2"), ("a: [1, 2", 1, ""), ("a: 1\nb: c: d", 2, "b: c: d")],
)
def test_what_is_no_yaml_is_refused_by_line(content, line, written, tmp_path):
    (tmp_path / "mine.yaml").write_text(content)
    with pytest.raises(InputError) as caught:
        check_yaml(tmp_path / "mine.yaml")
    assert caught.value.field == f"{tmp_path / 'mine.yaml'}, line {line}"
    assert caught.value.value == written or not written
    assert "YAML is needed" in caught.value.allowed


def test_files_that_are_right_are_said_to_be(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text("x: &x {a: 1}\ny: *x\n")
    assert in_here("reproduce/check_yaml", tmp_path / "mine.yaml") == Ended(0, "")
    assert capsys.readouterr().out == f"{tmp_path / 'mine.yaml'}: nothing misleads\n"
    assert_one_line(in_here("reproduce/check_yaml", tmp_path / "absent.yaml"), "absent.yaml")
