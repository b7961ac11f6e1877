"""Looks at an installation after the storm: what still works, what is missing, what stands where it must not."""

import contextlib
import json
import random
import re
import sqlite3
from pathlib import Path
from typing import Callable, Iterator

import psycopg
from sqlalchemy import select

from idp import config
from idp.tables.database import Database
from idp.tables.schema import accounts, refresh_families
from tests.faults.storm import tokens
from tests.faults.storm.acts import SCOPE
from tests.faults.storm.checker import Found
from tests.faults.storm.houses import House
from tests.faults.storm.ledger import CANARY, Held, Member
from tests.faults.storm.visitor import Visitor
from tests.input.test_canary import spellings

MOST = 60  # of each kind that are tried
# what a log may say on the level of errors while processes are killed: gunicorn's own lines
EXPECTED = re.compile(r"Worker \(pid:\d+\) (was sent SIG|exited with code|failed to boot)|WORKER TIMEOUT|Shutting down|Reason: ")


def _some(held: list[Held]) -> list[Held]:
    """The newest, and some by lot."""
    return held if len(held) <= MOST else held[-MOST // 2 :] + random.Random(0).sample(held[: -MOST // 2], MOST // 2)


def _works(house: House, held: Held) -> bool:
    return tokens.works(house, Visitor(house), held)


def alive(house: House) -> Iterator[str]:
    """What has ended, and works."""
    for kind in ("access", "refresh", "session"):
        for held in _some([one for one in house.ledger.held if one.kind == kind and one.ended]):
            if _works(house, held):
                yield f"{kind} of {held.member}: {held.ended}"


def lost(house: House) -> Iterator[str]:
    """What was acknowledged, and is not there: refresh tokens, accounts, passwords. Sessions and access tokens stand in the
    ephemeral store, or nowhere."""
    for held in _some([one for one in house.ledger.held if one.kind == "refresh" and one.sure and not one.ended]):
        if not _works(house, held):
            yield f"refresh token of {held.member}"
    for member in house.ledger.members.values():
        if problem := _cannot_enter(house, member):
            yield f"{member.name}: {problem}; last: {_last(house, member)}"


def _cannot_enter(house: House, member: Member) -> str:
    """Why the password that counts does not open; ""."""
    visitor = Visitor(house)
    page = visitor.authorize(house.portals[0], scope=SCOPE)
    if len(member.maybe) > 3:
        return ""  # more tries than a member has
    for password in (member.password, *member.maybe):
        page = visitor.sign_in(page, member.name, password)
        if "current-password" not in page.text:
            return ""
    return f"the password is refused after {len(member.changed) - 1} change(s), and {len(member.maybe)} that may have been set"


def _last(house: House, member: Member) -> str:
    """What the log says that has become of the member's account."""
    settings, _ = config.load(str(house.idp.config))
    database = Database(settings.database.url)
    try:
        with database.read() as connection:
            account_id = connection.scalar(select(accounts.c.id).where(accounts.c.login_id == member.name))
    finally:
        database.close()
    lines = [json.loads(line) for line in house.node.log.read_text(errors="replace").splitlines() if f'"{account_id}"' in line and line.startswith("{")]
    return ", ".join(f"{one.get('at')} {one.get('event')} {one.get('result', one.get('outcome'))}" for one in lines[-12:])


def doubled(house: House) -> Iterator[str]:
    """What the tables hold twice."""
    settings, _ = config.load(str(house.idp.config))
    database = Database(settings.database.url)
    try:
        with database.read() as connection:
            grants = [json.loads(facts)["grant_id"] for facts in connection.scalars(select(refresh_families.c.facts))]
            owners = connection.execute(select(accounts.c.contract_key, accounts.c.status).where(accounts.c.contract_key.is_not(None)))
            contracts = [row.contract_key for row in owners if row.status == "active"]
    finally:
        database.close()
    for kind, found in (("refresh families of one grant", grants), ("accounts of one contract", contracts)):
        yield from (f"{kind}: {one}" for one in {one for one in found if found.count(one) > 1})


def _places(house: House) -> Iterator[tuple[str, bytes]]:
    """Everything that the installation has written: files, tables, the ephemeral store."""
    for path in house.idp.folder.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(house.idp.folder)), path.read_bytes()
    for path in (house.idp.folder / "disk").glob("*.db"):
        yield from _sqlite_tables(path)
    if house.postgres:
        with psycopg.connect(house.postgres.url(house.postgres.primary)) as connection:
            names = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
            for name in names:
                with connection.cursor().copy(f'COPY "{name}" TO STDOUT') as copy:  # type: ignore[call-overload]
                    yield f"table {name}", b"".join(bytes(block) for block in copy)
    if house.redis:
        with house.redis.client(house.redis.master) as store:
            keys = list(store.scan_iter(count=1000))
            yield "Redis keys", b"\n".join(keys)
            yield "Redis values", b"\n".join(value for value in (store.get(key) for key in keys) if value)


def _sqlite_tables(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every value on a line of its own: in the file they stand side by side."""
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.text_factory = bytes
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = connection.execute(f'SELECT * FROM "{name.decode()}"')
            yield f"{path.name}, table {name.decode()}", b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


def written(house: House) -> Iterator[str]:
    """Where a secret stands: a password however it is spelled, a token or code or cookie as it is."""
    secrets = {one.encode() for one in house.ledger.secrets}
    canaries, some = spellings(CANARY), sorted(secrets)[:MOST]
    for name, body in _places(house):
        if any(canary in body for canary in canaries):
            yield f"{name}: a password"
        for secret in secrets & set(re.findall(rb"[A-Za-z0-9_-]{20,}", body)) | {one for one in some if one in body}:
            yield f"{name}: {secret[:6].decode()}…"


def errors(log: Path) -> Iterator[str]:
    """Lines of the log on the level of errors, and what is no line of ours at all."""
    for line in log.read_text(errors="replace").splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            if "Traceback" in line:
                yield line[:300]
            continue
        if isinstance(said, dict) and said.get("level") in ("error", "critical") and not EXPECTED.search(str(said.get("event"))):
            yield line[:600]


def found(house: House) -> Found:
    """All of it, of an installation in good health without load."""
    looks: dict[str, Callable[[], Iterator[str]]] = {
        "alive": lambda: alive(house),
        "lost": lambda: lost(house),
        "doubled": lambda: doubled(house),
        "written": lambda: written(house),
        "errors": lambda: errors(house.node.log),
    }
    return Found(**{name: sorted(set(look())) for name, look in looks.items()})
