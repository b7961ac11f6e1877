"""The one way by which a file comes in: streamed to a temporary file, whose sender was known before a byte of it was read."""

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Callable, Iterator, Mapping, cast

from flask import request
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from idp.deps import Deps
from idp.web import csrf
from idp.web.errors import PageError

TYPE = "multipart/form-data"
FIELD = "file"
BLOCK = 65_536
AROUND = 4_096  # bytes that the form may need beside the file
SECONDS = 900  # for the whole file
PATHS = frozenset({"/console/contracts/new"})  # that take files; the server waits longer there than for a form
MAX_BOUNDARY = 70  # RFC 2046 section 5.1.1


@dataclass(frozen=True)
class Upload:
    """A whole file, at its start; gone when it is closed, and with the process. `name`: what the sender calls it."""

    file: BinaryIO
    name: str


def proof(deps: Deps, browser: str, path: str) -> str:
    """What stands in the address that a file is sent to, so that its form is known as ours before it is read: good in this
    browser and for this path only."""
    return deps.vault.keyed_hash("csrf upload", f"{path}\n{browser}")


def check(deps: Deps, browser: str | None, given: str) -> None:
    """That the request comes from our own form, by its head alone; `given`: the proof in its address. Raises `PageError` 400 or
    403."""
    if browser is None:
        raise PageError(400, "common.cookies")
    if not csrf.ours(deps) or not deps.vault.matches("csrf upload", f"{request.path}\n{browser}", given[:100]):
        raise PageError(403, "error.forgery")


@contextmanager
def received(deps: Deps, most: int) -> Iterator[Upload]:
    """The file of this request, of at most `most` bytes. Raises `PageError`: 413 if it is longer, 415 if the body is no form
    with a file, 400 if it breaks off, takes too long or holds anything else."""
    boundary, length = _head(request.environ, most)
    with tempfile.TemporaryFile() as into:
        file = cast(BinaryIO, into)
        name = _streamed(request.environ["wsgi.input"].read, boundary, length, most, file, deps.clock)
        file.seek(0)
        yield Upload(file, name)


def _head(environ: Mapping[str, Any], most: int) -> tuple[bytes, int]:
    boundary = request.mimetype_params.get("boundary", "").encode("ascii", "replace")
    if request.mimetype != TYPE or not 0 < len(boundary) <= MAX_BOUNDARY:
        raise PageError(415, "error.bad_request")
    length = environ.get("CONTENT_LENGTH") or ""
    if environ.get("HTTP_TRANSFER_ENCODING") or not length.isascii() or not length.isdigit():
        raise PageError(400, "error.bad_request")  # browsers say how long their forms are
    if len(length) > 12 or int(length) > most + AROUND:
        raise PageError(413, "error.too_large")
    return boundary, int(length)


def _streamed(read: Callable[[int], bytes], boundary: bytes, length: int, most: int, into: BinaryIO, clock: Callable[[], float]) -> str:
    decoder = MultipartDecoder(boundary, max_form_memory_size=2 * BLOCK + AROUND, max_parts=1)
    ends, left = clock() + SECONDS, length
    state = _State(into, most)
    try:
        while left:
            block = read(min(BLOCK, left))
            if not block or clock() > ends:
                raise PageError(400, "error.bad_request")
            left -= len(block)
            decoder.receive_data(block)
            state.take(decoder)
        decoder.receive_data(None)
        state.take(decoder)
    except PageError:
        raise
    except Exception:  # whatever the server underneath, or the form's reader, finds wrong
        raise PageError(400, "error.bad_request") from None
    if state.name is None or not state.whole:
        raise PageError(400, "error.bad_request")
    return state.name


class _State:
    """What has come so far."""

    def __init__(self, into: BinaryIO, most: int):
        self._into, self._most = into, most
        self.name: str | None = None
        self.whole = False
        self._written = 0

    def take(self, decoder: MultipartDecoder) -> None:
        """Everything that the decoder can say of what it was given. Raises `PageError`."""
        while not isinstance(event := decoder.next_event(), NeedData):
            if isinstance(event, File) and event.name == FIELD and self.name is None:
                self.name = event.filename or ""
            elif isinstance(event, (File, Field)):
                raise PageError(400, "error.bad_request")
            elif isinstance(event, Data):
                self._written += len(event.data)
                if self._written > self._most:
                    raise PageError(413, "error.too_large")
                self._into.write(event.data)
            elif isinstance(event, Epilogue):
                self.whole = True
                return
