"""Files and folders that a configuration names."""

from __future__ import annotations

import pytest

from mfvae.data.sources import sha256_of
from mfvae.workflow.settings.configuration import check_configuration
from tests.configuration.changes import DEFAULT, changed, refused
from tests.helpers.paths import LOCAL_FILE_VARIABLE

FILE, SUM = "datasets.retina.file", "datasets.retina.source.sha256"


def test_a_recording_that_is_not_there_is_refused(tmp_path):
    error = refused(changed((FILE, str(tmp_path / "absent.mat"))))
    assert error.field == FILE
    assert error.value == str(tmp_path / "absent.mat")
    assert refused(changed((FILE, str(tmp_path)))).field == FILE  # a folder


def test_a_recording_of_other_content_is_refused_by_its_sum(tmp_path):
    path = tmp_path / "other.mat"
    path.write_bytes(b"something else")
    error = refused(changed((FILE, str(path))))
    assert error.field == FILE
    assert DEFAULT["datasets"]["retina"]["source"]["sha256"] in error.allowed
    assert sha256_of(path) in error.allowed
    check_configuration(changed((FILE, str(path)), (SUM, sha256_of(path))))


def test_the_environment_takes_precedence_and_is_named(tmp_path, monkeypatch):
    path = tmp_path / "right.mat"
    path.write_bytes(b"content")
    config = changed((FILE, "absent.mat"), (SUM, sha256_of(path)))
    monkeypatch.setenv(LOCAL_FILE_VARIABLE, str(path))
    check_configuration(config)
    monkeypatch.setenv(LOCAL_FILE_VARIABLE, str(tmp_path / "absent.mat"))
    assert refused(config).field == LOCAL_FILE_VARIABLE


@pytest.mark.parametrize("below", ["results", "deep/er/results"])
def test_results_under_a_file_are_refused(tmp_path, below):
    (tmp_path / "file").write_text("not a folder")
    error = refused(changed(("pathvars.results", str(tmp_path / "file" / below))))
    assert error.field == "pathvars.results"
    assert str(tmp_path / "file") in error.allowed
    assert "written" in error.allowed


def test_results_are_not_created_by_the_check(tmp_path):
    check_configuration(changed(("pathvars.results", str(tmp_path / "new" / "folder"))))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["pathvars.results", FILE])
@pytest.mark.parametrize("name", ["x" * 300, "a\0b"], ids=["too long", "with a null byte"])
def test_impossible_names_of_files_are_refused(path, name):
    assert refused(changed((path, name))).field == path
