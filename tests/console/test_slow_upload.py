"""A file that takes longer to send than any form may is still taken, from somebody who may send it."""

import time

from idp.web import doors, upload
from tests.console.conftest import Built
from tests.console.people import Colleague
from tests.running import Idp, attributes

CSV = "お客様番号,氏名カナ\n1234567,ヤマダ ハナコ\n".encode()


def test_the_server_waits_where_files_are_taken_and_nowhere_else(built: Built) -> None:
    taken = {rule.rule for rule in built.pages.url_map.iter_rules() if getattr(built.pages.view_functions[rule.endpoint], "door", "") == doors.UPLOAD}
    assert taken == upload.PATHS


class Dripping:
    """A body that comes a few bytes at a time, over so many seconds."""

    def __init__(self, body: bytes, seconds: float):
        self._body, self._at, self._pause = body, 0, seconds * 32 / len(body)

    def __len__(self) -> int:
        return len(self._body)

    def read(self, _size: int = -1) -> bytes:
        """The next few."""
        time.sleep(self._pause)
        self._at += 32
        return self._body[self._at - 32 : self._at]


def test_a_slow_line_brings_the_whole_file(idp: Idp) -> None:
    colleague = Colleague(idp, "supervisor")
    page = colleague.go("/console/contracts/new")
    form = next(attributes(tag) for tag in page.text.split("<") if tag.startswith("form") and "proof" in tag)
    body = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"c.csv\"\r\nContent-Type: text/csv\r\n\r\n" + CSV + b"\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Origin": idp.issuer, "Sec-Fetch-Site": "same-origin"}
    answer = colleague.browser.post(idp.issuer + form["action"], data=Dripping(body, 7.0), headers=headers, allow_redirects=False, timeout=60)
    assert answer.status_code == 303 and answer.headers["Location"].startswith("/console/contracts/")
