"""Answers on the wire: the head checked as one text, and sent in one piece with the body."""

import re
from typing import Any

from gunicorn.http.wsgi import Response

_SOUND = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*\r\n)*")  # RFC 9110 section 5.5
# of the connection, not of the answer: the server's own business
_HOP = re.compile(r"(?im)^(?:connection|keep-alive|proxy-\w+|te|trailers?|transfer-encoding|upgrade|server|date) *:")
_LENGTH = re.compile(r"(?im)^content-length: ([0-9]+)\r$")


class Answer(Response):
    """gunicorn's response, which looks at each header by itself, made cheaper where there is nothing to find."""

    _fields = ""

    def process_headers(self, headers: list[tuple[str, str]]) -> None:
        """Take the headers; gunicorn decides about any that are out of the ordinary."""
        fields = "".join([f"{name}: {value}\r\n" for name, value in headers])
        # a line break inside a value would be one line more
        if not _SOUND.fullmatch(fields) or fields.count("\n") != len(headers) or _HOP.search(fields):
            super().process_headers(headers)
            return
        if length := _LENGTH.search(fields):
            self.response_length = int(length[1])
        self._fields, self.headers = fields, headers

    def write(self, arg: Any) -> None:
        """Send a part of the body, and the head before the first."""
        if self.headers_sent or self._omits_body or not self._fields or len(arg) != self.response_length:
            super().write(arg)
            return
        self.headers_sent, self.sent = True, len(arg)
        self.sock.sendall("".join([*self.default_headers(), self._fields, "\r\n"]).encode("latin-1") + arg)
