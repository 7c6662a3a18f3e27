"""Bring the recording: from a local copy, else by download; only the right content is kept."""

import os
from argparse import ArgumentParser

from mfvae.workflow.cli import run
from mfvae.workflow.files.fetch import LOCAL_FILE_VARIABLE, obtain


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--file", help=f"local copy; {LOCAL_FILE_VARIABLE} takes precedence")
    parser.add_argument("--urls", nargs="*", default=[], help="tried in turn without a local copy")
    parser.add_argument("--sha256", required=True, help="that the file must have")
    parser.add_argument("--output", required=True, help="the MATLAB file")
    arguments = parser.parse_args()
    local = os.environ.get(LOCAL_FILE_VARIABLE) or arguments.file
    source = obtain(local, arguments.urls, arguments.sha256, arguments.output)
    print(f"recording from {source}")


run(main)
