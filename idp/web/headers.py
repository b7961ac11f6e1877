"""Security headers of every response, and the host names that are answered (requirements WB-01, IP-05)."""

import base64
import hashlib
import re
from functools import lru_cache
from typing import Any, Callable, Iterable

from idp.config import Settings
from idp.domain.client import without_port
from idp.services import request_ids
from idp.web.machine import Reply

Wsgi = Callable[..., Iterable[bytes]]
# in a request's environment: whether its sender is asked to come again, since too many have come
CROWDED = "idp.crowded"
# the one inline script we have: it submits the form_post answer (OAuth 2.0 Form Post Response Mode)
FORM_POST_SCRIPT = "document.forms[0].submit()"
_SCRIPT_HASH = base64.b64encode(hashlib.sha256(FORM_POST_SCRIPT.encode()).digest()).decode()
_LINK = re.compile(r"/(?:reset/)?([A-Za-z0-9_-]{1,64})")
_BASE = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; img-src 'self' data:"


def page_policy(form_targets: Iterable[str] = (), form_post: bool = False) -> str:
    """Content-Security-Policy of a page. Browsers apply form-action to every redirect that follows a form, those of
    the portal that the member goes back to included, and these may lead on to any https site: where there is a portal
    (`form_targets`) all of https is allowed, and of http only the portal's loopback host, where a native app listens
    at any port (RFC 8252 section 7.3)."""
    targets = set(form_targets)
    loopback = sorted({without_port(one) + ":*" for one in targets if one.startswith("http://")})
    allowed = ["'self'", *(["https:"] if targets else []), *loopback]
    script = f"; script-src 'sha256-{_SCRIPT_HASH}'" if form_post else ""
    return f"{_BASE}; form-action {' '.join(allowed)}{script}"


def constant_headers(settings: Settings) -> list[tuple[str, str]]:
    """What every response carries that has nothing else of that name, errors included."""
    found = [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
        ("X-Frame-Options", "DENY"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ]
    if settings.secure:
        found.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))
    return found


class Gate:
    """The outermost WSGI layer: names the request, refuses unknown hosts, adds the constant headers to whatever answers, and
    notes how long it took: `noted(path, status, seconds)` by the clock `timer`. `is_page(path)`: whether a page answers there;
    `busy`: the answer to whoever the server underneath cannot take, which says so by `CROWDED`."""

    def __init__(
        self,
        settings: Settings,
        inner: Wsgi,
        timer: Callable[[], float],
        noted: Callable[[str, int, float], None],
        is_page: Callable[[str], bool],
        busy: Reply,
    ):
        self._inner, self._timer, self._noted = inner, timer, noted
        self.is_page, self._busy = is_page, busy
        self._hosts, self._link_host, self._issuer = settings.hosts, settings.link_host, settings.issuer
        self._headers = constant_headers(settings)
        self._missing = lru_cache(maxsize=256)(self._not_among)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began, path, request_id = self._timer(), environ["PATH_INFO"], request_ids.begin()

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            headers += self._missing(tuple([name for name, _ in headers]))
            headers.append((request_ids.HEADER, request_id))
            self._noted(path, int(status[:3]), self._timer() - began)
            return start_response(status, headers, *rest)

        if environ.get(CROWDED):
            start(f"{self._busy.status} Service Unavailable", [*self._busy.headers, ("Content-Length", str(len(self._busy.body)))])
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [self._busy.body]
        if self._link_host and environ.get("HTTP_HOST", "").lower() == self._link_host and (to := self._linked(environ)):
            start("303 See Other", [("Location", to), ("Cache-Control", "no-store"), ("Content-Length", "0")])
            return []
        # monitoring reaches workers by address; everything else by a name we know
        known = environ.get("HTTP_HOST", "").lower() in self._hosts or path.startswith(("/health/", "/metrics"))
        # a target with a host name of its own is for proxies
        if not known or not environ.get("RAW_URI", "/").startswith("/"):
            body = b"This address is not served here.\n"
            start("421 Misdirected Request", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
        return self._inner(environ, start)

    def _not_among(self, names: tuple[str, ...]) -> list[tuple[str, str]]:
        """The constant headers that an answer with these names has not got yet."""
        there = {name.lower() for name in names}
        return [row for row in self._headers if row[0].lower() not in there]

    def _linked(self, environ: dict[str, Any]) -> str | None:
        """Where a link of an SMS leads from its short host: to the same link of the issuer. That host opens nothing else."""
        found = _LINK.fullmatch(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] in ("GET", "HEAD") else None
        return f"{self._issuer}/reset/{found[1]}" if found else None
