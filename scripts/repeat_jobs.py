"""Do one job of every script once more and compare its tables with those of the run, value by value."""

from argparse import ArgumentParser
from pathlib import Path

from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import write_text
from mfvae.workflow.render import Table, html, markdown
from mfvae.workflow.reproduce.rerun import recorded, repeat, smallest

TITLE = "Repetition"
ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, nargs="+", required=True, help="last ones of a run")
    parser.add_argument("--html", required=True, help="the same table as a page")
    parser.add_argument("--output", required=True, help="Markdown table")
    arguments = parser.parse_args()
    rows = []
    for job in smallest(recorded(arguments.tables)):
        repetition = repeat(job, ROOT)
        written = ", ".join(map(str, job.outputs))
        rows.append((job.script, written, repetition.verdict, repetition.found or ""))
        print(*rows[-1], sep="  ", flush=True)
    blocks = [Table(("script", "tables written again", "verdict", "difference"), rows)]
    write_text(arguments.html, html(TITLE, blocks))
    write_text(arguments.output, f"# {TITLE}\n\n{markdown(blocks)}\n")


run(main)
