"""A kept connection that a busy machine cannot break."""

import time
from typing import Any

import requests

IDLE = 3.0  # seconds; the server closes what has been idle for five


class Connection(requests.Session):
    """Begins anew after a while without a request: one that is sent in the very moment in which the server closes is lost."""

    _used = 0.0

    def request(self, *args: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        """As in the parent."""
        if time.monotonic() - self._used > IDLE:
            self.close()
        try:
            return super().request(*args, **options)
        finally:
            self._used = time.monotonic()
