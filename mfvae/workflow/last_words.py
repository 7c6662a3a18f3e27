"""What a job that failed said last, found in its log."""

from __future__ import annotations

import re

TRACEBACK = "Traceback (most recent call last):"
# error: …, prog.py: error: …, MemoryError, numpy.linalg.LinAlgError: …, and what shells say of signals
FAILURE = re.compile(
    r"([\w.-]+: )?(fatal )?error: "
    r"|([A-Za-z_]\w*\.)*\w*(Error|Exception|Interrupt|Diverged)\b"
    r"|(.*\s)?(Killed|Terminated|Aborted|Segmentation fault|Bus error)\b"
)


def last_word(log: str) -> str:
    """The line of a log that says what went wrong.

    Of the last traceback that is its exception, whatever its name; else the last line that looks like an
    error. A log without either ends with the process: killed, as a system that is out of memory does.
    """
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    if TRACEBACK in lines:
        after = lines[len(lines) - lines[::-1].index(TRACEBACK) :]
        raised = [line for line in after if not line[0].isspace()]
        if raised:
            return raised[0]
    if failures := [line for line in lines if FAILURE.match(line)]:
        return failures[-1]
    said = f"; its last line: {lines[-1].strip()}" if lines else ""
    return f"ended without a message, as when killed, for want of memory for example{said}"
