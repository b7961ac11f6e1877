"""Where our workers differ from gunicorn's: slow senders are hung up on, a connection is kept for a moment, pages wait for a place,
and what is not HTTP is answered in our manner."""

import select
import socket
import threading
import time
from typing import Any

import structlog
from gunicorn import util
from gunicorn.glogging import Logger
from gunicorn.http import wsgi
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.workers.gthread import TConn, ThreadWorker

from idp.cli.answers import Answer
from idp.cli.places import Places
from idp.config import Settings
from idp.web import upload
from idp.web.headers import CROWDED, constant_headers

log = structlog.get_logger("idp.workers")

KEPT_MILLISECONDS = 20
HEADER_BYTES = 16_384  # of all together; gunicorn only counts each
_NO_REQUEST = b"This is not a request that can be answered.\n"
DRAIN_SECONDS, DRAIN_BYTES = 15.0, 1 << 28  # of a file that is not wanted
TELL_SECONDS = 10.0
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


class _Later(BaseException):
    """Every place is taken: the thread is needed for others. Not an `Exception`, which gunicorn would answer."""


_WAITS = object()  # what `handle` returns of a connection that is in nobody's hands


class _Again:
    """Stands in for the parser of a connection whose request has been read: hands it out once more, and steps back."""

    def __init__(self, conn: TConn, req: Any):
        self._conn, self._parser, self._req = conn, conn.parser, req

    def __next__(self) -> Any:
        self._conn.parser = self._parser
        return self._req


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
        self._places: Places[TConn] = Places(self.cfg.threads)
        self._turns: dict[TConn, str] = {}  # what was decided of a request before it is read once more
        self._told, self._told_at = 0, 0.0
        self._drains = threading.Lock()
        # each request asks for some twenty settings: as attributes they need no looking up
        vars(self.cfg).update({name: setting.get() for name, setting in self.cfg.settings.items()})

    def handle(self, conn: TConn) -> Any:
        while True:
            self._began[conn] = time.monotonic()
            try:
                again = super().handle(conn)
            except _Later:
                again = _WAITS
            finally:
                self._began.pop(conn, None)
                if self._turns.pop(conn, "") == "placed":
                    self._leave()
            if again is _WAITS:
                if not self._stands(conn):
                    return _WAITS
                continue
            if again is not True or not self.alive or self.tpool._work_queue.qsize():
                return again
            # to hand the connection back costs half a request: the next one is often here already
            if not conn.parser.unreader.buf.getvalue() and not _readable(conn.sock):
                return again

    def _stands(self, conn: TConn) -> bool:
        """Whether the request that was read is answered now after all: with a place, or by being sent away."""
        turn = self._places.join(conn, time.monotonic())
        if turn == "waits":  # from now on another thread may have it
            return False
        self._turns[conn] = turn
        return True

    def _keepalive_after(self, conn: TConn, keepalive: Any) -> bool:
        """Whoever sends a file that was refused by its head is still sending: to close then is to take the answer from them, and
        nginx would say that we are away. One at a time, since it takes a thread."""
        sent = conn.parser.mesg
        if not keepalive or sent is None or sent.path not in upload.PATHS or not self._drains.acquire(blocking=False):
            return bool(super()._keepalive_after(conn, keepalive))
        try:
            return bool(conn.parser.finish_body(deadline=time.monotonic() + DRAIN_SECONDS, max_bytes=DRAIN_BYTES))
        finally:
            self._drains.release()

    def _leave(self) -> None:
        if (waiting := self._places.leave()) is not None:
            self._turns[waiting] = "placed"
            self.enqueue_req(waiting)

    def finish_request(self, conn: TConn, fs: Any) -> None:  # by the thread that accepts
        if fs.cancelled() or fs.exception() or fs.result() is not _WAITS:
            super().finish_request(conn, fs)

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

    def handle_request(self, req: Any, conn: TConn) -> bool:
        if sum([len(name) + len(value) for name, value in req.headers]) > HEADER_BYTES:
            raise LimitRequestHeaders("all header fields together")
        if not self.wsgi.is_page(req.path):
            return self._answer(req, conn)
        turn = self._turns.pop(conn, "")
        if turn == "refused":
            return self._answer(req, conn, crowded=True)
        if not turn and not self._places.take():
            conn.parser = _Again(conn, req)
            raise _Later
        try:
            return self._answer(req, conn)
        finally:
            self._leave()

    def _answer(self, req: Any, conn: TConn, crowded: bool = False) -> bool:  # as gunicorn's handle_request, for our answers, without hooks
        if req.path in upload.PATHS:  # the door knows who sends it before the file is read
            self._began[conn] = time.monotonic() + upload.SECONDS
        resp, environ = wsgi.create(req, conn.sock, conn.client, conn.server, self.cfg, response_class=Answer)
        environ["wsgi.multithread"], environ[CROWDED] = True, crowded
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

    def _tell(self, now: float) -> None:
        refused = self._places.refused
        if refused != self._told and now > self._told_at + TELL_SECONDS:
            log.warning("crowded", refused=refused - self._told)
            self._told, self._told_at = refused, now

    def notify(self) -> None:  # once a second and at every event, by the thread that accepts
        super().notify()
        for waiting in self._places.impatient(time.monotonic()):
            self._turns[waiting] = "refused"
            self.enqueue_req(waiting)
        self._tell(time.monotonic())
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
    lines = "".join(f"{name}: {value}\r\n" for name, value in constant_headers(settings)).encode()
    return type("Worker", (Worker,), {"lines": lines})
