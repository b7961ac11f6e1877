"""What the sample portal's pages share: texts, language, the form of values, response headers."""

import csv
import json
import tomllib
import unicodedata
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, session

HERE = Path(__file__).parent
TEXTS: dict[str, dict[str, str]] = tomllib.loads((HERE / "texts.toml").read_text(encoding="utf-8"))
MEMBERS: list[dict[str, Any]] = tomllib.loads((HERE / "members.toml").read_text(encoding="utf-8"))["member"]
REGISTERED = {member.get("contractor_id") for member in MEMBERS}
JST = timezone(timedelta(hours=9), "JST")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def contracts(count: int = 3) -> list[tuple[str, str, str]]:
    """Sample contracts that no sample member has: customer number, phone and name in kana, as somebody would type them."""
    with (HERE / "contracts.csv").open(encoding="utf-8") as file:
        rows = [row for row in list(csv.reader(file))[1:] if row[0].lstrip("0") not in REGISTERED]
    return [(row[0], row[2].partition(";")[0], unicodedata.normalize("NFKC", row[3])) for row in rows[:count]]


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
    portal.context_processor(lambda: {"t": TEXTS[language()], "lang": language(), "issuer": issuer, "samples": MEMBERS, "contracts": contracts()})
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
