"""A courier process to be killed: `python -m tests.courier.postman DATABASE_URL FOLDER AHEAD [DEADLY]`.

AHEAD: seconds by which its clock is ahead, so that leases of a killed one have run out.
DEADLY: after writing this many mails it dies by SIGKILL, between the sending and the mark; below zero: after so many it does no more.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from idp import courier
from idp.adapters.mail_folder import FolderMail
from idp.adapters.sms_folder import FolderSms
from idp.ports import Sent
from idp.tables.database import Database
from tests.courier.house import house


class SlowMail(FolderMail):
    """Takes a few milliseconds, as mail servers do."""

    left, what = 0, signal.SIGKILL

    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        time.sleep(0.004)
        sent = super().send(to, subject, body, idempotency_key)
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), self.what)
        time.sleep(0.004)
        return sent


def main(url: str, folder: Path, ahead: float, deadly: int) -> None:
    """Deliver until SIGTERM or SIGKILL."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    mail = SlowMail(str(folder / "mail"), "no-reply@id.example.jp")
    mail.left, mail.what = abs(deadly), signal.SIGKILL if deadly > 0 else signal.SIGSTOP
    deps = house(Database(url), folder, lambda: time.time() + ahead)
    courier.run(deps, mail, FolderSms(str(folder / "sms")), stop)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int((sys.argv[4:] or ["0"])[0]))
