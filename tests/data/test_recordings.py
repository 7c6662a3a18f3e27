"""The recording: its published facts, its split by repeats, damaged files, and how it is obtained."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from mfvae.data.holdout import is_test_repeat
from mfvae.data.readers import Recording
from mfvae.errors import InputError
from mfvae.population.words import (
    coincidence_by_repeat,
    count_distribution,
    pairwise_correlations,
    spike_probabilities,
    word_counts,
)
from mfvae.workflow.files.fetch import (
    check_local_file,
    obtain,
    read_recording,
    sha256_of,
)
from tests.helpers.paths import LOCAL_FILE_VARIABLE
from tests.helpers.statistics import assert_within_floor


# -- facts: every reference is right to its last printed digit ---------------------------------------
@pytest.fixture(scope="module")
def facts(exact_values) -> dict:
    return exact_values["retina"]


def test_the_file_is_the_published_one(recording_file, facts):
    assert recording_file.stat().st_size == facts["size_bytes"]
    assert sha256_of(recording_file) == facts["sha256"]
    check_local_file("file", recording_file, facts["sha256"])


def test_its_shape_and_number_of_spikes(recording, facts):
    assert list(recording.spikes.shape) == facts["repeats, neurons, bins"]
    assert recording.spikes.dtype == np.uint8
    assert int(recording.spikes.sum(dtype=np.int64)) == facts["ones"]


def test_the_mean_rate(all_words, facts):
    assert spike_probabilities(all_words).mean() == pytest.approx(facts["mean_p_per_bin"], abs=0.5e-6)


def test_the_distribution_of_spike_counts(all_words, facts):
    distribution = count_distribution(all_words)
    assert distribution[0] == pytest.approx(facts["P(K=0)"], abs=0.5e-5)
    np.testing.assert_allclose(distribution[:6], facts["P(K=0..5)"], rtol=0, atol=0.5e-5)
    assert distribution.sum() == pytest.approx(1, abs=1e-12)


def test_the_pairwise_correlations(all_words, facts):
    correlations = pairwise_correlations(all_words)
    assert len(correlations) == 160 * 159 // 2
    assert correlations.mean() == pytest.approx(facts["mean_pairwise_correlation"], abs=0.5e-4)
    assert correlations.std() == pytest.approx(facts["sd_pairwise_correlation"], abs=0.5e-4)


def test_the_distinct_words_and_their_coincidences(all_words, facts):
    counts = word_counts(all_words)
    assert len(counts) == facts["distinct_words"]
    assert counts.sum() == len(all_words)
    reference = facts["word_coincidence_probability"]
    halves = np.arange(len(all_words)) % 2  # the error from them is not asked for
    (found,), _ = coincidence_by_repeat(all_words, halves)
    assert found == pytest.approx(reference, abs=0.5e-4)


def silence(spikes: np.ndarray) -> float:
    return float((spikes.sum(1) == 0).mean())


def test_the_published_silences_with_and_without_shuffled_repeats(recording, facts):
    """P(K=0) as published, and with the repeats of every neuron and bin shuffled independently."""
    assert_within_floor(silence(recording.spikes), *facts["P(K=0) published"])
    shuffled = np.random.default_rng(0).permuted(recording.spikes, axis=0)
    assert_within_floor(silence(shuffled), *facts["P(K=0) trial-shuffled, published"])


def test_twin_silences_of_the_other_kind_are_caught(recording, facts):
    with pytest.raises(AssertionError, match="floors"):
        assert_within_floor(silence(recording.spikes), *facts["P(K=0) trial-shuffled, published"])


# -- words and the split by repeats -------------------------------------------------------------------
def numbered_recording(repeats: int = 297, bins: int = 4) -> Recording:
    """A recording whose every word spells its repeat (nine neurons) and its bin (three), in binary."""
    repeat, bit, time = np.ogrid[:repeats, :12, :bins]
    return Recording((np.where(bit < 9, repeat >> bit, time >> (bit - 9).clip(0)) & 1).astype(np.uint8))


def spelled(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(repeat, bin) of every word of ``numbered_recording``."""
    bits = words > 0
    return bits[:, :9] @ (1 << np.arange(9)), bits[:, 9:] @ (1 << np.arange(3))


