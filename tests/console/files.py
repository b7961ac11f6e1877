"""Files sent to the console as a browser sends them."""

import io
from typing import Any

from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from idp.web import upload
from tests.console.people import BROWSER, Inside

NEW = "/console/contracts/new"
OURS = {"Sec-Fetch-Site": "same-origin"}
BOUNDARY = "zq"  # Werkzeug's own is at times longer than the 70 characters that RFC 2046 section 5.1.1 allows
KIND = f"multipart/form-data; boundary={BOUNDARY}"


def address(who: Inside, path: str = NEW) -> str:
    """Where the form of the page sends its file."""
    return f"{path}?proof={upload.proof(who.deps, BROWSER, path)}"


def send(who: Inside, content: bytes, name: str = "contracts.csv", path: str | None = None, **fields: Any) -> Any:
    """Send a file, and whatever else."""
    _, body = encode_multipart({"file": FileStorage(io.BytesIO(content), name), **fields}, BOUNDARY)
    where = address(who) if path is None else path
    return who.client.post(where, data=body, base_url=who.deps.settings.issuer, headers=OURS, content_type=KIND)


def raw(who: Inside, body: bytes, length: int | None = None, kind: str = KIND, **environ: Any) -> Any:
    """Send a body as it stands, of an announced length of its own."""
    more = {"CONTENT_LENGTH": str(len(body) if length is None else length), **environ}
    return who.client.post(
        address(who), input_stream=io.BytesIO(body), base_url=who.deps.settings.issuer, headers=OURS, content_type=kind, environ_overrides=more
    )  # fmt: skip


def part(content: bytes, name: str = "file", more: str = '; filename="c.csv"') -> bytes:
    """One part of a form."""
    return f'--zq\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + content + b"\r\n"
