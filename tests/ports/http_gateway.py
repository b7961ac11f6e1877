"""A real HTTP server in a thread that records what it is asked and answers as it is told."""

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable, Iterator

import requests


@dataclass(frozen=True)
class Asked:
    """One request; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Gateway:
    """`status`, `headers` and `body` of every answer, given after `delay` seconds; `answer` may make status and body of the
    request instead, `hang_up` leaves it without an answer, and with `dribble` each byte takes so many seconds."""

    asked: list[Asked] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"id": "g-1", "sid": "SM1", "deep": [{"id": 7}]}'
    delay: float = 0.0
    answer: Callable[[Asked], tuple[int, bytes]] | None = None
    hang_up: bool = False
    dribble: float = 0.0
    dribbled: int = 0

    @property
    def posted(self) -> list[Asked]:
        """What was sent, without the looks whether somebody is there."""
        return [one for one in self.asked if one.method == "POST"]


@contextlib.contextmanager
def http_gateway(gateway: Gateway) -> Iterator[str]:
    """Yields the address, without a slash at the end."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            names = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, names, body)
            gateway.asked.append(asked)
            time.sleep(gateway.delay)
            if gateway.hang_up:
                return
            status, said = gateway.answer(asked) if gateway.answer else (gateway.status, gateway.body)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                for name, value in gateway.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                if self.command != "HEAD" and not gateway.dribble:
                    self.wfile.write(said)
                for number in range(len(said) if gateway.dribble else 0):
                    time.sleep(gateway.dribble)
                    self.wfile.write(said[number : number + 1])
                    gateway.dribbled += 1

        do_POST = do_GET = do_HEAD = _answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class LateReceipts:
    """Makes a gateway report by itself: every message gets an id, and some time after it has been taken each of `words` is
    posted to `url`, the first of them after `delay` seconds. `answers` are the statuses that came back."""

    def __init__(self, words: tuple[str, ...], url: str, headers: dict[str, str], delay: float = 0.2):
        self.words, self.url, self.headers, self.delay = words, url, headers, delay
        self.answers: list[int] = []
        self._threads: list[threading.Thread] = []

    def take(self, asked: Asked) -> tuple[int, bytes]:
        """For `Gateway.answer`."""
        if asked.method != "POST":
            return 405, b""
        name = f"m-{len(self._threads)}"
        self._threads.append(threading.Thread(target=self._report, args=(name,)))
        self._threads[-1].start()
        return 202, json.dumps({"id": name}).encode()

    def _report(self, name: str) -> None:
        for word in self.words:
            time.sleep(self.delay)
            answer = requests.post(self.url, json={"id": name, "state": {"word": word}}, headers=self.headers, timeout=20)
            self.answers.append(answer.status_code)

    def wait(self) -> None:
        """Until every receipt has been answered."""
        for thread in self._threads:
            thread.join(60)