def test_words_are_bins_repeat_after_repeat():
    recording = numbered_recording()
    words = recording.words(np.array([7, 200, 3]))
    assert words.dtype == np.int8
    assert set(np.unique(words)) == {-1, 1}
    repeat, time = spelled(words)
    np.testing.assert_array_equal(repeat, np.repeat([7, 200, 3], 4))
    np.testing.assert_array_equal(time, np.tile(np.arange(4), 3))


def test_held_out_repeats_are_every_tenth():
    repeats = np.arange(297)
    np.testing.assert_array_equal(repeats[is_test_repeat(repeats)], range(0, 297, 10))


def test_no_held_out_word_comes_from_a_training_repeat():
    recording, repeats = numbered_recording(), np.arange(297)
    held_out = is_test_repeat(repeats)
    test, _ = spelled(recording.words(repeats[held_out]))
    train, _ = spelled(recording.words(repeats[~held_out]))
    assert set(test) == set(range(0, 297, 10))
    assert set(train) == set(range(297)) - set(test)
    assert len(test) + len(train) == 297 * 4


def test_words_of_the_recording_are_its_spikes(recording):
    rng = np.random.default_rng(1)
    repeats = rng.permutation(297)[:20]
    words = recording.words(repeats)
    bins = recording.spikes.shape[2]
    for row, time in zip(rng.integers(20, size=200), rng.integers(bins, size=200), strict=True):
        expected = 2 * recording.spikes[repeats[row], :, time].astype(int) - 1
        np.testing.assert_array_equal(words[row * bins + time], expected)


# -- damaged and other files --------------------------------------------------------------------------
GOOD = np.random.default_rng(0).integers(2, size=(5, 6, 7)).astype(np.uint8)


def assert_refused(path: str | Path, *words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_recording(path)
    message = str(caught.value)
    assert message.startswith(f"file = {str(path)!r}: ")
    assert "\n" not in message
    assert all(word in message for word in words), message


@pytest.mark.parametrize("compressed", [True, False])
def test_a_small_recording_is_read(tmp_path, compressed):
    savemat(tmp_path / "small.mat", {"bint": GOOD}, do_compression=compressed)
    recording = read_recording(tmp_path / "small.mat")
    np.testing.assert_array_equal(recording.spikes, GOOD)
    assert recording.n_neurons == 6


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.8, 0.98])
def test_a_truncated_file_is_refused(tmp_path, kept, compressed):
    path = tmp_path / "truncated.mat"
    savemat(path, {"bint": GOOD}, do_compression=compressed)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    assert_refused(path)


def test_the_recording_itself_truncated_is_refused(tmp_path, recording_file):
    path = tmp_path / "truncated.mat"
    path.write_bytes(recording_file.read_bytes()[:700_000])
    assert_refused(path, "whole MATLAB file")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ({"spikes": GOOD}, "'bint'"),
        ({"bint": GOOD[0]}, "(6, 7)"),
        ({"bint": GOOD[None]}, "(1, 5, 6, 7)"),
        ({"bint": GOOD * 2}, "0 and 1"),
        ({"bint": GOOD - 0.5}, "0 and 1"),
        ({"bint": np.where(GOOD, np.nan, 0.0)}, "0 and 1"),
        ({"bint": {"nested": GOOD}}, "repeats × neurons × bins"),
    ],
)
def test_another_content_is_refused(tmp_path, content, word):
    savemat(tmp_path / "other.mat", content)
    assert_refused(tmp_path / "other.mat", word)


def test_what_is_no_matlab_file_is_refused(tmp_path):
    path = tmp_path / "other.mat"
    assert_refused(path)
    path.write_bytes(b"<html>not found</html>" * 100)
    assert_refused(path)
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\x89HDF".ljust(400))
    assert_refused(path, "v7.3", "-v7")


