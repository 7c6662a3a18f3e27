"""Compare metrics with their expected values, and raw data with its sum: a verdict for every name."""

from pathlib import Path
from typing import Annotated

from mfvae.workflow.cli import Output, run
from mfvae.workflow.files.atomic import read_json, write_text
from mfvae.workflow.metrics import read_metrics
from mfvae.workflow.render import html as in_html
from mfvae.workflow.render import markdown
from mfvae.workflow.reproduce.against_expected import RawFile, compare, read_published, report_blocks
from mfvae.workflow.reproduce.changelog import check_expected

TITLE = "Reproduction"


def main(
    metrics: Annotated[Path, "JSON list of metrics"],
    expected: Annotated[Path, "JSON: name → value, tolerance, reason"],
    published: Annotated[Path, "JSON list: match, value, stderr, source"],
    recording: Annotated[Path, "file of raw data"],
    sha256: Annotated[str, "that it must have"],
    html: Annotated[Output, "the same tables as a page"],
    output: Annotated[Output, "Markdown tables"],
) -> None:
    known = read_published(str(published), read_json(published))
    wanted = check_expected(str(expected), read_json(expected))
    comparisons = compare(read_metrics([metrics]), wanted, known)
    blocks = report_blocks(comparisons, [RawFile.of(str(recording), sha256)])
    write_text(html, in_html(TITLE, blocks))
    write_text(output, f"# {TITLE}\n\n{markdown(blocks)}\n")


if __name__ == "__main__":
    run(main)
