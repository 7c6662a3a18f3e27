"""A recording that comes damaged, another one, or none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mfvae.data.sources import sha256_of
from tests.helpers.checkout import Checkout
from tests.helpers.faults import assert_failed

pytestmark = pytest.mark.workflow
FILE = "bint_fishmovie32_100.mat"
RECORDING = f"results/raw/retina/{FILE}"
NO_COPY = {"MFVAE_RETINA_FILE": "", "MFVAE_DATA": ""}


@pytest.fixture
def server(checkout: Checkout) -> Iterator[str]:
    """On this machine: half of the recording, then none; the recording with one bit changed; itself."""
    whole = checkout.recording.read_bytes()
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 0x10
    bodies = {"half": whole[: len(whole) // 2], "changed": bytes(changed), "whole": whole}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(bodies[self.path.split("/")[1]])

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


def test_half_a_download_and_another_content_are_never_kept(checkout: Checkout, server: str) -> None:
    def run(*names: str):
        urls = ", ".join(f"{server}/{name}/{FILE}" for name in names)
        overlay = checkout.overlay(f"datasets: {{retina: {{source: {{urls: [{urls}]}}}}}}")
        return checkout.snakemake(
            overlay, "--cores", "1", "--", RECORDING, no_proxy="127.0.0.1", **NO_COPY
        )

    failed = run("half", "changed")
    assert failed.returncode != 0
    said = "error: datasets.retina = None: not to be had"
    assert_failed(failed.stdout, said, f"{server}/half", f"{server}/changed", "MFVAE_RETINA_FILE")
    assert list(checkout.results.glob("raw/retina/*")) == []
    assert run("half", "changed", "whole").returncode == 0
    assert sha256_of(checkout.folder / RECORDING) == sha256_of(checkout.recording)
    assert [path.name for path in (checkout.folder / RECORDING).parent.iterdir()] == [
        Path(RECORDING).name
    ]


def test_without_recording_others_are_made_and_one_sentence_says_how(checkout: Checkout) -> None:
    """One figure and one model are asked for; the first needs the recording."""
    overlay = checkout.overlay("datasets: {retina: {source: {urls: ['file:///nowhere/bint.mat']}}}")
    targets = [
        "results/figures/retina/pair_correlations.pdf",
        "results/capacity/ising_2d/L~4/T~2.0/d1.json",
    ]
    run = checkout.snakemake(overlay, "--", *targets, **NO_COPY)
    assert run.returncode != 0
    (sentence,) = [line for line in run.stdout.splitlines() if "MFVAE_RETINA_FILE" in line]
    assert sentence.startswith("  error: datasets.retina = None: not to be had")
    assert "Everything that does not need what failed was made" in run.stdout
    assert [(checkout.folder / target).exists() for target in targets] == [False, True]
    assert not (checkout.folder / RECORDING).exists()
