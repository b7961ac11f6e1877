"""From the outbox over a real gateway and back: `idp serve` with its courier, and receipts that come when they like."""

import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from idp import config, parts
from idp.deps import Deps
from idp.services import letters
from idp.tables import schema
from tests import running, services
from tests.ports.http_gateway import Gateway, LateReceipts, http_gateway

SECRET = "0123456789abcdef-receipts"
WORDS = ("WAIT", "UNDELIV", "DELIVRD", "UNDELIV", "WAIT", "DELIVRD", "WHO KNOWS")
RECEIPT = (
    f'id_field = "id"\nstatus_field = "state.word"\nsecret = "{SECRET}"\n'
    'outcomes = { DELIVRD = "delivered", UNDELIV = "unreachable", WAIT = "accepted" }\n'
)


def described(name: str, url: str) -> str:
    more = f'url = "{url}/send"\n' if name == "fallback" else ""
    return f'[sms.{name}]\n{more}body = "n={{to}}&b={{body}}"\nid_field = "id"\n[sms.{name}.receipt]\n{RECEIPT}'


def write(deps: Deps, count: int) -> None:
    """So many notices by SMS."""
    facts = {"datetime": deps.now(), "method": "first"}
    with deps.database.write() as connection:
        for _ in range(count):
            to, until = "+819012345678", deps.now() + 600
            letters.write(
                connection, deps, account_id=None, channel="sms", to=to, template="sms.notice.pw", locale="ja", facts=facts, expires_at=until
            )


def rows(deps: Deps) -> list[Any]:
    with deps.database.read() as connection:
        return list(connection.execute(select(schema.outbox)).all())


@pytest.mark.parametrize("stores", ["embedded", "production"])
@pytest.mark.parametrize("first_is_down", [False, True], ids=["the first", "the fallback"])
def test_messages_are_delivered_in_the_end(stores: str, first_is_down: bool, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    port = services.free_port()
    durable, ephemeral = "sqlite:///idp.db", "sqlite:///ephemeral.db"
    if stores == "production":
        durable, ephemeral = request.getfixturevalue("fresh_postgres"), request.getfixturevalue("redis_url")
    path = "/sms/receipts/fallback" if first_is_down else "/sms/receipts"
    late = LateReceipts(WORDS, f"http://localhost:{port}{path}", {"Authorization": f"Bearer {SECRET}"}, delay=1.0)
    good, down = Gateway(answer=late.take), Gateway(status=500)
    with http_gateway(good) as good_url, http_gateway(down) as down_url:
        first, second = (down_url, good_url) if first_is_down else (good_url, down_url)
        extra = f'[sms]\nurl = "{first}/send"\n' + described("gateway", first) + described("fallback", second)
        idp = running.configure(tmp_path, durable, ephemeral, port, extra)
        with running.serving(idp):
            deps = parts.open_deps(*config.load(str(idp.config)))
            write(deps, 4)
            deadline = time.monotonic() + 30
            while len(good.posted) < 4:
                assert time.monotonic() < deadline, rows(deps)
                time.sleep(0.02)
            late.wait()
            found = rows(deps)
            parts.close_deps(deps)
    assert late.answers == [200] * 4 * len(WORDS)
    assert sorted((row.outcome, row.provider_id) for row in found) == [("delivered", f"m-{number}") for number in range(4)]
    assert {row.gateway for row in found} == {"fallback" if first_is_down else "gateway"}
    assert len(down.posted) == (4 if first_is_down else 0)
