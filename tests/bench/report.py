"""The report: the machine, a table of targets, and the same as plain data."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench import house
from tests.bench.figure import Figure

LIBRARIES = ("argon2-cffi", "authlib", "cryptography", "flask", "gunicorn", "joserfc", "psycopg", "redis", "sqlalchemy")
MEANING = {
    "start": "from start to the first answer",
    "sign-in": "raw Argon2 checks ÷ whole sign-in",
    "code": "sign-in with a code ÷ without",
    "remembered": "in a remembered browser ÷ without",
    "passkey": "sign-in with a passkey ÷ a password",
    "exchange": "code exchange ÷ raw RS256 signature",
    "refresh": "refresh ÷ its raw cryptography",
    "back-end": "client credentials ÷ raw cryptography",
    "introspect": "introspection ÷ its raw cryptography",
    "par": "pushed request ÷ plain authorization",
    "dpop": "DPoP exchange ÷ its raw cryptography",
    "userinfo": "userinfo ÷ Flask answer",
    "account": "dearest account page ÷ Flask template",
    "discovery": "discovery ÷ bare WSGI answer",
    "jwks": "JWKS ÷ bare WSGI answer",
    "memory": "PSS of a worker after load",
    "lasting": "USS of a worker: last point - first",
    "letters": "mails per second of one courier",
    "peer-sign-in": "oidc-provider ÷ ours: sign-in",
    "peer-exchange": "oidc-provider ÷ ours: code exchange",
    "peer-refresh": "oidc-provider ÷ ours: refresh",
    "peer-back-end": "oidc-provider ÷ ours: back end",
    "peer-userinfo": "oidc-provider ÷ ours: userinfo",
    "peer-introspect": "oidc-provider ÷ ours: introspection",
    "peer-discovery": "oidc-provider ÷ ours: discovery",
    "peer-jwks": "oidc-provider ÷ ours: JWKS",
    "import": "greatest RSS of a contract import",
    "matching": "one contract of many ÷ of 1,000",
    "search": "the desk's search of many ÷ of 1,000",
    "console-import": "greatest RSS of an import by console",
    "growth": "dearest request of many ÷ of 1,000",
    "audit": "audit pages of many ÷ of 1,000",
}
HEADING = f"{'':15} {'':36} {'target':>10} {'median':>8} {'spread':>13}  {'':7} raw, medians"


def machine() -> dict[str, str]:
    """What the figures depend on."""
    model = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    shared = "" if house.SERVER_CORE != house.LOAD_CORE else ", shared by server and load: CPU time still counts the server only"
    return {
        "machine": f"{len(model)} cores, {model[0] if model else platform.machine()}, load {os.getloadavg()[0]:.1f}",
        "server": f"1 worker on core {min(house.SERVER_CORE)}, load on core {min(house.LOAD_CORE)}{shared}",
        "python": f"{platform.python_version()} on {platform.system()} {platform.release()}",
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }


def line(figure: Figure) -> str:
    """One row of the table."""
    low, high = min(figure.values), max(figure.values)
    target = figure.unit if figure.target is None else f"{'≥' if figure.at_least else '≤'} {figure.target:g} {figure.unit}"
    raw = ", ".join(f"{name} {value:.3g}" if value < 100 else f"{name} {value:.0f}" for name, value in figure.raw.items())
    spread = f"{low:.2f}–{high:.2f}" if len(figure.values) > 1 else ""
    verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
    return f"{figure.name:15} {MEANING[figure.name]:36} {target:>10} {figure.value:>8.2f} {spread:>13}  {verdict:7} {raw}"


def plain(about: dict[str, str], found: dict[str, list[Figure]]) -> dict[str, Any]:
    """Everything that was measured, for --json."""
    rows = {
        kind: [
            {"name": f.name, "unit": f.unit, "target": f.target, "at_least": f.at_least, "median": f.value, "met": f.met}
            | {"rounds": f.values, "raw": f.raw}
            for f in figures
        ]
        for kind, figures in found.items()
    }
    return {"machine": about, "stores": rows}
