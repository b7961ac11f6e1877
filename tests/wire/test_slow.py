"""Whoever sends byte by byte, or nothing at all, keeps nobody waiting and is hung up on."""

import contextlib
import socket
import ssl
import threading
from typing import Iterator

from tests import services
from tests.input.test_raw_sockets import CHUNKED, END, FORM
from tests.wire.raw import SECONDS, Way, answer, heads, status, visiting

# silent senders at once: more than a worker has threads, and no matter to nginx
MANY = 40


def beginnings(way: Way) -> list[bytes]:
    """What is sent before the sender falls silent."""
    head = b"POST /token HTTP/1.1\r\nHost: " + way.host + b"\r\n" + FORM
    return [b"", b"G", b"GET /login HTTP/1.1\r\nHo", head, head + b"Content-Length: 500\r\n\r\nabc", head + CHUNKED + END + b"5\r\nab"]


def ended(wire: socket.socket) -> bytes:
    """What is said until the other side hangs up."""
    found = b""
    wire.settimeout(2 * SECONDS)
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while more := wire.recv(65_536):
            found += more
    return found


@contextlib.contextmanager
def dripping(way: Way, message: bytes) -> Iterator[list[bytes]]:
    """Somebody who sends these bytes one by one; the list holds the answer in the end."""
    pause, said = threading.Event(), [b""]

    def drip() -> None:
        with contextlib.closing(way.connect()) as wire, contextlib.suppress(ConnectionError, ssl.SSLError):
            for at in range(len(message)):
                wire.sendall(message[at : at + 1])
                pause.wait(0.02)
            said[0] = answer(wire)

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield said
    finally:
        thread.join()


def test_silent_senders_keep_nobody_waiting_and_are_hung_up_on(way: Way) -> None:
    starts = beginnings(way) * (MANY // 6 if way.chain else 1)  # gunicorn has eight threads; behind nginx there may be any number
    silent = [way.connect() for _ in starts]
    try:
        for wire, start in zip(silent, starts):
            wire.sendall(start)
        with visiting(way) as seen:
            said = [ended(wire) for wire in silent]
    finally:
        for wire in silent:
            wire.close()
    assert seen.answered > 10 and not seen.mistaken
    for text in said:
        assert all(status(head) in (400, 408) for head in heads(text)), text[:300]


def test_who_sends_byte_by_byte_is_answered_or_hung_up_on_and_others_meanwhile(way: Way) -> None:
    body = b"grant_type=none"
    form = b"POST /token HTTP/1.1\r\nHost: " + way.host + b"\r\n" + FORM + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with visiting(way, 1) as seen, dripping(way, form) as said:
        for _ in range(20):
            assert heads(way.said(way.named("meanwhile", b"Connection: close\r\n")))
    assert seen.answered and not seen.mistaken
    assert not said[0] or status(said[0]) in (400, 401), said[0][:300]


def test_who_hangs_up_at_any_moment_leaves_nothing_behind(way: Way) -> None:
    request = way.named("gone") * 2
    with visiting(way, 1) as seen:
        for at in range(0, len(request), 23):
            with contextlib.closing(way.connect()) as wire:
                wire.sendall(request[:at])
        services.wait_until(lambda: seen.answered > 0)
    assert seen.answered and not seen.mistaken
    assert status(heads(way.said(way.named("after", b"Connection: close\r\n")))[0]) == 303