def test_no_other_file_is_read_in_place_of_a_missing_one(tmp_path):
    savemat(tmp_path / "recording.mat", {"bint": GOOD})
    assert_refused(tmp_path / "recording")
    assert_refused(str(tmp_path / "recording"))


# -- obtaining ----------------------------------------------------------------------------------------
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
    assert obtain(str(good), [], SHA256, folder / "retina.mat") == str(good)
    assert (folder / "retina.mat").read_bytes() == CONTENT
    assert names_in(folder) == ["retina.mat"]


def test_a_wrong_local_file_is_refused_and_nothing_kept(good, wrong, folder):
    """Even where a URL would do: a named file is the only source."""
    with pytest.raises(InputError) as caught:
        obtain(str(wrong), [good.as_uri()], SHA256, folder / "retina.mat")
    message = str(caught.value)
    assert message.startswith(f"datasets.retina.file = {str(wrong)!r}: ")
    assert SHA256 in message
    assert sha256_of(wrong) in message
    assert names_in(folder) == []


def test_a_missing_local_file_is_refused(tmp_path, folder):
    with pytest.raises(InputError, match=r"recording\.file = .*absent"):
        obtain(str(tmp_path / "absent"), [], SHA256, folder / "retina.mat")
    assert names_in(folder) == []


def test_the_first_url_that_works_is_taken(good, wrong, tmp_path, folder):
    urls = [(tmp_path / "absent").as_uri(), wrong.as_uri(), good.as_uri()]
    assert obtain(None, urls, SHA256, folder / "retina.mat") == good.as_uri()
    assert (folder / "retina.mat").read_bytes() == CONTENT
    assert names_in(folder) == ["retina.mat"]


def test_a_server_that_answers_well_is_enough(serve, folder):
    url = serve(answer_with(CONTENT))
    assert obtain(None, [url], SHA256, folder / "retina.mat") == url
    assert (folder / "retina.mat").read_bytes() == CONTENT


@pytest.mark.parametrize("fault", BAD_ANSWERS)
def test_a_bad_answer_only_moves_on_to_the_next_url(serve, good, folder, fault):
    url = serve(BAD_ANSWERS[fault])
    assert obtain(None, [url, good.as_uri()], SHA256, folder / "retina.mat") == good.as_uri()
    assert (folder / "retina.mat").read_bytes() == CONTENT
    assert names_in(folder) == ["retina.mat"]


@pytest.mark.parametrize("fault", BAD_ANSWERS)
def test_bad_answers_alone_leave_nothing_and_say_how_to_supply(serve, folder, fault):
    url = serve(BAD_ANSWERS[fault])
    with pytest.raises(InputError) as caught:
        obtain(None, [url], SHA256, folder / "retina.mat")
    message = str(caught.value)
    assert url in message
    assert LOCAL_FILE_VARIABLE in message
    assert "datasets.retina.file" in message
    assert "10.15479/AT:ISTA:61" in message
    assert "\n" not in message
    assert names_in(folder) == []


@pytest.mark.parametrize("url", ["/a/plain/path", "nowhere://host/file", "http://127.0.0.1:port/"])
def test_what_is_no_url_only_moves_on_to_the_next(good, folder, url):
    assert obtain(None, [url, good.as_uri()], SHA256, folder / "retina.mat") == good.as_uri()


def test_without_any_source_the_message_says_how_to_supply(folder):
    with pytest.raises(InputError, match=LOCAL_FILE_VARIABLE) as caught:
        obtain(None, [], SHA256, folder / "retina.mat")
    assert "no URL" in str(caught.value)
    assert names_in(folder) == []


def test_a_failed_attempt_keeps_the_file_that_is_there(good, wrong, folder):
    obtain(str(good), [], SHA256, folder / "retina.mat")
    with pytest.raises(InputError):
        obtain(None, [wrong.as_uri()], SHA256, folder / "retina.mat")
    assert (folder / "retina.mat").read_bytes() == CONTENT
    assert names_in(folder) == ["retina.mat"]
