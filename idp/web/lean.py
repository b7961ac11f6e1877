"""Flask without what no page of ours uses: coroutines, relative addresses, streams, a body for redirects."""

from typing import Any, Callable, Iterable

from flask import Flask, Response
from werkzeug.urls import iri_to_uri


class Whole(Response):
    """A response whose body is there: sent as it stands."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as a WSGI application."""
        if not isinstance(self.response, list) or "Content-Length" not in self.headers:
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        return () if environ["REQUEST_METHOD"] == "HEAD" else self.response


class LeanFlask(Flask):
    """The application of the pages."""

    response_class = Whole

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: all of ours are plain ones."""
        return func

    def redirect(self, location: str, code: int = 302) -> Response:  # type: ignore[override]
        """A redirect; browsers have followed it before they would show a body."""
        return Whole(b"", code, [("Location", iri_to_uri(location)), ("Content-Type", "text/html; charset=utf-8")])
