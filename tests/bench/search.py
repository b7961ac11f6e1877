"""The desk's search box among a million accounts, against the same among a thousand."""

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, Iterator

from sqlalchemy import Table, text

from idp import app, config
from idp.deps import Deps
from idp.domain import search
from idp.features.console_members import flow
from idp.tables.schema import accounts, destinations, login_ids, search_names
from tests import running, services
from tests.bench import house
from tests.bench.contracts import contract
from tests.bench.figure import Figure, Round, figure, in_turn

NAMES = ("search",)
MANY, QUICK, FEW = 1_000_000, 10_000, 1_000
ASKED, CHUNK = 60, 5_000


def _rows(number: int) -> dict[Table, list[dict[str, Any]]]:
    """What the tables hold of the member of this number."""
    one, name = contract(number), f"member{number:07d}"
    account = {
        "id": f"s{number:025d}", "login_id": name, "login_id_key": name, "nickname": one["kana_name"], "status": "active", "role": "member",
        "locale": "ja", "epoch": 0, "password_state": "current", "password_at": 1, "contractor_id": str(number), "contract_type": "individual",
        "profile": "{}", "email_login": one["isp_mail"], "email_login_key": one["isp_mail"], "created_at": 1, "updated_at": 1,
    }  # fmt: skip
    to = "+81" + one["phone"].replace("-", "")[1:]
    place = {"id": account["id"], "account_id": account["id"], "kind": "sms", "address": to, "address_key": to, "verified_at": 1, "usual": 1, "created_at": 1}
    keys = search.keys_of(name, one["kana_name"], {})
    return {
        accounts: [account],
        login_ids: [{"login_id_key": name, "account_id": account["id"], "since": 1}],
        destinations: [place],
        search_names: [{"key": key, "account_id": account["id"]} for key in keys],
    }


def fill(deps: Deps, count: int) -> None:
    """So many members, as an import would leave them."""
    for first in range(1, count + 1, CHUNK):
        found: dict[Table, list[dict[str, Any]]] = {}
        for number in range(first, min(first + CHUNK, count + 1)):
            for table, rows in _rows(number).items():
                found.setdefault(table, []).extend(rows)
        with deps.database.write() as connection:
            for table, rows in found.items():
                connection.execute(table.insert(), rows)
    with deps.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def asked(random: Random, count: int) -> Iterator[str]:
    """What agents type: whole things and beginnings, of somebody and of nobody."""
    while True:
        one = contract(random.randint(1, count))
        name = f"member{int(one['customer_number']):07d}"
        yield from (name, one["isp_mail"], one["phone"], one["customer_number"], "member0", name[:-1], one["kana_name"][:3], "nobody", "ｱ")


class Desk:
    """An installation with so many members, asked in this process; what its own database process uses counts too."""

    def __init__(self, idp: running.Idp, count: int):
        self.deps = app.open_deps(*config.load(str(idp.config)))
        fill(self.deps, count)
        self.terms = asked(Random(count), count)
        self.backend = 0
        if self.deps.database.dialect == "postgresql":
            with self.deps.database.read() as connection:
                self.backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()

    def _cpu(self) -> float:
        return time.process_time() + (house.cpu(self.backend) if self.backend else 0)

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
            app.close_deps(one.deps)
        found = figure("search", 1.5, False, f"{FEW:,}", pairs)
        yield replace(found, raw={"members": many, "wall": median(a[1] / b[1] for a, b in zip(*pairs)), **found.raw})
