"""Compare metrics with their expected values, and raw data with its sum: a verdict for each."""

from argparse import ArgumentParser

from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import read_json, write_text
from mfvae.workflow.metrics import read_metrics
from mfvae.workflow.render import html, markdown
from mfvae.workflow.reproduce.against_expected import RawFile, compare, read_published, report_blocks
from mfvae.workflow.reproduce.expected import read_expected

TITLE = "Reproduction"


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", required=True, help="JSON list of metrics")
    parser.add_argument("--expected", required=True, help="CSV: what metrics should be")
    parser.add_argument("--published", required=True, help="JSON list: about, value, stderr, source")
    parser.add_argument("--recording", required=True, help="file of raw data")
    parser.add_argument("--sha256", required=True, help="that it must have")
    parser.add_argument("--html", required=True, help="the same tables as a page")
    parser.add_argument("--output", required=True, help="Markdown tables")
    arguments = parser.parse_args()
    published = read_published(arguments.published, read_json(arguments.published))
    expected = read_expected(arguments.expected)
    comparisons = compare(read_metrics([arguments.metrics]), expected, published)
    blocks = report_blocks(comparisons, [RawFile.of(arguments.recording, arguments.sha256)])
    write_text(arguments.html, html(TITLE, blocks))
    write_text(arguments.output, f"# {TITLE}\n\n{markdown(blocks)}\n")


run(main)
