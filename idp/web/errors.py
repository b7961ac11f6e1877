"""Turns whatever goes wrong into a page that says what happened and what to do next, never into a bare 500."""

import traceback

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from idp import texts, vault
from idp.ports import Unavailable
from idp.services.passwords import Busy
from idp.web.machine import Reply
from idp.web.pages import Pages

log = structlog.get_logger("idp.pages")
RETRY_SECONDS, CROWD_SECONDS = 60, 5


class PageError(Exception):
    """Ends the request with an error page: HTTP status and the key of its sentence."""

    def __init__(self, status: int, key: str, retry_after: int | None = None):
        super().__init__(key)
        self.status, self.key, self.retry_after = status, key, retry_after


def error_page(pages: Pages, status: int, key: str, reference: str = "", retry_after: int | None = None) -> Response:
    """The one error page: sentence, way on, help, and a reference number for errors of ours."""
    response = pages.respond("error.html", pages.locale(), status, key=key, reference=reference)
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


def busy_reply(app: Flask, pages: Pages) -> Reply:
    """What whoever cannot be taken now is answered, in every language at once: made beforehand, so that it costs next to nothing."""
    with app.test_request_context("/"):
        own, *others = texts.LOCALES
        said = [(locale, pages.text(locale, "common.busy")) for locale in others]
        response = pages.respond("busy.html", own, 503, others=said)
    return Reply(503, response.get_data(), (*response.headers.to_wsgi_list(), ("Retry-After", str(CROWD_SECONDS))))


def _place() -> str:
    """Where it happened, without what the address holds: a link of a letter is a key (requirement LGN-01)."""
    return request.url_rule.rule if request.url_rule else "elsewhere"


def install(app: Flask, pages: Pages) -> None:
    """Register the handlers on the app."""

    @app.errorhandler(PageError)
    def page_error(error: PageError) -> Response:
        return error_page(pages, error.status, error.key, retry_after=error.retry_after)

    @app.errorhandler(Unavailable)
    @app.errorhandler(Busy)
    def busy(error: Exception) -> Response:
        log.warning("unavailable", part=str(error), path=_place())
        return error_page(pages, 503, "common.busy", retry_after=RETRY_SECONDS if isinstance(error, Unavailable) else CROWD_SECONDS)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        key = {404: "error.not_found", 405: "error.method", 413: "error.too_large"}.get(status, "error.bad_request")
        response = error_page(pages, status, key)
        if allowed := getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        reference = vault.random_id(8)
        frames = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
        log.error("unexpected", reference=reference, path=_place(), kind=type(error).__name__, at=frames)
        return error_page(pages, 500, "common.server", reference)
