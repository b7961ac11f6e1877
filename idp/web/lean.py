"""Flask without what no page of ours uses: coroutines, relative addresses, streams, sessions, a body for redirects."""

import re
from functools import cached_property
from typing import Any, Callable, Iterable

from flask import Flask, Request, Response
from flask.sessions import NullSession, SessionInterface
from werkzeug.routing import MapAdapter, Rule
from werkzeug.urls import iri_to_uri

_PLAIN = re.compile(r"[A-Za-z0-9:/?#@!$&'()*+,;=._~%-]*")  # an address that needs no encoding (RFC 3986 section 2)


class Whole(Response):
    """A response whose body is there: sent as it stands."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as a WSGI application."""
        if not isinstance(self.response, list) or "Content-Length" not in self.headers:
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        return () if environ["REQUEST_METHOD"] == "HEAD" else self.response


class _NoSession(SessionInterface):
    def open_session(self, app: Flask, request: Request) -> NullSession:
        return _NOTHING

    def is_null_session(self, obj: object) -> bool:
        return True


_NOTHING = NullSession()


class LeanFlask(Flask):
    """The application of the pages."""

    response_class = Whole
    session_interface = _NoSession()

    @cached_property
    def _exact(self) -> dict[tuple[str, str], Rule]:
        rules = [rule for rule in self.url_map.iter_rules() if not rule.arguments]
        return {(method, rule.rule): rule for rule in rules for method in (rule.methods or set()) - {"OPTIONS"}}

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Nothing for an address that is one of ours as it stands: to match it costs a tenth of a page."""
        if request is None or (rule := self._exact.get((request.method, request.environ["PATH_INFO"]))) is None:
            return super().create_url_adapter(request)
        request.url_rule, request.view_args = rule, {}
        return None

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: all of ours are plain ones."""
        return func

    def do_teardown_request(self, *_: Any) -> None:  # type: ignore[override]
        """Nothing is left open by a request."""

    def do_teardown_appcontext(self, *_: Any) -> None:  # type: ignore[override]
        """Nor by what surrounds it."""

    def redirect(self, location: str, code: int = 302) -> Response:  # type: ignore[override]
        """A redirect; browsers have followed it before they would show a body."""
        address = location if _PLAIN.fullmatch(location) else iri_to_uri(location)
        return Whole(b"", code, [("Location", address), ("Content-Type", "text/html; charset=utf-8")])
