"""Compare metrics with their expected values, and raw data with its sum: a verdict for each."""

from pathlib import Path
from typing import Annotated

from mfvae.workflow.cli import Output, run, together
from mfvae.workflow.files.atomic import read_json, write_text
from mfvae.workflow.metrics import read_metrics
from mfvae.workflow.render import html as in_html
from mfvae.workflow.render import markdown
from mfvae.workflow.reproduce.against_expected import RawFile, compare, read_published, report_blocks
from mfvae.workflow.reproduce.expected import read_expected

TITLE = "Reproduction"


def main(
    metrics: Annotated[Path, "JSON list of metrics"],
    expected: Annotated[Path, "CSV: what metrics should be"],
    published: Annotated[Path, "JSON list: about, value, stderr, source"],
    html: Annotated[Output, "the same tables as a page"],
    output: Annotated[Output, "Markdown tables"],
    files: Annotated[list[Path] | None, "raw data, if any are used"] = None,
    sha256: Annotated[list[str] | None, "that they must have"] = None,
    left_out: Annotated[list[str] | None, "data sets of which nothing must be measured"] = None,
    part: Annotated[bool, "judge what was measured alone: not everything was run"] = False,
) -> None:
    known = read_published(str(published), read_json(published))
    ours, targets = read_metrics([metrics]), read_expected(expected)
    measured = {metric.key for metric in ours}
    targets = [  # a system that is left out can be among those whose growth with size is measured
        target
        for target in targets
        if target.key in measured or not (part or target.metric.dataset in (left_out or ()))
    ]
    comparisons = compare(ours, targets, known)
    raw = together(files=files or [], sha256=sha256 or [])
    blocks = report_blocks(comparisons, [RawFile.of(str(path), s) for path, s in raw])
    write_text(html, in_html(TITLE, blocks))
    write_text(output, f"# {TITLE}\n\n{markdown(blocks)}\n")


if __name__ == "__main__":
    run(main)
