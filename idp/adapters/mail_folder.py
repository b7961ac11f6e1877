"""Mail as .eml files in a folder, for trials and tests."""

import time
from pathlib import Path
from typing import Callable

from idp.adapters import folder, mail_message
from idp.ports import Sent


class FolderMail:
    """`Mail` into `directory`: one file per mail, as a mail server would get it."""

    def __init__(self, directory: str, sender: str, clock: Callable[[], float] = time.time):
        self._directory, self._sender, self._clock = Path(directory), sender, clock

    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        """See `idp.ports.Mail`."""
        now = self._clock()
        try:
            message = mail_message.build(self._sender, to, subject, body, idempotency_key, now)
        except ValueError as error:
            return Sent("rejected", reason=str(error))
        folder.drop(self._directory, now, idempotency_key, ".eml", message.as_bytes())
        return Sent("accepted", message["Message-ID"])

    def ping(self) -> None:
        """See `idp.ports.Mail`."""
        folder.ping(self._directory)
