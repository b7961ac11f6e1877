"""The audit screen over ten million rows, against the same over a thousand: every filter alone, and mixtures of them."""

import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, Iterator

import psycopg
from sqlalchemy import BigInteger, Connection, case, cast, func, literal, select, text

from idp import config, parts
from idp.deps import Deps
from idp.features.console_audit import flow
from idp.tables.audit_search import Filter
from idp.tables.database import be_patient
from idp.tables.schema import audit
from tests import running, services
from tests.bench import house
from tests.bench.figure import Figure, Round, figure, in_turn

NAMES = ("audit",)
MANY, QUICK, FEW = 10_000_000, 20_000, 1_000
ASKED, CHUNK = 4, 500_000  # questions of each kind in a round; rows of one statement
BEGAN, SECONDS = 1_750_000_000, 180 * 86_400
# of a thousand rows that come one after another, up to which of them it is what: the event, how it ended, and whether one of the
# staff did it. Between them lie other events, so that no walk finds its rows side by side
KINDS = (
    (560, "sign_in", "ok", False), (640, "sign_in", "wrong", False), (760, "second_factor", "ok", False), (800, "code_refused", "wrong", False),
    (860, "browser_remembered", "ok", False), (900, "throttled", "limited", False), (960, "member_revealed", "ok", True), (1_000, "desk_reset", "ok", True),
)  # fmt: skip


def _shares(number: Any, column: int) -> Any:
    """What stands in this column of `KINDS` for a row of this number."""
    at = number * 7_919 % 1_000
    return case(*((at < bound, literal(row[column - 1])) for bound, *row in KINDS[:-1]), else_=literal(KINDS[-1][column]))


def _rows(first: int, last: int, count: int) -> Any:
    """The rows of these numbers out of so many, made by the database itself."""
    series = select(cast(literal(first), BigInteger).label("n")).cte("series", recursive=True)
    series = series.union_all(select(series.c.n + 1).where(series.c.n < last))
    n = series.c.n
    acted = literal("staff") + cast(n * 31 % _staff(count), audit.c.event.type)
    return select(
        n, BEGAN + n * SECONDS // count, _shares(n, 1), _shares(n, 2), literal("account") + cast(n * 104_729 % (count // 10), audit.c.event.type),
        literal("portal") + cast(n % 5, audit.c.event.type), case((_shares(n, 3), acted)), literal("192.0.2.0"), literal("r") + cast(n, audit.c.event.type),
        literal("standard-1"), literal('{"method": "password", "os": "ios", "browser": "safari"}'),
    )  # fmt: skip


def _staff(count: int) -> int:
    return 1 if count <= FEW else 20


def fill(connection: Connection, count: int) -> None:
    """So many rows of half a year. The indexes are made afterwards."""
    for index in audit.indexes:
        index.drop(connection)
    names = [column.name for column in audit.c]
    for first in range(1, count + 1, CHUNK):
        connection.execute(audit.insert().from_select(names, _rows(first, min(first + CHUNK - 1, count), count)))
    for index in audit.indexes:
        index.create(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.setval(func.pg_get_serial_sequence("audit", "id"), count)))


def questions(count: int) -> dict[str, Filter]:
    """What is asked for, by name. Each finds a full page among a thousand rows, but an account, which has ten, and the last,
    which nobody has."""
    day = lambda number: BEGAN + SECONDS * number // 180  # noqa: E731
    return {
        "all": Filter(), "event": Filter(event="sign_in"), "result": Filter(result="wrong"), "who": Filter(actor="staff0"), "whom": Filter(account_id="account7"),
        "client": Filter(client_id="portal3"), "event+result": Filter(event="sign_in", result="wrong"), "client+event": Filter(event="sign_in", client_id="portal3"),
        "who+event": Filter(actor="staff0", event="member_revealed"), "days": Filter(since=day(40), until=day(100)),
        "days+event": Filter(since=day(40), until=day(100), event="sign_in"), "days+result": Filter(since=day(20), until=day(120), result="wrong"),
        "days+event+client": Filter(since=day(20), until=day(140), event="sign_in", client_id="portal3"), "nobody's": Filter(event="sign_in", result="locked", client_id="portal3"),
        "nobody's days": Filter(since=day(20), until=day(140), event="sign_in", result="limited"),
    }  # fmt: skip


@dataclass
class Screen:
    """An installation with so many rows, asked in this process; what its own database process uses counts too."""

    deps: Deps
    count: int

    @classmethod
    def filled(cls, idp: running.Idp, count: int) -> "Screen":
        """One that is ready to be asked."""
        deps = parts.open_deps(*config.load(str(idp.config)))
        with deps.database.write() as connection:
            be_patient(connection, 0)
            fill(connection, count)
        if deps.database.dialect == "postgresql":  # what it does by itself sooner or later, and no transaction
            with psycopg.connect(deps.settings.database.url, autocommit=True) as server:
                server.execute("VACUUM ANALYZE audit")
        else:
            with deps.database.write() as connection:
                connection.execute(text("ANALYZE"))
        return cls(deps, count)

    def __post_init__(self) -> None:
        self.random = Random(self.count)
        self.asked = questions(self.count)
        self.spent: dict[str, list[float]] = {name: [] for name in self.asked}
        self._cpu = house.OwnCpu(self.deps.database)

    def round(self) -> Round:
        """CPU seconds and seconds per page, over all kinds of questions: the first page, and those behind other places."""
        began, cpu = time.perf_counter(), self._cpu()
        for name, wanted in self.asked.items():
            start, before = self._cpu(), None
            for _ in range(ASKED):
                flow.look(self.deps, wanted, before)
                before = self.count - self.random.randrange(self.count // 20)
            self.spent[name].append((self._cpu() - start) / ASKED)
        asked = ASKED * len(self.asked)
        return (self._cpu() - cpu) / asked, (time.perf_counter() - began) / asked


def figures(folder: Path, urls: tuple[str, str], quick: bool) -> Iterator[Figure]:
    """The one figure, over ten million rows, or fewer if it is to be quick; beside it the ratio of each kind of question."""
    many = QUICK if quick else MANY
    with ExitStack() as kept:
        screens = []
        for count in (many, FEW):
            database, ephemeral = urls
            if database.startswith("postgresql"):
                database = kept.enter_context(services.empty_database(database, f"audit_{count}"))
            idp = running.configure(folder / f"audit-{count}", database, ephemeral, services.free_port())
            screens.append(Screen.filled(idp, count))
        yield compared(*screens, 5 if quick else 15)


def compared(many: Screen, few: Screen, rounds: int) -> Figure:
    """Both in turn."""
    pairs = in_turn(rounds, many.round, few.round)
    for one in (many, few):
        parts.close_deps(one.deps)
    found = figure("audit", 1.5, False, f"{FEW:,}", pairs)
    kinds = {name: median(a / b for a, b in zip(many.spent[name][1:], few.spent[name][1:])) for name in many.asked}
    return replace(found, raw={"rows": many.count, "wall": median(a[1] / b[1] for a, b in zip(*pairs)), **kinds, **found.raw})
