"""Reference of the command line: what ``mfvae --help`` and the help of every command print."""

from __future__ import annotations

import os
from argparse import ArgumentParser, _SubParsersAction
from contextlib import contextmanager

from mfvae.analysis.command import parser

WIDTH = 100  # of the printed help, in columns
EXIT_CODES = """\
| exit code | meaning |
|---|---|
| 0 | The command did what it was asked to do. |
| 1 | The input cannot be used; one line on the error stream says why. |
| 2 | The command line itself is wrong. |
| 130 | The command was interrupted with Ctrl-C. |
| 141 | The program that read the output stopped reading, as `head` does. |
"""


def page() -> str:
    """Markdown with the help of all commands."""
    lines = ["# Command line", "", "`pip install .` installs one command, `mfvae`.", ""]
    lines += ["```text", help_of(parser()), "```", ""]
    for name, command in commands().items():
        lines += [f"## mfvae {name}", "", "```text", help_of(command), "```", ""]
    return "\n".join([*lines, "## Exit codes", "", EXIT_CODES])


def commands() -> dict[str, ArgumentParser]:
    """Name and parser of every command."""
    whole = parser()
    (action,) = (one for one in whole._actions if isinstance(one, _SubParsersAction))
    return dict(action.choices)


def help_of(one: ArgumentParser) -> str:
    """The help of a parser, as wide on every machine."""
    with _columns(WIDTH):
        return one.format_help().strip()


@contextmanager
def _columns(width: int):
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(width)
    try:
        yield
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
