"""Files and folders that a configuration names."""

from __future__ import annotations

import pytest

from mfvae.data import sources
from mfvae.data.sources import sha256_of
from mfvae.workflow.files import places
from mfvae.workflow.settings.configuration import check_configuration
from mfvae.workflow.settings.settle import settle
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


# -- optional data sets -------------------------------------------------------------------------------
@pytest.fixture
def without_network(monkeypatch):
    """No folder of files, and addresses that nothing answers at; those asked are in the list."""
    monkeypatch.delenv(sources.FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(places, "_HOSTS", {})
    places._found.cache_clear()
    asked = []

    def refuse(request, timeout):
        asked.append(request.full_url)
        raise OSError("no network")

    monkeypatch.setattr(places, "urlopen", refuse)
    yield asked
    places._found.cache_clear()


def folders(tmp_path):
    return lambda name: str(tmp_path / name)


def test_optional_data_sets_that_are_not_to_be_had_are_left_out(without_network, tmp_path):
    settled = settle(DEFAULT, folders(tmp_path))
    optional = [name for name, block in DEFAULT["datasets"].items() if block.get("optional")]
    assert len(optional) == 8
    assert settled["skip"] == optional
    assert settled["run"] == [name for name in settle(DEFAULT)["run"] if name not in optional]
    assert all(settled["datasets"][name]["figures"] == [] for name in optional)
    assert len(without_network) == 1  # of one host a single file is asked for


def test_what_was_fetched_or_lies_in_the_folder_is_not_left_out(without_network, tmp_path, monkeypatch):
    fetched = tmp_path / "results/raw/senate"
    fetched.mkdir(parents=True)
    (fetched / "S116_votes.csv").write_text("")
    assert "senate" in settle(DEFAULT, folders(tmp_path))["run"]
    (tmp_path / "files").mkdir()
    content = b"1,0,1"
    for part in ("train", "valid", "test"):
        (tmp_path / f"files/nltcs.{part}.data").write_bytes(content)
    monkeypatch.setenv(sources.FOLDER_VARIABLE, str(tmp_path / "files"))
    sums = [
        (f"datasets.nltcs.source.parts.{part}.sha256", sha256_of(tmp_path / "files/nltcs.test.data"))
        for part in ("train", "valid", "test")
    ]
    places._found.cache_clear()
    running = settle(changed(*sums), folders(tmp_path))["run"]
    assert {"senate", "nltcs"} <= set(running)
    assert "jester" not in running


def test_what_is_skipped_is_not_asked_for(without_network, tmp_path):
    optional = [name for name, block in DEFAULT["datasets"].items() if block.get("optional")]
    settled = settle({**DEFAULT, "skip": [*optional, "hopfield"]}, folders(tmp_path))
    assert without_network == []
    assert "hopfield" not in settled["run"]
    assert "retina" in settled["run"]
