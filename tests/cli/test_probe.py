"""`idp probe`: a real sign-in through the public address, which leaves nothing behind, and says at which step it stopped."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Iterator

import pytest
from sqlalchemy import func, select

from idp import config
from idp.domain.account import Account
from idp.services import probing
from idp.tables import accounts, probes, schema
from idp.tables.database import Database
from tests import running, services
from tests.running import Idp

STEPS = ["prepare", "discovery", "keys", "page", "sign_in", "tokens", "userinfo", "sign_out", "signed_out", "clean_up"]


def probe(idp: Idp, code: int = 0) -> dict[str, Any]:
    """What `idp probe` says: one line of JSON."""
    done = idp.run("probe", check=False)
    assert done.returncode == code and len(done.stdout.splitlines()) == 1, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def opened(idp: Idp) -> Database:
    """The installation's database."""
    return Database(config.load(str(idp.config))[0].database.url)


def counted(idp: Idp) -> dict[str, int]:
    """Rows by table, but for the audit record and what is counted from it."""
    database = opened(idp)
    with database.read() as connection:
        found = {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in schema.metadata.tables.items()
            if not name.startswith(("audit", "rollup"))
        }
    database.close()
    return found


def grown(idp: Idp, before: dict[str, int]) -> set[str]:
    """The tables that have more rows than before; the courier may have swept others meanwhile."""
    return {name for name, count in counted(idp).items() if count > before[name]}


def test_a_sign_in_that_leaves_nothing_behind(idp: Idp) -> None:
    probe(idp)
    before = counted(idp)
    found = probe(idp)
    assert found["ok"] is True and found["issuer"] == idp.issuer and list(found["seconds"]) == STEPS
    assert all(took >= 0 for took in found["seconds"].values()) and found["total"] > 0
    assert not grown(idp, before)
    row = idp.audit("sign_in")[-1]
    assert (row["client_id"], row["result"]) == (probing.CLIENT_ID, "ok")


def test_many_at_once_do_not_disturb_each_other(idp: Idp) -> None:
    probe(idp)
    before = counted(idp)
    assert all(found["ok"] for found in services.race(4, lambda: probe(idp)))
    assert not grown(idp, before)


def test_where_a_second_factor_is_required_it_is_given(tmp_path: Path) -> None:
    policy = {"second_factor": {"mode": '"required"'}}
    alone = running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///e.db", services.free_port(), policy=policy)
    with running.serving(alone):
        assert [probe(alone)["ok"] for _ in range(2)] == [True, True]
        row = alone.audit("sign_in")[-1]
    assert row["client_id"] == probing.CLIENT_ID


def test_a_service_that_is_away_is_told_with_its_step(tmp_path: Path) -> None:
    away = running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///e.db", services.free_port())
    away.run("migrate")
    found = probe(away, code=1)
    assert (found["ok"], found["step"]) == (False, "discovery") and "ConnectionError" in found["reason"]
    assert counted(away)["accounts"] == 0


class _Answers(BaseHTTPRequestHandler):
    body: bytes = b"{}"
    status = 200

    def do_GET(self) -> None:
        """The same to everything."""
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def stranger(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Idp]:
    """Something else listens at the service's address."""
    status, body = request.param
    handler = type("Answers", (_Answers,), {"status": status, "body": body})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        installed = running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///e.db", server.server_port)
        installed.config.write_text(installed.config.read_text().replace("http://localhost:", "http://127.0.0.1:"))
        installed.run("migrate")
        yield installed
        server.shutdown()


ANSWERS = {
    (404, b"no"): "answers 404",
    (200, b"no"): "",
    (200, b"[]"): "answers no object",
    (200, b"{}"): "issuer",
    (200, b'{"issuer": "https://id.example.jp"}'): "another issuer",
    (200, b"[" * 100_000): "",
}


@pytest.mark.parametrize("stranger", ANSWERS, indirect=True, ids=[f"answer{number}" for number in range(len(ANSWERS))])
def test_answers_of_something_else_are_no_sign_in(stranger: Idp, request: pytest.FixtureRequest) -> None:
    found = probe(stranger, code=1)
    assert found["ok"] is False and found["step"] == "discovery"
    assert ANSWERS[request.node.callspec.params["stranger"]] in found["reason"]
    assert counted(stranger)["accounts"] == 0, "the member is gone nevertheless"


def test_members_that_a_killed_probe_left_behind_go_and_no_others(idp: Idp) -> None:
    long_ago = 1_000
    names = {"left": probes.PREFIX + "a" * 40, "short": probes.PREFIX + "x", "other": "other" * 10}
    database = opened(idp)
    with database.write() as connection:
        for subject, name in names.items():
            account = Account(subject, name, name, "n", password_state="none", created_at=long_ago)
            accounts.add(connection, account)
    probe(idp)
    with database.read() as connection:
        assert [accounts.by_id(connection, subject) is not None for subject in names] == [False, True, True]
        assert accounts.by_login_id(connection, names["left"]) is None
    with database.write() as connection:
        probes.remove(connection, "other")
        assert accounts.by_id(connection, "other"), "whoever is no probe's is not taken away"
    database.close()


def test_the_probe_is_one_client_however_often_it_runs(idp: Idp) -> None:
    probe(idp)
    database = opened(idp)
    with database.read() as connection:
        stamp = select(schema.stamps.c.version).where(schema.stamps.c.name == "clients")
        before = connection.execute(stamp).scalar_one()
        probe(idp)
        assert connection.execute(stamp).scalar_one() == before, "workers need not read the register anew"
    database.close()
