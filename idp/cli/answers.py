"""Answers on the wire: the head checked as one text, and sent in one piece with the body."""

import re
import time
from functools import lru_cache
from typing import Any

from gunicorn import util
from gunicorn.http.wsgi import Response

# named by nearly every answer, with few values, none of which is anybody's secret
_FEW = frozenset((
    "Content-Type", "Cache-Control", "Pragma", "Vary", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy", "Permissions-Policy", "X-Frame-Options", "Strict-Transport-Security", "Content-Security-Policy",
))  # fmt: skip
_SOUND = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*\r\n)*")  # RFC 9110 section 5.5
# of the connection, not of the answer: the server's own business
_HOP = re.compile(r"(?im)^(?:connection|keep-alive|proxy-\w+|te|trailers?|transfer-encoding|upgrade|server|date) *:")
_LENGTH = re.compile(r"(?im)^content-length: ([0-9]+)\r$")


@lru_cache(maxsize=256)
def _usual(name: str, value: str) -> str:
    """The line of such a header; none where gunicorn has to decide."""
    line = f"{name}: {value}\r\n"
    return line if _SOUND.fullmatch(line) and line.count("\n") == 1 else ""


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return f"Date: {util.http_date(second)}\r\n"


class Answer(Response):
    """gunicorn's response, which looks at each header by itself, made cheaper where there is nothing to find."""

    _fields = ""

    def process_headers(self, headers: list[tuple[str, str]]) -> None:
        """Take the headers; gunicorn decides about any that are out of the ordinary."""
        own = [row for row in headers if row[0] not in _FEW]
        fields = "".join([f"{name}: {value}\r\n" for name, value in own])
        usual = [_usual(*row) for row in headers if row[0] in _FEW]
        # a line break inside a value would be one line more
        if not all(usual) or not _SOUND.fullmatch(fields) or fields.count("\n") != len(own) or _HOP.search(fields):
            super().process_headers(headers)
            return
        if length := _LENGTH.search(fields):
            self.response_length = int(length[1])
        self._fields, self.headers = fields + "".join(usual), headers

    def default_headers(self) -> list[str]:
        """The first lines of the answer, without working out the date each time."""
        if self.chunked or self.upgrade or self.req.version != (1, 1):
            lines: list[str] = super().default_headers()
            return lines
        connection = "close" if self.should_close() else "keep-alive"
        return [f"HTTP/1.1 {self.status}\r\nServer: {self.version}\r\n{_date(int(time.time()))}Connection: {connection}\r\n"]

    def write(self, arg: Any) -> None:
        """Send a part of the body, and the head before the first."""
        if self.headers_sent or self._omits_body or not self._fields or len(arg) != self.response_length:
            super().write(arg)
            return
        self.headers_sent, self.sent = True, len(arg)
        self.sock.sendall("".join([*self.default_headers(), self._fields, "\r\n"]).encode("latin-1") + arg)
