"""Bring the recording: from a local copy, else by download; only the right content is kept."""

import os
from typing import Annotated

from mfvae.workflow.cli import Output, run
from mfvae.workflow.files.fetch import LOCAL_FILE_VARIABLE, obtain


def main(
    sha256: Annotated[str, "that the file must have"],
    output: Annotated[Output, "the MATLAB file"],
    file: Annotated[str | None, f"local copy; {LOCAL_FILE_VARIABLE} takes precedence"] = None,
    urls: Annotated[tuple[str, ...], "tried in turn without a local copy"] = (),
) -> None:
    local = os.environ.get(LOCAL_FILE_VARIABLE) or file
    source = obtain(local, urls, sha256, output)
    print(f"recording from {source}")


if __name__ == "__main__":
    run(main)
