"""Where our workers differ from gunicorn's: slow senders are hung up on, a connection is kept for a moment,
and what is not HTTP is answered in our manner."""

import select
import socket
import time
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn, ThreadWorker

from idp.config import Settings
from idp.web.headers import constant_headers

KEPT_MILLISECONDS = 20
READ_SECONDS = 5.0  # for the whole of a request: a reverse proxy sends it at once


class Log(Logger):
    """gunicorn's own lines go the way of all others."""

    def setup(self, cfg: Any) -> None:
        """Called by gunicorn at the start."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class _Said:
    """Stands in for a connection: keeps what would have been said."""

    def __init__(self) -> None:
        self.text = b""

    def gettimeout(self) -> float:
        return 0.0

    def sendall(self, data: bytes) -> None:
        self.text += data


def _readable(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(KEPT_MILLISECONDS))


def worker_class(settings: Settings) -> type[ThreadWorker]:
    """gunicorn's threaded worker with the differences, for `worker_class`."""
    headers = [*constant_headers(settings), ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")]
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
    body = b"This is not a request that can be answered.\n"

    class Worker(ThreadWorker):
        def __init__(self, *args: Any, **kwargs: Any):
            super().__init__(*args, **kwargs)
            self._began: dict[TConn, float] = {}

        def handle(self, conn: TConn) -> Any:
            while True:
                self._began[conn] = time.monotonic()
                try:
                    again = super().handle(conn)
                finally:
                    self._began.pop(conn, None)
                if again is not True or not self.alive or self.tpool._work_queue.qsize():
                    return again
                # to hand the connection back costs half a request: the next one is often here already
                if not conn.parser.unreader.buf.getvalue() and not _readable(conn.sock):
                    return again

        def notify(self) -> None:  # once a second, by the thread that accepts
            super().notify()
            late = time.monotonic() - READ_SECONDS
            for conn in [conn for conn, began in self._began.copy().items() if began < late]:
                try:
                    conn.sock.shutdown(socket.SHUT_RD)  # ends the reading, not the answer
                except OSError:
                    pass  # gone meanwhile

        def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
            said = _Said()
            super().handle_error(req, said, addr, exc)
            status = said.text.partition(b"\r\n")[0]
            head = status + b"\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n" % len(body)
            try:
                client.sendall(head + lines + b"\r\n" + body)
            except OSError:
                pass  # gone meanwhile

    return Worker
