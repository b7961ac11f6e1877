"""The desk's search box among a million accounts, against the same among a thousand."""

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, Iterator

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, MetaData, String, Table, and_, cast, func, literal, select, text

from idp import config, parts
from idp.deps import Deps
from idp.domain import search
from idp.features.console_members import flow
from idp.tables.database import be_patient
from idp.tables.schema import accounts, destinations, login_ids, search_names
from tests import running, services
from tests.bench import house
from tests.bench.contracts import kana
from tests.bench.figure import Figure, Round, figure, in_turn

NAMES = ("search",)
MANY, QUICK, FEW = 1_000_000, 10_000, 1_000
ASKED, CHUNK = 60, 50_000


def _named(number: int) -> tuple[str, str]:
    """The family and the given name of a member of this number, in kana, of which many have the commonest."""
    return _FAMILY[number * 7_919 % 2_000 * (number % 3) // 2], _GIVEN[number * 104_729 % 3_000]


_FAMILY = tuple(kana(number, 3) for number in range(2_000))
_GIVEN = tuple(kana(number, 4) for number in range(3_000))
_WORDS = Table("words", MetaData(), Column("kind", String(1)), Column("n", Integer), Column("word", String(64)), Column("key", String(64)))
Index("ix_words", _WORDS.c.kind, _WORDS.c.n)


def _text(number: Any, width: int) -> Any:
    """A number as text with zeros before it, on both engines."""
    return func.substr(cast(number + 10**width, String(64)), 2)


def _members(connection: Connection, first: int, last: int) -> None:
    """The rows of these members, made by the database itself as an import would leave them."""
    series = select(cast(literal(first), BigInteger).label("n")).cte("series", recursive=True)
    series = series.union_all(select(series.c.n + 1).where(series.c.n < last))
    n, family, given = series.c.n, _WORDS.alias("family"), _WORDS.alias("given")
    account_id, name = literal("s" + "0" * 15) + _text(n, 10), literal("member") + _text(n, 7)
    mail, phone = literal("m") + cast(n, String(64)) + literal("@example.jp"), literal("+8190") + _text(n, 8)
    people = series.join(family, and_(family.c.kind == "f", family.c.n == n * 7_919 % 2_000 * (n % 3) // 2))
    people = people.join(given, and_(given.c.kind == "g", given.c.n == n * 104_729 % 3_000))
    plain = {
        "status": "active", "role": "member", "locale": "ja", "epoch": 0, "password_state": "current", "password_at": 1, "contract_type": "individual",
        "profile": "{}", "created_at": 1, "updated_at": 1,
    }  # fmt: skip
    values = {"id": account_id, "login_id": name, "login_id_key": name, "nickname": family.c.word + literal(" ") + given.c.word, "contractor_id": cast(n, String(64))}
    values |= {"email_login": mail, "email_login_key": mail} | {key: literal(value) for key, value in plain.items()}
    _from(connection, accounts, values, people)
    _from(connection, login_ids, {"login_id_key": name, "account_id": account_id, "since": literal(1)}, series)
    place = {"id": account_id, "account_id": account_id, "kind": literal("sms"), "address": phone, "address_key": phone, "verified_at": literal(1)}
    _from(connection, destinations, {**place, "usual": literal(1), "created_at": literal(1)}, series)
    for key in (name, family.c.key + given.c.key):
        _from(connection, search_names, {"key": key, "account_id": account_id}, people)


def _from(connection: Connection, table: Table, values: dict[str, Any], source: Any) -> None:
    connection.execute(table.insert().from_select(list(values), select(*values.values()).select_from(source)))


def fill(deps: Deps, count: int) -> None:
    """So many members."""
    words = [{"kind": kind, "n": n, "word": one, "key": search.name_key(one)} for kind, all_of in (("f", _FAMILY), ("g", _GIVEN)) for n, one in enumerate(all_of)]
    with deps.database.write() as connection:
        be_patient(connection, 0)
        _WORDS.create(connection)
        connection.execute(_WORDS.insert(), words)
    for first in range(1, count + 1, CHUNK):
        with deps.database.write() as connection:
            be_patient(connection, 0)
            _members(connection, first, min(first + CHUNK - 1, count))
    with deps.database.write() as connection:
        be_patient(connection, 0)
        connection.execute(text("ANALYZE"))


def asked(random: Random, count: int) -> Iterator[str]:
    """What agents type: whole things and beginnings, of somebody and of nobody."""
    while True:
        number = random.randint(1, count)
        name = f"member{number:07d}"
        yield from (name, f"m{number}@example.jp", f"090{number:08d}", str(number), "member0", name[:-1], _named(number)[0], "nobody", "ｱ")


class Desk:
    """An installation with so many members, asked in this process; what its own database process uses counts too."""

    def __init__(self, idp: running.Idp, count: int):
        self.deps = parts.open_deps(*config.load(str(idp.config)))
        fill(self.deps, count)
        self.terms = asked(Random(count), count)
        self._cpu = house.OwnCpu(self.deps.database)

    def round(self) -> Round:
        """CPU seconds and seconds per search."""
        began, cpu = time.perf_counter(), self._cpu()
        for _ in range(ASKED):
            flow.find(self.deps, next(self.terms))
        return (self._cpu() - cpu) / ASKED, (time.perf_counter() - began) / ASKED


def figures(folder: Path, urls: tuple[str, str], quick: bool) -> Iterator[Figure]:
    """The one figure, over a million members, or fewer if it is to be quick."""
    many = QUICK if quick else MANY
    with ExitStack() as kept:
        desks = []
        for count in (many, FEW):
            database, ephemeral = urls
            if database.startswith("postgresql"):
                database = kept.enter_context(services.empty_database(database, f"members_{count}"))
            desks.append(Desk(running.configure(folder / f"members-{count}", database, ephemeral, services.free_port()), count))
        pairs = in_turn(5 if quick else 15, desks[0].round, desks[1].round)
        for one in desks:
            parts.close_deps(one.deps)
        found = figure("search", 1.5, False, f"{FEW:,}", pairs)
        yield replace(found, raw={"members": many, "wall": median(a[1] / b[1] for a, b in zip(*pairs)), **found.raw})
