"""A server on this machine that hears whole requests and answers what a test wants."""

import contextlib
import re
import socket
import ssl
import threading
from dataclasses import dataclass, field
from typing import Callable, Iterator


@dataclass
class Server:
    """A listener on this machine; `act` speaks to each caller; `heard` holds what they sent first."""

    port: int
    heard: list[bytes] = field(default_factory=list)


def _request(caller: socket.socket) -> bytes:
    """One whole request."""
    heard = b""
    while piece := caller.recv(65_536):
        heard += piece
        head, end, body = heard.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
        if end and len(body) >= int(length[1] if length else 0):
            break
    return heard


@contextlib.contextmanager
def listening(act: Callable[[socket.socket], None], context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Server]:
    """A server that lives for the block."""
    with socket.create_server((host, 0)) as listener:
        server = Server(listener.getsockname()[1])

        def serve() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with contextlib.suppress(OSError), caller:
                    caller = context.wrap_socket(caller, server_side=True) if context else caller
                    server.heard.append(_request(caller))
                    act(caller)
                    caller.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def saying(answer: bytes) -> Callable[[socket.socket], None]:
    """A server that gives everybody the same answer."""
    return lambda caller: caller.sendall(answer)
