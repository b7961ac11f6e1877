"""Answers machine endpoints (tokens, keys, discovery, health) straight on WSGI: no session, locale or template."""

import json
import traceback
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Iterable, Mapping

import structlog

from idp.ports import Unavailable
from idp.web import strict_form

log = structlog.get_logger("idp.machine")

REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 304: "Not Modified", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict", 411: "Length Required", 413: "Content Too Large",
    415: "Unsupported Media Type", 422: "Unprocessable Content", 429: "Too Many Requests", 500: "Internal Server Error",
    503: "Service Unavailable",
}  # fmt: skip
_COMPACT_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: status, body and headers beside Content-Length; `stream`: pieces of a body that is not made at once, in the
    place of `body`."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    stream: Iterable[bytes] | None = None


@dataclass(slots=True)
class MachineRequest:
    """One request as machine endpoints see it; `form` is filled for form posts, `body` for endpoints that take any type; `more`: headers
    that go with whatever is answered."""

    method: str
    environ: Mapping[str, Any]
    form: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    more: list[tuple[str, str]] = field(default_factory=list)

    def header(self, name: str) -> str:
        """A header's value, or an empty string."""
        value: str = self.environ.get("HTTP_" + name.upper().replace("-", "_"), "")
        return value

    @property
    def content_type(self) -> str:
        """The media type of the body in lower case, without parameters."""
        value: str = self.environ.get("CONTENT_TYPE", "")
        return value.split(";")[0].strip().lower()

    @property
    def path(self) -> str:
        """The path, decoded."""
        value: str = self.environ["PATH_INFO"]
        return value

    @property
    def query(self) -> str:
        """The raw query string."""
        value: str = self.environ.get("QUERY_STRING", "")
        return value

    @property
    def address(self) -> str:
        """The network address of the caller, as far as trusted proxies tell it."""
        value: str = self.environ.get("REMOTE_ADDR", "")
        return value


def json_reply(status: int, data: Any, headers: tuple[tuple[str, str], ...] = NO_STORE) -> Reply:
    """JSON in compact form."""
    body = _COMPACT_JSON.encode(data).encode()
    return Reply(status, body, (("Content-Type", "application/json"), *headers))


def error_reply(status: int, error: str, description: str, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """An error in the form of RFC 6749 section 5.2."""
    return json_reply(status, {"error": error, "error_description": description}, (*NO_STORE, *headers))


@dataclass(frozen=True)
class Endpoint:
    """A machine endpoint and its door mark: methods (none: it judges them itself, and reads bodies itself), whether it takes a form (and nothing else) or a `body` of any type,
    and which origins may read it by CORS ("any": public documents; "registered": origins of registered clients; None:
    nobody)."""

    answer: Callable[[MachineRequest], Reply]
    methods: tuple[str, ...]
    form: bool = False
    body: bool = False
    cors: str | None = None


def found(endpoints: Mapping[str, Endpoint], path: str) -> Endpoint | None:
    """The endpoint of this very path, or of all but the last part of it (it ends with a slash), or of everything below its first
    part (it ends with `/*`, and routes by itself); None: none."""
    return endpoints.get(path) or endpoints.get(path[: path.rfind("/") + 1]) or endpoints.get(path[: path.find("/", 1) + 1] + "*")


class MachineLayer:
    """Routes to machine endpoints; everything else to the pages behind."""

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        inner: Callable[..., Iterable[bytes]],
        known_origin: Callable[[str], bool] = lambda origin: False,
    ):
        self.endpoints = endpoints
        self._inner = inner
        self._known_origin = known_origin

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        endpoint = found(self.endpoints, environ["PATH_INFO"])
        if endpoint is None:
            return self._inner(environ, start_response)
        reply = self._safe(endpoint, environ)
        headers = [*reply.headers, *self._cors(endpoint, environ)]
        if reply.status not in (204, 304) and reply.stream is None:
            headers.append(("Content-Length", str(len(reply.body))))
        start_response(f"{reply.status} {REASONS[reply.status]}", headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            return []
        return [reply.body] if reply.stream is None else reply.stream

    def _safe(self, endpoint: Endpoint, environ: dict[str, Any]) -> Reply:
        try:
            return self._answer(endpoint, environ)
        except Unavailable as error:
            log.warning("unavailable", part=str(error), path=environ["PATH_INFO"])
            return error_reply(503, "temporarily_unavailable", "please try again in a moment", (("Retry-After", "5"),))
        except Exception as error:
            frames = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
            log.error("unexpected", path=environ["PATH_INFO"], kind=type(error).__name__, at=frames)
            return error_reply(500, "server_error", "something went wrong here; it has been noted")

    def _answer(self, endpoint: Endpoint, environ: dict[str, Any]) -> Reply:
        method = environ["REQUEST_METHOD"]
        if not endpoint.methods:
            return endpoint.answer(MachineRequest(method, environ))
        if method == "OPTIONS":
            return Reply(204, headers=(("Allow", ", ".join((*endpoint.methods, "OPTIONS"))),))
        if method not in endpoint.methods and not (method == "HEAD" and "GET" in endpoint.methods):
            allow = (("Allow", ", ".join((*endpoint.methods, "OPTIONS"))),)
            return error_reply(405, "invalid_request", f"use {' or '.join(endpoint.methods)} here", allow)
        request = MachineRequest(method, environ)
        if method in ("POST", "PUT") and (endpoint.form or endpoint.body):
            if problem := self._read_body(request) or (self._read_form(request) if endpoint.form else None):
                return problem
        reply = endpoint.answer(request)
        return replace(reply, headers=(*reply.headers, *request.more)) if request.more else reply

    def _read_body(self, request: MachineRequest) -> Reply | None:
        try:
            request.body = strict_form.read_body(request.environ)
        except strict_form.TooLarge:
            return error_reply(413, "invalid_request", "the body is larger than 64 KiB")
        except strict_form.BadForm as error:
            return error_reply(400, "invalid_request", str(error))
        return None

    def _read_form(self, request: MachineRequest) -> Reply | None:
        if request.content_type != strict_form.TYPE and (request.body or request.content_type):
            return error_reply(415, "invalid_request", f"send {strict_form.TYPE}")
        try:
            request.form = strict_form.parse(request.body)
        except strict_form.BadForm as error:
            return error_reply(400, "invalid_request", f"the form is not well-formed: {error}")
        return None

    def _cors(self, endpoint: Endpoint, environ: dict[str, Any]) -> list[tuple[str, str]]:
        origin = environ.get("HTTP_ORIGIN")
        if endpoint.cors is None:
            return []
        if endpoint.cors == "registered" and not origin:
            return [("Vary", "Origin")]
        preflight = []
        if environ["REQUEST_METHOD"] == "OPTIONS":
            preflight = [
                ("Access-Control-Allow-Methods", ", ".join(endpoint.methods)),
                ("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP"),
                ("Access-Control-Max-Age", "600"),
            ]
        if endpoint.cors == "any":  # with and without an origin, since caches keep the answer for all pages (Fetch standard section 3.3.5)
            return [("Access-Control-Allow-Origin", "*"), *preflight]
        try:
            known = self._known_origin(origin)
        except Unavailable:
            known = False
        read = [("Access-Control-Expose-Headers", "DPoP-Nonce, WWW-Authenticate")]
        allowed = [("Access-Control-Allow-Origin", origin), *(preflight or read)] if known else []
        return [("Vary", "Origin"), *allowed]
