"""What the shell's `idp check` and the console's page of the system both try."""

import importlib.metadata
from dataclasses import dataclass

from idp import migrations
from idp.ports import Ephemeral
from idp.tables.database import Database

# below these, published weaknesses are open (security requirements, minimum versions)
MINIMUM = {
    "authlib": "1.9.9", "joserfc": "1.8", "marshmallow": "4.1.2", "flask": "3.1.3", "gunicorn": "23", "pyotp": "2.12",
    "redis": "8.1",
}  # fmt: skip
MAX_SKEW = 5.0  # seconds


@dataclass(frozen=True)
class Step:
    """At which step the tables are, "none" for an empty database, and at which this version wants them."""

    at: str
    wanted: str


def _older(found: str, wanted: str) -> bool:
    numbers = lambda text: [int(part) for part in text.split(".")[:3] if part.isdigit()]  # noqa: E731
    return numbers(found) < numbers(wanted)


def outdated() -> list[tuple[str, str, str]]:
    """(name, version found, version wanted) of each library that is too old to start with."""
    return [
        (name, found, wanted) for name, wanted in MINIMUM.items() if _older(found := importlib.metadata.version(name), wanted)
    ]


def step(database: Database) -> Step:
    """Where the schema is. Raises `Unavailable`."""
    with database.read() as connection:
        return Step(migrations.current(connection) or "none", migrations.head())


def keeps(store: Ephemeral) -> bool:
    """Whether what is written into the ephemeral store can be read back. Raises `Unavailable`."""
    store.ping()
    kept = store.add("check", b"1", 5) or store.get("check") == b"1"
    store.drop("check")
    return kept


def skew(database: Database, now: float) -> float:
    """By how many seconds this machine, at this Unix time, and the database differ. Raises `Unavailable`."""
    with database.read() as connection:
        return abs(migrations.database_time(connection) - now)
