"""Our cookies: `__Host-` prefixed, Secure, HttpOnly and SameSite=Lax when the issuer is https."""

import re

from flask import Response, request

from idp.vault import fingerprint

BROWSER, SESSION, LANGUAGE, CONSOLE = "idp-browser", "idp-session", "idp-language", "idp-console"
LOOK = "idp-look"
GENTLE, PLAIN = "gentle", "plain"
_CHOICES = {LANGUAGE: ("ja", "en"), LOOK: (GENTLE, PLAIN)}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_PAIR = re.compile(r"[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43}")
_SID_AND_SECRET = re.compile(r"[A-Za-z0-9]{26}\.[A-Za-z0-9_-]{43}")
BROWSER_SECONDS = 7 * 86_400


def _name(name: str, secure: bool) -> str:
    return f"__Host-{name}" if secure else name


def _sent(name: str) -> list[str]:
    """Every value of this cookie, as it was sent. Parsed once: Flask's own way looks through all headers for it."""
    environ = request.environ
    found: dict[str, list[str]] | None = environ.get("idp.cookies")
    if found is None:
        found = environ["idp.cookies"] = {}
        for pair in environ.get("HTTP_COOKIE", "").split(";"):
            key, _, value = pair.partition("=")
            found.setdefault(key.strip(), []).append(value.strip())
    return found.get(name, [])


def read(name: str, secure: bool) -> str | None:
    """The value of our cookie; none if it stands there twice or does not look like ours (requirement SE-03)."""
    values = _sent(_name(name, secure))
    if len(values) != 1:
        return None
    if name in _CHOICES:
        return values[0] if values[0] in _CHOICES[name] else None
    return values[0] if (_SID_AND_SECRET if name == SESSION else _TOKEN).fullmatch(values[0]) else None


def trust_name(account_id: str) -> str:
    """The cookie by which a browser is remembered for one account; several people may share a browser."""
    return "idp-trust-" + fingerprint(account_id)[:16]


def read_trust(account_id: str, secure: bool) -> str | None:
    """The value of that cookie, or None."""
    values = _sent(_name(trust_name(account_id), secure))
    return values[0] if len(values) == 1 and _PAIR.fullmatch(values[0]) else None


def write(response: Response, name: str, value: str, secure: bool, max_age: int | None = None) -> None:
    """Set one of our cookies; without `max_age` it ends with the browser."""
    response.set_cookie(
        _name(name, secure), value, max_age=max_age, path="/", secure=secure, httponly=True, samesite="Lax"
    )


def clear(response: Response, name: str, secure: bool) -> None:
    """Remove one of our cookies."""
    response.delete_cookie(_name(name, secure), path="/", secure=secure, httponly=True, samesite="Lax")
