"""Progress of long work: a bar for a person, lines for a log."""

from __future__ import annotations

import sys
import time

from tqdm import tqdm

LOG_EVERY_S = 10.0  # between progress lines when nobody watches


class Progress:
    """A bar with loss and time left for a person; a line every so often for a log."""

    def __init__(self, total: int, interactive: bool | None = None) -> None:
        watched = sys.stderr.isatty() if interactive is None else interactive
        self.bar = tqdm(total=total, unit="step", disable=not watched)
        self.watched, self.total, self.start = watched, total, time.monotonic()
        self.last = self.start

    def update(self, step: int, message: str) -> None:
        """Report that ``step`` (1-based) is done."""
        if self.watched:
            self.bar.set_postfix_str(message, refresh=False)
            self.bar.update(1)
            return
        now = time.monotonic()
        if now - self.last >= LOG_EVERY_S or step == self.total:
            left = (now - self.start) * (self.total - step) / step
            print(f"step {step}/{self.total}, {message}, {left:.0f} s left", file=sys.stderr, flush=True)
            self.last = now

    def close(self) -> None:
        self.bar.close()
