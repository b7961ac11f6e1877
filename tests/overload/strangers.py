"""An installation inside the test's own process on either pair of stores, and what lies in them."""

import sqlite3
import time
from pathlib import Path

from redis import Redis
from sqlalchemy import func, select
from werkzeug.test import run_wsgi_app

from idp import app, config, parts
from idp.tables import schema
from tests import running
from tests.input.wire import Answer, Request

LIMITS = {
    "rates": {
        "pages_per_address_per_minute": "8",
        "pages_per_minute_before_friction": "20",
        "sign_ins_per_address_per_minute": "6",
        "device_codes_per_address_per_minute": "4",
    },
    "contract_checks": {"per_address_per_hour": "3", "per_address_under_friction": "2"},
}


class Service:
    """`call` answers one request as gunicorn would hand it on; `keys` and `rows` say what is kept."""

    def __init__(self, folder: Path, database: str, ephemeral: str):
        installed = running.configure(folder, database, ephemeral, 8000, policy=LIMITS)
        settings, base = config.load(str(installed.config))
        self.deps = parts.open_deps(settings, base)
        self.house = app.build(self.deps)
        self._wsgi = app.create_wsgi(self.house)

    def call(self, request: Request) -> Answer:
        """One request."""
        parts, status, headers = run_wsgi_app(self._wsgi, request.environ(), buffered=True)
        return Answer(int(status[:3]), list(headers), b"".join(parts), "http://localhost:8000" + request.path)

    def keys(self) -> dict[str, float]:
        """Every key of the ephemeral store, values and counts alike, and the seconds that it still has."""
        url = self.deps.settings.ephemeral.url
        if url.startswith("sqlite"):
            with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
                return {key: until - time.time() for key, until in connection.execute("SELECT key, expires FROM facts")}
        with Redis.from_url(url) as client:
            return {key.decode().removeprefix("idp:"): client.pttl(key) / 1000 for key in client.scan_iter(count=10_000)}

    def rows(self) -> dict[str, int]:
        """How many rows each table of the durable store has."""
        with self.deps.database.read() as connection:
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in schema.metadata.sorted_tables
            }


def more(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Which tables have grown, by how many rows."""
    return {name: count - before[name] for name, count in after.items() if count != before[name]}
