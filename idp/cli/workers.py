"""Where our workers differ from gunicorn's: slow senders are hung up on, a connection is kept for a moment,
and what is not HTTP is answered in our manner."""

import select
import socket
import time
from typing import Any

from gunicorn import util
from gunicorn.glogging import Logger
from gunicorn.http import wsgi
from gunicorn.workers.gthread import TConn, ThreadWorker

from idp.cli.answers import Answer
from idp.config import Settings
from idp.web import upload
from idp.web.headers import constant_headers

KEPT_MILLISECONDS = 20
_NO_REQUEST = b"This is not a request that can be answered.\n"
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


class Worker(ThreadWorker):
    """gunicorn's threaded worker with the differences; `lines` are the headers of an answer to what is not HTTP."""

    lines = b""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._began: dict[TConn, float] = {}
        # each request asks for some twenty settings: as attributes they need no looking up
        vars(self.cfg).update({name: setting.get() for name, setting in self.cfg.settings.items()})

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

    def set_accept_enabled(self, enabled: bool) -> None:  # false for good once the worker stops
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            # who waits to be let in is taken in, and the door shut at once behind the last: whoever comes then is refused before
            # anything was sent, and a proxy goes to the next node; gunicorn would reset all who came in the meantime
            before = -1
            while before != self.nr_conns:
                before = self.nr_conns
                self.accept(listener)
            listener.close()

    def handle_request(self, req: Any, conn: TConn) -> bool:  # as gunicorn's own, for our answers, without hooks
        if req.path in upload.PATHS:  # the door knows who sends it before the file is read
            self._began[conn] = time.monotonic() + upload.SECONDS
        resp, environ = wsgi.create(req, conn.sock, conn.client, conn.server, self.cfg, response_class=Answer)
        environ["wsgi.multithread"] = True
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False
        if not self.alive or len(self.keepalived_conns) >= self.max_keepalived:
            resp.force_close()
        try:
            parts = self.wsgi(environ, resp.start_response)
            try:
                for part in parts:
                    resp.write(part)
                resp.close()
            finally:
                if hasattr(parts, "close"):
                    parts.close()
        except OSError:
            raise
        except (Exception, SystemExit):
            if resp.headers_sent:  # half an answer is not mended by another one behind it
                self.log.exception("Error handling request")
                util.close_graceful(conn.sock)
                raise StopIteration from None
            raise
        return not resp.should_close()

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
        head = status + b"\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n" % len(_NO_REQUEST)
        try:
            client.sendall(head + self.lines + b"\r\n" + _NO_REQUEST)
        except OSError:
            pass  # gone meanwhile


def worker_class(settings: Settings) -> type[ThreadWorker]:
    """The worker of these settings, for `worker_class`."""
    headers = [*constant_headers(settings), ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")]
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
    return type("Worker", (Worker,), {"lines": lines})
