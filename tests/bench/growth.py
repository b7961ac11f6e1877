"""What a request costs among a million members, a million rows of audit and 100,000 of each thing that members leave behind, against
the same among a thousand; what the register of contracts and the desk's search cost, `matching` and `search` say."""

import contextlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Callable, Iterator

import psycopg
from sqlalchemy import BigInteger, Connection, String, Table, cast, literal, select, text

from idp import config, parts
from idp.tables.database import be_patient
from idp.tables.schema import accounts, audit, consents, destinations, login_ids, refresh_families, sessions, trusted_browsers
from tests import running, services
from tests.bench import audited, house, load, pages
from tests.bench.figure import Figure, Round
from tests.bench.house import Server

NAMES = ("growth",)
SIZES, QUICK = (1_000, 30_000, 1_000_000), (1_000, 10_000)
TENTH, CHUNK = 10, 100_000  # a tenth of the members have a session, a remembered browser, a consent and a refresh family
FOREVER = 4_000_000_000
COUNT = 40  # operations of a round
Ask = Callable[..., tuple[Round, list[Any]]]


def _numbered(first: int, last: int) -> Any:
    series = select(cast(literal(first), BigInteger).label("n")).cte("series", recursive=True)
    return series.union_all(select(series.c.n + 1).where(series.c.n < last)).c.n


def _named(prefix: str, n: Any, suffix: str = "") -> Any:
    return literal(prefix) + cast(n, String) + literal(suffix)


def _rows(n: Any, client_id: str) -> dict[Table, tuple[int, dict[str, Any]]]:
    """Of each table: one row for how many members, and what stands in it."""
    member, grown = _named("grown-", n), _named("grown", n)
    account = {
        "id": member, "login_id": grown, "login_id_key": grown, "nickname": "はなこ", "status": "active", "role": "member", "locale": "ja", "epoch": 0,
        "password_state": "current", "password_at": 1, "profile": "{}", "email_login_key": _named("m", n, "@grown.example"), "created_at": 1, "updated_at": 1,
    }  # fmt: skip
    mail = _named("m", n, "@mail.example")
    place = {"id": member, "account_id": member, "kind": "email", "address": mail, "address_key": mail, "verified_at": 1, "usual": 1, "created_at": 1}
    session = {"sid": member, "account_id": member, "started_at": 1_750_000_000, "device": "ios.safari", "address": "192.0.2.0"}
    family = {"series_hash": member, "account_id": member, "client_id": client_id, "generation": 1, "facts": "{}", "used_at": 1, "expires_at": FOREVER, "ends_at": FOREVER}
    browser = {
        "id": member, "account_id": member, "series_hash": member, "secret_hash": "x", "rotated_at": 1, "epoch": 0, "device": "ios.safari", "address": "192.0.2.0",
        "created_at": 1, "used_at": 1, "expires_at": FOREVER,
    }  # fmt: skip
    consent = {"account_id": member, "client_id": client_id, "scope": "openid", "granted_at": 1}
    login_id = {"login_id_key": grown, "account_id": member, "since": 1}
    tenth = {sessions: session, refresh_families: family, trusted_browsers: browser, consents: consent}
    return {accounts: (1, account), login_ids: (1, login_id), destinations: (1, place)} | {table: (TENTH, row) for table, row in tenth.items()}


def fill(connection: Connection, count: int, client_id: str) -> None:
    """So many members beside those who sign in, made by the database itself."""
    for first in range(1, count + 1, CHUNK):
        n = _numbered(first, min(first + CHUNK - 1, count))
        for table, (each, row) in _rows(n, client_id).items():
            values = [literal(value) if isinstance(value, (str, int)) else value for value in row.values()]
            connection.execute(table.insert().from_select(list(row), select(*values).where(n % each == 0)))
    connection.execute(audit.delete())  # the numbers of its rows are taken anew
    audited.fill(connection, count)


