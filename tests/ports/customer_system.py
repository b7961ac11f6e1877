"""A small customer system of an operator on a real HTTP server, as the other side of `HttpContractors`."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable, Iterator, Sequence

from idp.domain.contract import Contract, fact_keys, read_row
from tests.ports.contractors_suite import HEADINGS

TOKEN = "sample-token"


class CustomerSystem:
    """Contracts in memory. `answer` may replace what is sent: it takes the handler and writes to it."""

    def __init__(self, rows: Sequence[Sequence[str]]):
        self.contracts: list[Contract] = [c for row in rows if (c := read_row(dict(zip(HEADINGS, row, strict=True))).contract)]
        self.answer: Callable[[BaseHTTPRequestHandler], None] | None = None
        self.asked: list[dict] = []

    def match(self, facts: dict[str, str]) -> dict | None:
        groups = [set(fact_keys(kind, typed)) for kind, typed in facts.items()]
        found = [c for c in self.contracts if groups and all(group & set(c.keys) for group in groups)]
        return {"contractor_id": found[0].number, "contract_type": found[0].contract_type} if len(found) == 1 else None


@contextmanager
def served(system: CustomerSystem) -> Iterator[str]:
    """The URL where it answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            system.asked.append({"headers": dict(self.headers), "body": body})
            if system.answer:
                return system.answer(self)
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                return send(self, 401, b"{}")
            send(self, 200, json.dumps({"match": system.match(body["facts"])}).encode())

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/contracts/match"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    """One whole answer."""
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
