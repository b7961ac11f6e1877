"""The page of the system: what is wrong is said in a sentence, and one part that is away leaves the others to be told."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, text, update

from idp.adapters.ephemeral_redis import RedisEphemeral
from idp.deps import Deps
from idp.features.console_system import flow
from idp.ports import Unavailable
from idp.services import letters, switches
from idp.tables import schema
from tests.console.conftest import Built
from tests.console.people import Inside
from tests.courier.house import NoContracts


class Away(NoContracts):
    """Records that do not answer."""

    def ping(self) -> None:
        """Nothing comes back."""
        raise Unavailable("contract records")


@pytest.fixture(autouse=True)
def nothing_waits(built: Built) -> None:
    """Nobody sends what other tests of this worker have queued."""
    with built.deps.database.write() as connection:
        connection.execute(update(schema.outbox).where(schema.outbox.c.outcome == "queued").values(outcome="expired"))


def told(deps: Deps) -> dict[str, bool]:
    return {one.key: one.good for one in flow.findings(deps)}


def test_a_well_installation(built: Built, staff: dict[str, Inside]) -> None:
    letters.beat(built.deps)
    letters.channel_works(built.deps, "mail", True)
    found = flow.findings(built.deps)
    assert all(one.good for one in found) and len(found) == 10
    page = staff["viewer"].get("/console/system")
    assert "すべて正常です。" in page.text and built.deps.policy.version in page.text
    assert "/secrets" not in page.text and "sqlite:///" not in page.text and str(built.idp.folder) not in page.text


def test_what_is_away_is_named_and_the_rest_is_told(built: Built) -> None:
    found = flow.findings(replace(built.deps, contractors=Away()))
    assert [(one.key, one.values) for one in found if not one.good] == [("con.system.away.bad", {"part": "con.system.part.contracts"})]
    gone = RedisEphemeral("unix:///nowhere/redis.sock?db=0")
    away = [one.values["part"] for one in flow.findings(replace(built.deps, ephemeral=gone)) if one.key == "con.system.away.bad"]
    assert away == [f"con.system.part.{part}" for part in ("ephemeral", "courier", "channels")]


def test_a_clock_that_is_wrong_is_found(built: Built) -> None:
    late = replace(built.deps, clock=lambda: built.deps.clock() + 30)
    assert not told(late)["con.system.clock.bad"]


def test_a_database_of_another_version_is_found(built: Built) -> None:
    with built.deps.database.write() as connection:
        before = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    (found,) = [one for one in flow.findings(built.deps) if one.part == "schema"]
    assert not found.good and found.values["at"] == "0001"
    with built.deps.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": before})
    assert told(built.deps)["con.system.schema.good"]


def test_a_paused_channel_and_an_old_letter_are_found(built: Built) -> None:
    now = built.deps.now()
    old = {
        "key": "old-letter", "channel": "mail", "recipient": "a@example.jp", "template": "mail.otp", "locale": "ja", "priority": 0, "attempts": 0,
        "created_at": now - 900, "due_at": now - 900, "expires_at": now + 900, "lease_until": 0, "outcome": "queued",
    }  # fmt: skip
    with built.deps.database.write() as connection:
        connection.execute(insert(schema.outbox), old)
        switches.pause(connection, built.deps, "sms", "somebody")
    found = told(built.deps)
    assert "con.system.queue.bad" in found and "con.system.channels.bad" in found
    with built.deps.database.write() as connection:
        connection.execute(update(schema.outbox).where(schema.outbox.c.key == "old-letter").values(outcome="expired"))
        switches.resume(connection, "sms")


@pytest.mark.parametrize("seconds", [100 * 86_400, 0])
def test_a_key_that_nobody_replaces_is_found(built: Built, seconds: int) -> None:
    late = replace(built.deps, clock=lambda: built.deps.clock() + seconds)
    (found,) = [one for one in flow.findings(late) if one.part == "keys"]
    assert found.good == (seconds == 0) and "RS256" in found.values["names"]
