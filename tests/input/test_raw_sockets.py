"""Bytes on the wire that no browser sends: nothing is smuggled, nobody else waits, and the log stays readable."""

import json
import re
import socket
from urllib.parse import urlsplit

import pytest
import requests

from tests.running import Idp
from tests.stopwatch import stopwatch

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
END = b"\r\n"

# (what stands after the Host line, the statuses that may be answered): one answer, then the connection ends or is silent
REFUSED = {
    "length and chunks": (b"POST /token", FORM + b"Content-Length: 4\r\n" + CHUNKED + END + b"0\r\n\r\n", {400}),
    "chunks and length": (b"POST /token", FORM + CHUNKED + b"Content-Length: 5\r\n" + END + b"0\r\n\r\n", {400}),
    "two lengths": (b"POST /token", FORM + b"Content-Length: 0\r\nContent-Length: 40\r\n" + END, {400}),
    "a list of lengths": (b"POST /token", FORM + b"Content-Length: 0, 0\r\n" + END, {400}),
    "a signed length": (b"POST /token", FORM + b"Content-Length: +0\r\n" + END, {400}),
    "a length in Arabic digits": (b"POST /token", FORM + b"Content-Length: \xd9\xa3\r\n" + END, {400}),
    "chunks announced twice": (b"POST /token", FORM + CHUNKED + CHUNKED + END + b"0\r\n\r\n", {400}),
    "chunks and more": (b"POST /token", FORM + b"Transfer-Encoding: chunked, identity\r\n" + END + b"0\r\n\r\n", {400}),
    "an unknown coding": (b"POST /token", FORM + b"Transfer-Encoding: xchunked\r\n" + END + b"0\r\n\r\n", {400, 501}),
    "a bad chunk to a machine": (b"POST /token", FORM + CHUNKED + END + b"zz\r\nabc\r\n0\r\n\r\n", {400}),
    "a bad chunk to a page": (b"POST /login", FORM + CHUNKED + END + b"zz\r\nabc\r\n0\r\n\r\n", {400}),
    "a bad chunk to the authorization endpoint": (b"POST /authorize", FORM + CHUNKED + END + b"-1\r\nabc\r\n0\r\n\r\n", {400}),
    "a chunk longer than said": (b"POST /token", FORM + CHUNKED + END + b"3\r\nabcXX0\r\n\r\n", {400}),
    "chunks with bare line feeds": (b"POST /token", FORM + CHUNKED + END + b"3\nabc\n0\n\n", {400}),
    "a length in the trailer": (b"POST /token", FORM + CHUNKED + END + b"3\r\na=b\r\n0\r\nContent-Length: 40\r\n\r\n", {400}),
    "a second host": (b"GET /login", b"Host: evil.example\r\n" + END, {400}),
    "an address with a host of its own": (b"GET http://evil.example/login", END, {400, 421}),
    "an address for a tunnel": (b"CONNECT evil.example:443", END, {400, 404, 421}),
    "an underscore": (b"GET /", b"X_Forwarded_For: 1.2.3.4\r\n" + END, {400}),
    "a space before the colon": (b"GET /", b"Content-Length : 40\r\n" + END, {400}),
    "a folded line": (b"GET /", b"X-A: a\r\n b\r\n" + END, {400}),
    "NUL": (b"GET /", b"X-A: a\0b\r\n" + END, {400}),
    "a bare carriage return": (b"GET /", b"X-A: a\rb\r\n" + END, {400}),
    "a header of 9 KB": (b"GET /", b"X-A: " + b"a" * 9_000 + b"\r\n" + END, {431}),
    "a hundred headers": (b"GET /", b"".join(b"X-%d: a\r\n" % n for n in range(100)) + END, {431}),
    "an address of 9 KB": (b"GET /?" + b"a" * 9_000, END, {414}),
    "a raw character": (b"GET /?a=\xe3\x81\x82", END, {400}),
    "a method in small letters": (b"get /", END, {400}),
    "an odd expectation": (b"POST /token", b"Expect: nothing\r\n" + END, {417}),
    "a forged line for the log": (b"GET /", b'X\x1b[31m\n{"event": "forged"}: a\r\n' + END, {400}),
    "a body of 70 KB": (b"POST /token", FORM + b"Content-Length: 70000\r\n" + END + b"x" * 70_000, {413}),
    "a body longer than anything": (b"POST /login", FORM + b"Content-Length: 999999999999\r\n" + END, {413}),
}
# not even a request
GARBAGE = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\n\r\n",
    "nonsense": b"\x00\x01\x02\xff\r\n\r\n",
}


def place(idp: Idp) -> bytes:
    """The name and port in the Host header."""
    return urlsplit(idp.issuer).netloc.encode()


def connect(idp: Idp) -> socket.socket:
    """A plain connection."""
    return socket.create_connection(("127.0.0.1", urlsplit(idp.issuer).port or 0), timeout=20)