@dataclass
class Grown:
    """A served installation with so many members, and those of its members who sign in."""

    size: int
    server: Server
    portal: load.Portal
    members: list[str]
    tokens: list[dict[str, Any]]
    cookie: str
    database: list[int]  # process ids that work for it beside the worker

    def cpu(self) -> float:
        """CPU seconds so far, those of its database included."""
        return house.cpu(self.server.worker) + sum(house.cpu(pid) for pid in self.database)


def _backends(url: str) -> list[int]:
    if not url.startswith("postgresql"):
        return []
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        return [row[0] for row in found]


@contextlib.contextmanager
def grown(folder: Path, urls: tuple[str, str], size: int, client: Any) -> Iterator[Grown]:
    """An installation with so many members, and one sign-in behind it."""
    prepared = house.prepare(folder, *urls)
    deps = parts.open_deps(*config.load(str(prepared.idp.config)))
    with deps.database.write() as connection:
        be_patient(connection, 0)
        fill(connection, size, prepared.portal.client["client_id"])
    with deps.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    parts.close_deps(deps)
    portal = replace(prepared.portal, scope="openid profile email offline_access")
    with house.on(house.SERVER_CORE), running.serving(prepared.idp) as process:
        server = Server(portal.port, process.pid)
        codes = client.apply(load.codes, (portal, prepared.members[:4], COUNT))
        bodies = client.apply(load.requests, (portal.port, [portal.exchange(code) for code in codes]))[1]
        cookie = client.apply(pages.cookies, (portal, prepared.members[0]))[1][0]
        yield Grown(size, server, portal, prepared.members, [json.loads(body) for body in bodies], cookie, _backends(urls[0]))


def operations(one: Grown) -> dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]:
    """What is asked of each, by name: a function of the load and its arguments."""
    portal, cookie = one.portal, {"Cookie": one.cookie}
    by_token = lambda path: [portal.machine(path, {"token": token["access_token"]}) for token in one.tokens]  # noqa: E731
    refreshed = [portal.machine("/token", {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}) for token in one.tokens]
    told = [load.message("GET", "/userinfo", portal.host, {"Authorization": f"Bearer {token['access_token']}"}) for token in one.tokens]
    page = [load.message("GET", path, portal.host, cookie) for path in ("/account", "/account/sessions", "/account/history", "/account/consents") * (COUNT // 4)]
    return {
        "sign-in": (load.sign_ins, (portal, one.members[: COUNT // 4])),
        "refresh": (load.requests, (portal.port, refreshed)),
        "userinfo": (load.requests, (portal.port, told)),
        "introspect": (load.requests, (portal.port, by_token("/introspect"))),
        "account": (load.requests, (portal.port, page)),
    }


def _round(one: Grown, client: Any, call: Callable[..., Any], arguments: tuple[Any, ...]) -> float:
    before = one.cpu()
    results = client.apply(call, arguments)[1]
    return (one.cpu() - before) / len(results)


def figures(folder: Path, urls: tuple[str, str], quick: bool, client: Any) -> Iterator[Figure]:
    """The dearest of the operations, most members by fewest; beside it each operation's CPU at every size."""
    sizes = QUICK if quick else SIZES
    with contextlib.ExitStack() as kept:
        houses = []
        for size in sizes:
            database, ephemeral = urls
            if database.startswith("postgresql"):
                database = kept.enter_context(services.empty_database(database, f"grown_{size}"))
            houses.append(kept.enter_context(grown(folder / f"grown-{size}", (database, ephemeral), size, client)))
        spent: dict[str, dict[int, list[float]]] = {}
        for _ in range(4 if quick else 13):
            for one in houses:
                for name, (call, arguments) in operations(one).items():
                    spent.setdefault(name, {}).setdefault(one.size, []).append(_round(one, client, call, arguments))
    # the first round does not count: it fills memories
    ratios = {name: [many / few for many, few in zip(by[sizes[-1]][1:], by[sizes[0]][1:])] for name, by in spent.items()}
    dearest = max(ratios.values(), key=median)
    raw = {f"{name} CPU ms at {size:,}": median(by[size][1:]) * 1000 for name, by in spent.items() for size in sizes}
    yield Figure("growth", "x", 1.5, False, dearest, {name: median(found) for name, found in ratios.items()} | raw)
