"""Bring the file of a data set: from a local copy, else by download; only the right content is kept."""

from typing import Annotated

from mfvae.workflow.cli import Output, System, run
from mfvae.workflow.files.fetch import obtain


def main(
    system: System,
    output: Annotated[Output, "the file"],
    sha256: Annotated[str | None, "that the file must have"] = None,
    file: Annotated[str | None, "local copy"] = None,
    urls: Annotated[tuple[str, ...], "tried in turn without a local copy"] = (),
) -> None:
    print(f"{output} from {obtain(system, file, urls, sha256, output)}")


if __name__ == "__main__":
    run(main)