def said(idp: Idp, *pieces: bytes) -> bytes:
    """Everything that is said to these bytes until the server closes, or our own closing ends it."""
    with connect(idp) as wire:
        found = b""
        try:
            for piece in pieces:
                wire.sendall(piece)
            wire.shutdown(socket.SHUT_WR)
            while more := wire.recv(65_536):
                found += more
        except (ConnectionResetError, BrokenPipeError):
            pass  # hung up on in the middle of our speech
        return found


def heads(text: bytes) -> list[bytes]:
    """The head of each answer; none of our bodies holds a status line."""
    return [part.split(b"\r\n\r\n")[0] for part in re.split(rb"(?=HTTP/1\.[01] \d{3} )", text)[1:] if not part.startswith(b"HTTP/1.1 100 ")]


def decent(head: bytes) -> bool:
    """Whether the headers of every answer are there."""
    wanted = (b"x-content-type-options: nosniff", b"content-security-policy: ", b"referrer-policy: no-referrer", b"x-frame-options: deny")
    return all(line in head.lower() for line in wanted)


@pytest.mark.parametrize("kind", REFUSED)
def test_an_ambiguous_or_overgrown_request_gets_one_refusal_and_nothing_behind_it_is_heard(idp: Idp, kind: str) -> None:
    line, rest, statuses = REFUSED[kind]
    smuggled = b"GET /health/live HTTP/1.1\r\nHost: " + place(idp) + b"\r\n\r\n"
    answers = heads(said(idp, line + b" HTTP/1.1\r\nHost: " + place(idp) + b"\r\n" + rest + smuggled))
    assert int(answers[0].split()[1]) in statuses and all(map(decent, answers))
    # what follows is heard only where it is beyond doubt that the first request ended before it
    assert len(answers) == 1 or statuses & {413, 421}


@pytest.mark.parametrize("kind", GARBAGE)
def test_what_is_no_request_is_told_so(idp: Idp, kind: str) -> None:
    answers = heads(said(idp, GARBAGE[kind]))
    assert len(answers) == 1 and answers[0].split()[1] == b"400" and decent(answers[0])


def test_an_unknown_host_is_misdirected_and_its_connection_stays_in_step(idp: Idp) -> None:
    live = b"GET /health/live HTTP/1.1\r\nHost: " + place(idp) + b"\r\n\r\n"
    for method in (b"GET", b"HEAD", b"POST"):
        for host in (b"Host: evil.example\r\n", b"Host: \r\n", b"Host: 127.0.0.1\r\n", b""):
            answers = heads(said(idp, method + b" /login HTTP/1.1\r\n" + host + b"\r\n" + live))
            assert [int(answer.split()[1]) for answer in answers] == [421, 200], (method, host)


def test_refused_bodies_are_not_taken_for_the_next_request(idp: Idp) -> None:
    inner = b"GET /health/live HTTP/1.1\r\nHost: " + place(idp) + b"\r\n\r\n"
    for line, status in ((b"PUT /token", 405), (b"GET /jwks", 200), (b"DELETE /login", 405), (b"POST /nowhere", 404)):
        length = b"Content-Length: %d\r\n\r\n" % len(inner)
        answers = heads(said(idp, line + b" HTTP/1.1\r\nHost: " + place(idp) + b"\r\n" + length + inner))
        assert [int(answer.split()[1]) for answer in answers] == [status], line


def test_a_caller_who_hangs_up_in_mid_body_is_nobodys_error(idp: Idp) -> None:
    for path in (b"/token", b"/login", b"/authorize"):
        with connect(idp) as wire:
            wire.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: " + place(idp) + b"\r\n" + FORM + b"Content-Length: 500\r\n\r\nabc")
    assert requests.get(f"{idp.issuer}/health/live", timeout=9).status_code == 200


def test_a_few_slow_callers_keep_nobody_waiting_and_are_hung_up_on(idp: Idp) -> None:
    head = b"POST /token HTTP/1.1\r\nHost: " + place(idp) + b"\r\n" + FORM
    slow = [connect(idp) for _ in range(6)]
    for wire, start in zip(slow, [b"G", b"GET / HTTP/1.1\r\nHo", head, head + b"Content-Length: 500\r\n\r\nabc", head + CHUNKED + END + b"5\r\nab", head[:9]]):
        wire.sendall(start)
    with stopwatch() as taken:
        for _ in range(10):
            assert requests.get(f"{idp.issuer}/jwks", timeout=60).status_code == 200
        assert taken.seconds() < 3
        for wire in slow:
            wire.settimeout(60)
            while wire.recv(65_536):
                pass
            wire.close()
        assert taken.seconds() < 15


def test_the_log_has_a_line_of_json_for_each_event_and_no_error_of_ours(idp: Idp) -> None:
    lines = (idp.folder / "server.log").read_text().splitlines()
    events = [json.loads(line) for line in lines if not line.startswith("idp serves ")]
    assert any("Invalid request" in event["event"] for event in events)
    assert [event for event in events if event["level"] in ("error", "critical")] == []
    assert not any("forged" == event["event"] for event in events)
