"""What an installation of the tests has sent: its folders of mail and SMS."""

import re
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

from tests.services import START_SECONDS

CODE = r"(?<![0-9A-Za-z])[0-9]{6}(?![0-9A-Za-z])"  # which six digits in a link's token are not


class Outgoing:
    """`folder`: where the installation keeps its files."""

    folder: Path

    def mails(self, to: str) -> list[EmailMessage]:
        """Every mail sent to this address so far, the oldest first."""
        read = (cast(EmailMessage, message_from_bytes(file.read_bytes(), policy=default)) for file in sorted((self.folder / "var/mail").glob("*.eml")))
        return [mail for mail in read if mail["To"] == to]

    def short_messages(self, to: str) -> list[str]:
        """Every SMS sent to this number (E.164) so far, the oldest first."""
        read = (file.read_text() for file in sorted((self.folder / "var/sms").glob("*.txt")))
        return [text.partition("\n\n")[2] for text in read if text.startswith(f"To: {to}\n")]

    def wait_for_code(self, to: str, count: int = 1, seconds: float = START_SECONDS) -> str:
        """The newest code sent to an address or number, once `count` letters with one have come."""
        end = time.monotonic() + seconds
        while True:
            late = time.monotonic() > end
            said = self.short_messages(to) if to.startswith("+") else [str(mail["Subject"]) for mail in self.mails(to)]
            codes = [found[-1] for one in said if (found := re.findall(CODE, one))]
            if len(codes) >= count:
                return codes[-1]
            assert not late, f"{len(codes)} codes instead of {count} to {to}"
            time.sleep(0.05)

    def wait_for_mails(self, to: str, count: int, seconds: float = START_SECONDS) -> list[EmailMessage]:
        """Every mail to this address, once there are `count`; fails if they do not come."""
        end = time.monotonic() + seconds
        while len(found := self.mails(to)) < count:
            assert time.monotonic() < end, f"{len(found)} mails instead of {count} to {to}"
            time.sleep(0.05)
        return found
