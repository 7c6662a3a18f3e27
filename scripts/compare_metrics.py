"""Compare metrics with their expected values, and raw data with its sum: a verdict for every name."""

from argparse import ArgumentParser

from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import read_json, write_text
from mfvae.workflow.metrics import read_metrics
from mfvae.workflow.render import html, markdown
from mfvae.workflow.reproduce.against_expected import RawFile, compare, read_published, report_blocks
from mfvae.workflow.reproduce.changelog import check_expected

TITLE = "Reproduction"


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", required=True, help="JSON list of metrics")
    parser.add_argument("--expected", required=True, help="JSON: name → value, tolerance, reason")
    parser.add_argument("--published", required=True, help="JSON list: match, value, stderr, source")
    parser.add_argument("--recording", nargs="*", default=[], help="file of raw data, if any is used")
    parser.add_argument("--sha256", required=True, help="that it must have")
    parser.add_argument(
        "--part", action="store_true", help="judge what was measured alone: not everything was run"
    )
    parser.add_argument("--html", required=True, help="the same tables as a page")
    parser.add_argument("--output", required=True, help="Markdown tables")
    arguments = parser.parse_args()
    published = read_published(arguments.published, read_json(arguments.published))
    expected = check_expected(arguments.expected, read_json(arguments.expected))
    metrics = read_metrics([arguments.metrics])
    if arguments.part:
        measured = {metric.name for metric in metrics}
        expected = {name: target for name, target in expected.items() if name in measured}
    comparisons = compare(metrics, expected, published)
    raw = [RawFile.of(path, arguments.sha256) for path in arguments.recording]
    blocks = report_blocks(comparisons, raw)
    write_text(arguments.html, html(TITLE, blocks))
    write_text(arguments.output, f"# {TITLE}\n\n{markdown(blocks)}\n")


run(main)
