"""The load: members and portals who each wait for their answer before they ask again, over kept HTTP/1.1 connections.

Its functions run in a process of their own, so that what they cost is not counted as the server's.
"""

import base64
import itertools
import json
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable
from urllib.parse import parse_qs, urlencode, urlsplit

from tests import running

CONNECTIONS = 4  # a worker of 8 threads takes 6 passwords at once and refuses more
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.I)
_COOKIE = re.compile(rb"\r\nset-cookie: *([^=;\r]+)=([^;\r]*)", re.I)
_LOCATION = re.compile(rb"\r\nlocation: *([^\r]+)\r\n", re.I)


@dataclass(frozen=True)
class Portal:
    """A registered client, as its back end knows it."""

    port: int
    client: dict[str, Any]
    scope: str = "openid profile email"

    @property
    def host(self) -> str:
        """What browsers write into the Host header: the issuer's name."""
        return f"localhost:{self.port}"

    def authorization(self, **changes: str | None) -> str:
        """The address at which a sign-in begins."""
        return "/authorize?" + urlencode(running.authorization_parameters(self.client, scope=self.scope, **changes))

    def exchange(self, code: str, headers: dict[str, str] | None = None) -> bytes:
        """The request that redeems a code; `headers`: more of them."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": running.CALLBACK, "code_verifier": running.VERIFIER}
        return self.machine("/token", form, headers)

    def machine(self, path: str, form: dict[str, str], headers: dict[str, str] | None = None) -> bytes:
        """A request of the portal's back end, which proves itself by its secret."""
        pair = f"{self.client['client_id']}:{self.client['client_secret']}"
        proof = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        return message("POST", path, self.host, {**proof, **(headers or {})}, form)


@dataclass(frozen=True)
class Answer:
    """Status, head (with the empty line) and body."""

    status: int
    head: bytes
    body: bytes

    @property
    def location(self) -> str:
        """Where a redirect leads."""
        found = _LOCATION.search(self.head)
        return found[1].decode() if found else ""


def message(method: str, path: str, host: str, headers: dict[str, str] | None = None, form: dict[str, str] | None = None) -> bytes:
    """The bytes of one request."""
    body = urlencode(form).encode() if form is not None else b""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Accept: */*", "User-Agent: bench"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if form is not None:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Line:
    """One kept connection."""

    def __init__(self, port: int):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes, expected: int = 200) -> Answer:
        """Send one request and wait for the whole answer; fails if its status is another than expected."""
        self._socket.sendall(request)
        held = b""
        while (end := held.find(b"\r\n\r\n")) < 0:
            held += self._more()
        head, body = held[: end + 4], held[end + 4 :]
        length = _LENGTH.search(head)
        assert length, f"an answer without Content-Length: {head!r}"
        while len(body) < int(length[1]):
            body += self._more()
        answer = Answer(int(head[9:12]), head, body)
        assert answer.status == expected, f"{answer.status} instead of {expected} for {request[:80]!r}: {body[:200]!r}"
        return answer

    def _more(self) -> bytes:
        chunk = self._socket.recv(65_536)
        assert chunk, "the server closed the connection"
        return chunk

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def each(port: int, work: Iterable[Any], do: Callable[[Line, Any], Any], connections: int = CONNECTIONS) -> tuple[float, list[Any]]:
    """Do every piece of work over some connections at once; returns the seconds it took and the results, unordered."""
    lines = [Line(port) for _ in range(connections)]
    waiting, results, failures = list(work)[::-1], [], []

    def run(line: Line) -> None:
        try:
            while waiting:
                results.append(do(line, waiting.pop()))
        except IndexError:
            pass  # another connection took the last one
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(line,)) for line in lines]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    for line in lines:
        line.close()
    if failures:
        raise failures[0]
    return seconds, results


def requests(port: int, messages: list[bytes]) -> tuple[float, list[bytes]]:
    """Send each request once; returns the seconds and the bodies."""
    return each(port, messages, lambda line, one: line.ask(one).body)


@dataclass
class Browser:
    """A member's browser: follows redirects that stay with us, keeps cookies, fills in the one form of a page."""

    line: Line
    portal: Portal
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> Answer:
        """One request with our cookies; returns the page, or the redirect to the portal."""
        headers = {"Cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items()), "Accept-Language": "ja"}
        if form is not None:
            headers |= {"Origin": f"http://{self.portal.host}", "Sec-Fetch-Site": "same-origin"}
        if not self.cookies:
            del headers["Cookie"]
        expected = 200 if path.startswith(("/login?", "/code?")) else 303
        answer = self.line.ask(message(method, path, self.portal.host, headers, form), expected)
        self.cookies.update((name.decode(), value.decode()) for name, value in _COOKIE.findall(answer.head))
        to = answer.location.removeprefix(f"http://{self.portal.host}")
        return self.ask("GET", to) if to.startswith("/") else answer

    def sign_in(self, login_id: str) -> str:
        """From the portal's redirect to the code."""
        page = self.ask("GET", self.portal.authorization())
        form = running.form_of(Shown(page.body.decode(), f"http://{self.portal.host}/login"))
        typed = {form.named("username"): login_id, form.named("current-password"): running.PASSWORD}
        return code_of(self.ask("POST", urlsplit(form.action).path, {**form.fields, **typed}))


@dataclass(frozen=True)
class Shown:
    """A page as `running.form_of` reads it."""

    text: str
    url: str


def code_of(answer: Answer) -> str:
    """The code in the answer to the portal."""
    found = parse_qs(urlsplit(answer.location).query)
    assert "code" in found, f"no code: {answer}"
    return found["code"][0]


def sign_ins(portal: Portal, login_ids: list[str]) -> tuple[float, list[dict[str, Any]]]:
    """Whole journeys, each in a fresh browser: authorization, page, password, code, tokens. Returns the seconds
    and the token answers."""

    def journey(line: Line, login_id: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(line.ask(portal.exchange(Browser(line, portal).sign_in(login_id))).body)
        assert found["id_token"]
        return found

    return each(portal.port, login_ids, journey)


def codes(portal: Portal, login_ids: list[str], count: int) -> list[str]:
    """Codes without a page: each member signs in once and is then known (prompt=none)."""

    def member(line: Line, job: tuple[str, int]) -> list[str]:
        browser = Browser(line, portal)
        found = [browser.sign_in(job[0])]
        silent = portal.authorization(prompt="none")
        return found + [code_of(browser.ask("GET", silent)) for _ in range(job[1] - 1)]

    share = -(-count // len(login_ids))
    _, found = each(portal.port, [(name, share) for name in login_ids], member)
    return list(itertools.chain(*found))[:count]
