"""Bringing the file of a data set: local copies, addresses, bad answers, and what a failure leaves."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mfvae.data.sources import sha256_of
from mfvae.errors import InputError
from mfvae.workflow.files.fetch import obtain
from tests.helpers.paths import LOCAL_FILE_VARIABLE

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "raw"


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def good(tmp_path) -> Path:
    (tmp_path / "good").write_bytes(CONTENT)
    return tmp_path / "good"


@pytest.fixture
def wrong(tmp_path) -> Path:
    (tmp_path / "wrong").write_bytes(CONTENT[:-1] + b"\x00")
    return tmp_path / "wrong"


@pytest.fixture
def serve(monkeypatch) -> Iterator[Callable[[bytes], str]]:
    """Start a server on 127.0.0.1 that answers one request with these bytes and hangs up: its URL."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers, threads = [], []

    def start(answer: bytes) -> str:
        server = socket.create_server(("127.0.0.1", 0))

        def answer_once() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        threads.append(threading.Thread(target=answer_once, daemon=True))
        threads[-1].start()
        servers.append(server)
        return f"http://127.0.0.1:{server.getsockname()[1]}/recording.mat"

    yield start
    for thread in threads:
        thread.join(timeout=10)
    for server in servers:
        server.close()
    assert not any(thread.is_alive() for thread in threads)  # every server was asked


def answer_with(body: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    header = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
    return header.encode() + body


BAD_ANSWERS = {
    "wrong content": answer_with(CONTENT[::-1]),
    "truncated": answer_with(CONTENT[:500], length=len(CONTENT)),
    "truncated in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2800\r\n"
    + CONTENT[:500],
    "not found": answer_with(b"gone", status="404 Not Found"),
    "no HTTP": b"hello\r\n\r\n",
    "nothing": b"",
}


def test_a_local_file_is_copied(good, folder):
    assert obtain("retina", str(good), [], SHA256, folder / "retina.mat") == str(good)
    assert (folder / "retina.mat").read_bytes() == CONTENT
    assert names_in(folder) == ["retina.mat"]


def test_a_wrong_local_file_is_refused_and_nothing_kept(good, wrong, folder):
    """Even where a URL would do: a named file is the only source."""
    with pytest.raises(InputError) as caught:
        obtain("retina", str(wrong), [good.as_uri()], SHA256, folder / "retina.mat")
    message = str(caught.value)
    assert message.startswith(f"datasets.retina.file = {str(wrong)!r}: ")
    assert SHA256 in message
    assert sha256_of(wrong) in message
    assert names_in(folder) == []


def test_a_missing_local_file_is_refused(tmp_path, folder):
    with pytest.raises(InputError, match=r"datasets\.retina\.file = .*absent"):
        obtain("retina", str(tmp_path / "absent"), [], SHA256, folder / "retina.mat")
    assert names_in(folder) == []


def test_the_first_url_that_works_is_taken(good, wrong, tmp_path, folder):
    urls = [(tmp_path / "absent").as_uri(), wrong.as_uri(), good.as_uri()]
    assert obtain("retina", None, urls, SHA256, folder / "retina.mat") == good.as_uri()
    assert (folder / "retina.mat").read_bytes() == CONTENT
    assert names_in(folder) == ["retina.mat"]


def test_a_server_that_answers_well_is_enough(serve, folder):
    url = serve(answer_with(CONTENT))
    assert obtain("retina", None, [url], SHA256, folder / "retina.mat") == url
    assert (folder / "retina.mat").read_bytes() == CONTENT


@pytest.mark.parametrize("fault", BAD_ANSWERS)
def test_a_bad_answer_only_moves_on_to_the_next_url(serve, good, folder, fault):
    url = serve(BAD_ANSWERS[fault])
    assert obtain("retina", None, [url, good.as_uri()], SHA256, folder / "retina.mat") == good.as_uri()
    assert (folder / "retina.mat").read_bytes() == CONTENT
    assert names_in(folder) == ["retina.mat"]


@pytest.mark.parametrize("fault", BAD_ANSWERS)
def test_bad_answers_alone_leave_nothing_and_say_how_to_supply(serve, folder, fault):
    url = serve(BAD_ANSWERS[fault])
    with pytest.raises(InputError) as caught:
        obtain("retina", None, [url], SHA256, folder / "retina.mat")
    message = str(caught.value)
    assert url in message
    assert LOCAL_FILE_VARIABLE in message
    assert "datasets.retina.file" in message
    assert "\n" not in message
    assert names_in(folder) == []


@pytest.mark.parametrize("url", ["/a/plain/path", "nowhere://host/file", "http://127.0.0.1:port/"])
def test_what_is_no_url_only_moves_on_to_the_next(good, folder, url):
    assert obtain("retina", None, [url, good.as_uri()], SHA256, folder / "retina.mat") == good.as_uri()


def test_without_any_source_the_message_says_how_to_supply(folder):
    with pytest.raises(InputError, match=LOCAL_FILE_VARIABLE) as caught:
        obtain("retina", None, [], SHA256, folder / "retina.mat")
    assert "no URL" in str(caught.value)
    assert names_in(folder) == []


def test_a_failed_attempt_keeps_the_file_that_is_there(good, wrong, folder):
    obtain("retina", str(good), [], SHA256, folder / "retina.mat")
    with pytest.raises(InputError):
        obtain("retina", None, [wrong.as_uri()], SHA256, folder / "retina.mat")
    assert (folder / "retina.mat").read_bytes() == CONTENT
    assert names_in(folder) == ["retina.mat"]
