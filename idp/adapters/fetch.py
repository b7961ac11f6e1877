"""The one way to addresses that clients register: https to a public address that was checked, and to no other."""

import io
import socket
import ssl
import threading
import time
from http.client import HTTPConnection, HTTPException, IncompleteRead
from typing import Any, Callable, Mapping
from urllib.parse import SplitResult, urlsplit

from idp.domain import public_address
from idp.domain.client import url_problem
from idp.ports import Fetched, NotFetched, Unavailable

SECONDS = 5.0  # for everything: name, connection, handshake, request, answer
MAX_BODY = 65_536
LOOKUPS = 16  # of names at once; those that were left behind count, too
AGENT = "idp"

Resolve = Callable[[str, int], list[str]]
Connect = Callable[[tuple[str, int], float], socket.socket]


def resolve(host: str, port: int) -> list[str]:
    """Every address of the name. Raises OSError."""
    return [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class _Bounded:
    """A connected socket whose every wait ends at one and the same moment, however slowly the far side drips."""

    def __init__(self, inner: socket.socket, ends: float):
        self._inner, self._ends = inner, ends

    def _wait(self) -> socket.socket:
        self._inner.settimeout(_left(self._ends))
        return self._inner

    def sendall(self, data: bytes) -> None:
        """As of a socket."""
        self._wait().sendall(data)

    def makefile(self, mode: str, *_: Any) -> io.BufferedReader:
        """As of a socket, for reading."""
        return io.BufferedReader(_Reader(lambda buffer: self._wait().recv_into(buffer)))

    def close(self) -> None:
        """Nothing yet: HTTP's library closes before it has read the answer; who connected closes."""


class _Reader(io.RawIOBase):
    def __init__(self, receive: Callable[[Any], int]):
        self._receive = receive

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._receive(buffer)


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("too slow")
    return left


class SafeFetcher:
    """`idp.ports.Fetcher`. `loopback`: this machine may be asked too, also without TLS, as in the demo, whose issuer is an
    http address here; `own`: addresses of ours, which may stand in the operator's own network; `resolve`, `connect` and
    `context` are the network's."""

    def __init__(
        self,
        loopback: bool,
        resolve: Resolve = resolve,
        connect: Connect = socket.create_connection,
        context: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
        own: frozenset[str] = frozenset(),
    ):
        self._own = own
        self._loopback, self._resolve, self._connect, self._seconds = loopback, resolve, connect, seconds
        self._context = context or ssl.create_default_context()
        self._lookups = threading.Semaphore(LOOKUPS)

    def get(self, url: str, accept: str) -> Fetched:
        """See `idp.ports.Fetcher`."""
        return self._fetch("GET", url, None, {"Accept": accept})

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Fetched:
        """See `idp.ports.Fetcher`."""
        return self._fetch("POST", url, body, headers)

    def _fetch(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Fetched:
        parts, ends = self._parts(url), time.monotonic() + self._seconds
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = parts.hostname or ""
        try:
            address = self._address(host, port, parts.scheme, ends, own=url in self._own)
            sock: Any = self._connect((address, port), _left(ends))
            try:
                if parts.scheme == "https":
                    sock.settimeout(_left(ends))
                    sock = self._context.wrap_socket(sock, server_hostname=host)
                return _ask(_Bounded(sock, ends), parts, method, body, headers)
            finally:
                sock.close()
        except ssl.SSLCertVerificationError as error:
            raise Unavailable(f"{host}: {error.verify_message}") from error
        except OSError as error:  # timeouts, TLS and a server that hangs up are kinds of it
            raise Unavailable(f"{host}: {error.strerror or type(error).__name__}") from error
        except IncompleteRead as error:
            raise Unavailable(f"{host}: the answer breaks off") from error
        except HTTPException as error:
            raise NotFetched(f"{host}: not an HTTP answer") from error

    def _parts(self, url: str) -> SplitResult:
        if problem := url_problem(url):
            raise NotFetched(problem)
        parts = urlsplit(url)
        if parts.scheme != "https" and not self._loopback:
            raise NotFetched("not an https address")
        return parts

    def _address(self, host: str, port: int, scheme: str, ends: float, own: bool) -> str:
        """The address to connect to: the name is looked up once, and all that it stands for must be allowed, so that what
        was checked is what is connected to, whatever the name stands for a moment later."""
        found = self._looked_up(host, port, ends)
        if not found:
            raise Unavailable(f"{host}: no address")
        for address in found:
            here = self._loopback and public_address.loopback(address)
            if not here and not (scheme == "https" and (own or public_address.public(address))):
                raise NotFetched(f"{host}: not a public address")
        return found[0]

    def _looked_up(self, host: str, port: int, ends: float) -> list[str]:
        """The system's resolver takes no limit of time: it is left behind when it takes too long, and while too many are, no other
        is begun."""
        found: list[list[str] | Exception] = []

        def look() -> None:
            try:
                found.append(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                found.append(error)
            finally:
                self._lookups.release()

        if not self._lookups.acquire(blocking=False):
            raise Unavailable(f"{host}: the name cannot be looked up")
        thread = threading.Thread(target=look, name="resolve", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system gives no more threads
            self._lookups.release()
            raise Unavailable(f"{host}: the name cannot be looked up") from error
        thread.join(_left(ends))
        if not found:
            raise TimeoutError("too slow")
        if isinstance(found[0], Exception):
            raise Unavailable(f"{host}: the name cannot be looked up") from found[0]
        return found[0]


def _ask(sock: _Bounded, parts: SplitResult, method: str, body: bytes | None, headers: Mapping[str, str]) -> Fetched:
    """One request and its whole answer, as it is: no redirect is followed, nothing is unpacked."""
    connection = HTTPConnection(parts.netloc)
    connection.sock = sock  # type: ignore[assignment]  # all of a socket that is used of it
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {"Host": parts.netloc, "User-Agent": AGENT, "Accept-Encoding": "identity", "Connection": "close", **headers}
    connection.request(method, path, body, sent)
    answer = connection.getresponse()
    found = answer.read(MAX_BODY + 1)
    if len(found) > MAX_BODY:
        raise NotFetched(f"{parts.hostname}: the answer is larger than 64 KiB")
    if answer.length:  # so much was announced and has not come
        raise Unavailable(f"{parts.hostname}: the answer breaks off")
    return Fetched(answer.status, (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower(), found)
