"""Files that are found in a local folder before any download."""

from __future__ import annotations

import hashlib

import pytest

from mfvae.data import sources
from mfvae.errors import InputError

A, B = b"first", b"second"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with one file at its top, one deeper, and two of one name."""
    for name, content in {"top.csv": A, "deep/er/a.mat": A, "x/twice.npz": A, "y/twice.npz": B}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    monkeypatch.setenv(sources.FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_files_are_found_by_name_however_deep(place):
    assert sources.find("top.csv") == place / "top.csv"
    assert sources.find("a.mat") == sources.find("er/a.mat") == place / "deep/er/a.mat"
    assert sources.find("a.mat", sha256(A).upper()) == place / "deep/er/a.mat"


@pytest.mark.parametrize("name", ["absent.csv", "deep/a.mat", "er", "*.csv", "op.csv"])
def test_what_is_not_there_must_be_downloaded(place, name):
    assert sources.find(name) is None


def test_without_a_folder_nothing_is_found(monkeypatch):
    monkeypatch.delenv(sources.FOLDER_VARIABLE, raising=False)
    assert sources.folder() is None
    assert sources.find("top.csv") is None


def test_a_folder_that_does_not_exist_is_refused(place, monkeypatch):
    monkeypatch.setenv(sources.FOLDER_VARIABLE, str(place / "absent"))
    with pytest.raises(InputError, match=r"MFVAE_DATA = .*absent': an existing folder is needed"):
        sources.find("top.csv")


def test_files_of_one_name_are_told_apart_by_content_or_path(place):
    with pytest.raises(InputError, match=r"x/twice\.npz, y/twice\.npz"):
        sources.find("twice.npz")
    assert sources.find("twice.npz", sha256(B)) == place / "y/twice.npz"
    assert sources.find("x/twice.npz") == place / "x/twice.npz"
    (place / "y/twice.npz").write_bytes(A)
    assert sources.find("twice.npz") == place / "x/twice.npz"


def test_another_content_is_refused(place):
    with pytest.raises(InputError, match=f"sha256 {sha256(B)} is needed, this content has {sha256(A)}"):
        sources.find("top.csv", sha256(B))


@pytest.mark.parametrize("name", ["", "/top.csv", "../top.csv"])
def test_only_names_of_files_are_looked_for(place, name):
    with pytest.raises(InputError, match="the name of a file"):
        sources.find(name)
