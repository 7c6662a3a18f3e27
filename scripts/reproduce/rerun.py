"""Do one job of every script once more and compare its tables with those of the run, value by value."""

from pathlib import Path
from typing import Annotated

from mfvae.workflow.cli import Output, run
from mfvae.workflow.files.atomic import write_text
from mfvae.workflow.render import Table, markdown
from mfvae.workflow.render import html as in_html
from mfvae.workflow.reproduce.rerun import recorded, repeat, smallest

TITLE = "Repetition"
ROOT = Path(__file__).parents[2]


def main(
    tables: Annotated[list[Path], "last ones of a run"],
    html: Annotated[Output, "the same table as a page"],
    output: Annotated[Output, "Markdown table"],
) -> None:
    rows = []
    for job in smallest(recorded(tables)):
        repetition = repeat(job, ROOT)
        written = ", ".join(map(str, job.outputs))
        rows.append((job.script, written, repetition.verdict, repetition.found or ""))
        print(*rows[-1], sep="  ", flush=True)
    blocks = [Table(("script", "tables written again", "verdict", "difference"), rows)]
    write_text(html, in_html(TITLE, blocks))
    write_text(output, f"# {TITLE}\n\n{markdown(blocks)}\n")


if __name__ == "__main__":
    run(main)
