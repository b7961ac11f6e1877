"""SMS as .txt files in a folder, for trials and tests."""

import time
from pathlib import Path
from typing import Callable

from idp.adapters import folder
from idp.adapters.sms_number import in_form
from idp.ports import Sent


class FolderSms:
    """`Sms` into `directory`: one UTF-8 file per message, first line `To: +81…`, then an empty line, then the body."""

    def __init__(self, directory: str, clock: Callable[[], float] = time.time):
        self._directory, self._clock = Path(directory), clock

    def send(self, to_e164: str, body: str, expires_at: int, idempotency_key: str) -> Sent:
        """See `idp.ports.Sms`."""
        try:
            number = in_form(to_e164, "e164")
        except ValueError as error:
            return Sent("rejected", reason=str(error))
        content = f"To: {number}\n\n{body}".encode("utf-8", "replace")
        return Sent("accepted", folder.drop(self._directory, self._clock(), idempotency_key, ".txt", content))

    def ping(self) -> None:
        """See `idp.ports.Sms`."""
        folder.ping(self._directory)
