"""A run that is interrupted (Ctrl-C) ends in a few lines, not in a traceback of what it was doing."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from types import FrameType

STATUS = 128 + signal.SIGINT  # what shells call a process that ended so


class Interruption:
    """Answers SIGINT: stops what runs, silences what the interruption sets off, says ``lines`` last.

    The workflow engine is left by the usual KeyboardInterrupt. Wherever that strikes, what is raised and
    logged from then on is its consequence; it is kept in log files and not shown. A second SIGINT does
    not wait for the engine.

    Parameters
    ----------
    logger : logging.Logger
        The engine's, of which handlers that write to no file fall silent.
    lines : sequence of str
        What is said at the very end, to stderr.
    stop : callable
        Ends the processes that are at work.
    """

    def __init__(self, logger: logging.Logger, lines: list[str], stop: Callable[[], None]) -> None:
        self.logger, self.lines, self.stop = logger, lines, stop
        self.happened = False

    def watch(self) -> None:
        """From now on. Without effect beside the main thread, which alone is told of signals."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._interrupt)

    def say(self) -> None:
        print("", *self.lines, sep="\n", file=sys.stderr, flush=True)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        again, self.happened = self.happened, True
        if not again:
            self._silence()
            atexit.register(self.say)
        self.stop()
        if again:
            self.say()
            os._exit(STATUS)
        raise KeyboardInterrupt

    def _silence(self) -> None:
        for handler in self.logger.handlers:
            if not isinstance(handler, logging.FileHandler):
                handler.addFilter(lambda record: False)
        logging.getLogger("asyncio").disabled = True  # of tasks that are given up
        warnings.simplefilter("ignore")
        sys.excepthook = lambda *raised: None
        sys.unraisablehook = lambda raised: None
        threading.excepthook = lambda raised: None
