"""What the sample portal's pages share: texts, language, the form of values, response headers."""

import json
import tomllib
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, session

HERE = Path(__file__).parent
TEXTS: dict[str, dict[str, str]] = tomllib.loads((HERE / "texts.toml").read_text(encoding="utf-8"))
MEMBERS: list[dict[str, Any]] = tomllib.loads((HERE / "members.toml").read_text(encoding="utf-8"))["member"]
JST = timezone(timedelta(hours=9), "JST")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def language() -> str:
    """`ja`, unless this browser chose another one of ours."""
    return session.get("lang", "ja")


def moment(seconds: int) -> str:
    """Unix seconds as the reader's date and time."""
    return datetime.fromtimestamp(seconds, JST).strftime("%Y-%m-%d %H:%M:%S JST")


def shown(value: Any, claim: str) -> str:
    """A claim's value as text, a moment also in words."""
    if claim in ("exp", "iat", "auth_time", "updated_at") and isinstance(value, int) and 0 <= value < 2**32:
        return f"{value} ({moment(value)})"
    if isinstance(value, dict):
        return "\n".join(f"{name}: {part}" for name, part in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def dress(portal: Flask, issuer: str) -> None:
    """Give every page of the portal its texts, filters and headers."""
    portal.json.sort_keys = False  # claims are shown in the order in which they came
    portal.context_processor(lambda: {"t": TEXTS[language()], "lang": language(), "issuer": issuer, "samples": MEMBERS})
    portal.add_template_filter(shown)
    portal.add_template_filter(moment)

    @portal.before_request
    def switch() -> None:
        if request.args.get("lang") in TEXTS:
            session["lang"] = request.args["lang"]

    @portal.after_request
    def headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response
