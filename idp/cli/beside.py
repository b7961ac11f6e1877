"""The courier as a process beside the workers, kept alive by gunicorn's own loop.

Not by a thread: a worker that gunicorn forks while a thread is starting a process holds the pipe over which that thread hears that
the process has started, and it would wait until that worker ends.
"""

import subprocess
import time
from typing import Any, Sequence

import structlog
from gunicorn.arbiter import Arbiter

log = structlog.get_logger("idp.serve")
PAUSE = 2.0  # seconds between two starts at least
STOP_SECONDS = 10


class Beside:
    """One process by its `command`; started again if it ends by itself."""

    def __init__(self, command: Sequence[str]):
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._next = 0.0

    def look(self) -> None:
        """Start it if it does not run, and has not been started just now."""
        if self._process and self._process.poll() is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PAUSE
        try:
            self._process = subprocess.Popen(self._command, start_new_session=True)
        except OSError as error:
            log.error("the courier cannot be started", reason=str(error), again_in=PAUSE)

    def stop(self) -> None:
        """Tell it to stop, and wait until it has."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()


class Master(Arbiter):
    """gunicorn's master, which looks after the courier, too."""

    def __init__(self, app: Any, helper: Beside | None):
        super().__init__(app)
        self._helper = helper

    def manage_workers(self) -> None:
        """Called by gunicorn about once a second, and when a child has ended."""
        super().manage_workers()
        if self._helper:
            self._helper.look()
