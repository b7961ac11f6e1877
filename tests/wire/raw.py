"""Plain bytes over a connection of one's own, and visitors whose answers name them."""

import contextlib
import re
import socket
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import urlencode, urlsplit

from tests import running
from tests.running import Idp

SECONDS = 30.0
QUIET = 0.3  # after an answer: long enough for a second one, if there is any
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *([0-9]+)\r\n")


@dataclass
class Way:
    """How bytes come to the service: straight to gunicorn (`chain` None), or by TLS through nginx with this certificate."""

    idp: Idp
    portal: dict[str, Any]
    port: int
    chain: Path | None = None

    @property
    def host(self) -> bytes:
        """The name and port in the Host header."""
        return urlsplit(self.idp.issuer).netloc.encode()

    def connect(self) -> socket.socket:
        """A connection; through nginx it is encrypted."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.chain is None:
            return plain
        return ssl.create_default_context(cafile=str(self.chain)).wrap_socket(plain, server_hostname="127.0.0.1")

    def named(self, name: str, more: bytes = b"") -> bytes:
        """A request whose answer says whose it is: a portal asks in silence, and gets its `state` back."""
        query = urlencode(running.authorization_parameters(self.portal, prompt="none", state=name)).encode()
        return b"GET /authorize?" + query + b" HTTP/1.1\r\nHost: " + self.host + b"\r\n" + more + b"\r\n"

    def said(self, *pieces: bytes, quiet: float = QUIET) -> bytes:
        """Everything that is said to these bytes until the other side closes or falls silent for `quiet` seconds."""
        found = b""
        with contextlib.closing(self.connect()) as wire:
            try:
                for piece in pieces:
                    wire.sendall(piece)
                while more := wire.recv(65_536):
                    found += more
                    # the wait for the first answer is the service's time, what follows would be there already
                    wire.settimeout(quiet)
            except TimeoutError:
                assert found, f"no answer in {SECONDS:.0f} seconds to {pieces[0][:100]!r}"
            except (ConnectionError, ssl.SSLError):
                pass  # hung up on
        return found


def heads(text: bytes) -> list[bytes]:
    """The head of each answer but those that only say go on; none of our bodies holds a status line."""
    parts = re.split(rb"(?=HTTP/1\.[01] \d{3} )", text)[1:]
    return [part.split(b"\r\n\r\n")[0] for part in parts if not part.startswith(b"HTTP/1.1 100 ")]


def status(head: bytes) -> int:
    """Its number."""
    return int(head.split()[1])


def answer(wire: socket.socket) -> bytes:
    """One whole answer of a kept connection."""
    held = b""
    while (end := held.find(b"\r\n\r\n")) < 0:
        more = wire.recv(65_536)
        assert more, f"closed after {held[:200]!r}"
        held += more
    length = _LENGTH.search(held[: end + 2])
    while length and len(held) < end + 4 + int(length[1]):
        held += wire.recv(65_536)
    return held


@dataclass
class Visitors:
    """`answered` counts them; `mistaken` holds what was not the answer to who asked."""

    answered: int = 0
    mistaken: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def visiting(way: Way, how_many: int = 3) -> Iterator[Visitors]:
    """Ordinary visitors on kept connections who ask over and over until the end of the block, each by a name of their own."""
    over, seen, failures = threading.Event(), Visitors(), []

    def come(number: int) -> None:
        wire, count = way.connect(), 0
        try:
            while not over.is_set():
                name = f"visitor-{number}-{count}"
                wire.sendall(way.named(name))
                said = answer(wire)
                if status(said) != 303 or f"state={name}&".encode() not in said.replace(b"\r\n", b"&"):
                    seen.mistaken.append(said)
                seen.answered, count = seen.answered + 1, count + 1
                if b"connection: close" in said.lower():
                    wire.close()
                    wire = way.connect()
        except BaseException as error:
            failures.append(error)
        finally:
            wire.close()

    threads = [threading.Thread(target=come, args=(number,)) for number in range(how_many)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
