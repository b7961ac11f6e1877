"""The courier as staff see and steer it: masked, audited, for supervisors; a pause that couriers honour at once."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from idp import courier, vault
from idp.adapters.dns_txt import DnsTxt
from idp.adapters.sms_fallback import FallbackSms
from idp.deps import Deps
from idp.features.console_courier import flow, sender
from idp.ports import Sent
from idp.services import letters, switches
from idp.tables import outbox_desk, schema
from idp.tables.database import Database
from tests.console.conftest import Built
from tests.console.dns_server import serving, txt
from tests.console.people import Inside
from tests.courier.house import NOW, Clock, house
from tests.services import race

WHY = {"reason": "止まっていたため", "ticket": "2026-1126-001"}
EVIL = '<img src=x onerror=alert(1)> hanako@example.jp +819012345678 \u202e'


@pytest.fixture
def deps(database: Database, tmp_path: Path) -> Deps:
    return house(database, tmp_path, Clock())


def put(deps: Deps, **changes: Any) -> int:
    """A mail that waits; returns its id."""
    now = deps.now()
    values: dict[str, Any] = {
        "key": vault.random_id(), "channel": "mail", "recipient": "hanako@docomo.ne.jp", "template": "mail.otp", "locale": "ja", "facts": "sealed",
        "priority": 0, "created_at": now - 30, "due_at": now - 30, "expires_at": now + 600, "attempts": 24, "lease_until": 0, "outcome": "queued",
    }  # fmt: skip
    with deps.database.write() as connection:
        return int(connection.execute(insert(schema.outbox).returning(schema.outbox.c.id), {**values, **changes}).scalar_one())


def row(deps: Deps, letter_id: int) -> Any:
    with deps.database.read() as connection:
        return connection.execute(select(schema.outbox).where(schema.outbox.c.id == letter_id)).one()


def acts(deps: Deps, actor: str) -> list[dict[str, Any]]:
    """What this person did to the courier, as the record has it."""
    query = select(schema.audit.c.detail).where(schema.audit.c.actor == actor, schema.audit.c.event == "courier_changed")
    with deps.database.read() as connection:
        return [json.loads(detail) for (detail,) in connection.execute(query.order_by(schema.audit.c.id))]


def test_a_parked_letter_goes_again_from_the_first_attempt(deps: Deps) -> None:
    mine = put(deps, outcome="parked", outcome_at=NOW, reason="mail server: 451")
    with deps.database.write() as connection:
        assert outbox_desk.release(connection, NOW, letter_id=mine) == 1 and outbox_desk.release(connection, NOW, letter_id=mine) == 0
    found = row(deps, mine)
    assert (found.outcome, found.attempts, found.due_at, found.facts, found.reason) == ("queued", 0, NOW, "sealed", None)


@pytest.mark.parametrize("changes", [{"outcome": "accepted"}, {"outcome": "parked", "expires_at": NOW}, {"outcome": "parked", "facts": None}, {"outcome": "queued"}], ids=str)
def test_what_is_over_is_not_released(deps: Deps, changes: dict) -> None:
    mine = put(deps, **changes)
    with deps.database.write() as connection:
        assert outbox_desk.release(connection, NOW, letter_id=mine) == 0


def test_sixteen_at_once_release_and_cancel_once(deps: Deps) -> None:
    mine = put(deps, outcome="parked")

    def go() -> int:
        with deps.database.write() as connection:
            return outbox_desk.release(connection, NOW, channel="mail")

    def stop() -> bool:
        with deps.database.write() as connection:
            return outbox_desk.cancel(connection, mine, NOW)

    assert sum(race(16, go)) == 1 and sum(race(16, stop)) == 1
    assert (row(deps, mine).outcome, row(deps, mine).facts) == ("cancelled", None)


def test_what_waits_is_counted_up_to_a_bound_and_the_oldest_is_known(deps: Deps) -> None:
    for number in range(6):
        put(deps, priority=number % 2, due_at=NOW - 100 * number)
        put(deps, outcome="parked")
    put(deps, due_at=NOW - 9_000, expires_at=NOW), put(deps, channel="event", priority=1, due_at=NOW - 77)
    with deps.database.read() as connection:
        assert outbox_desk.waiting(connection, NOW, 5) == {"mail": (5, 500), "sms": (0, 0), "event": (1, 77)}
        assert outbox_desk.waiting(connection, NOW, 9)["mail"] == (6, 500)
        assert [outbox_desk.parked(connection, "mail", NOW, most) for most in (5, 9)] == [5, 6] and outbox_desk.parked(connection, "sms", NOW, 9) == 0


def test_a_letter_in_hand_is_not_cancelled(deps: Deps) -> None:
    mine = put(deps, lease="courier", lease_until=NOW + 100)
    with deps.database.write() as connection:
        assert not outbox_desk.cancel(connection, mine, NOW)


def test_lists_go_on_where_they_stopped_under_every_filter(deps: Deps) -> None:
    for number in range(40):
        put(deps, channel=("mail", "sms", "event")[number % 3], outcome=("queued", "parked", "accepted", "expired")[number % 4])
    put(deps, channel="request")
    for channel in ("", "mail", "event"):
        for outcome in ("", "parked", "accepted"):
            seen: list[int] = []
            while True:
                with deps.database.read() as connection:
                    found = outbox_desk.listed(connection, channel, outcome, seen[-1] if seen else None, 7)
                seen += [one["id"] for one in found]
                if len(found) < 7:
                    break
            fits = [n for n in range(40) if channel in ("", ("mail", "sms", "event")[n % 3]) and outcome in ("", ("queued", "parked", "accepted", "expired")[n % 4])]
            assert len(seen) == len(set(seen)) == len(fits) and seen == sorted(seen, reverse=True)


def test_a_paused_channel_sends_nothing_until_it_goes_on(deps: Deps) -> None:
    stop, sent = threading.Event(), []
    with deps.database.write() as connection:
        letters.write(
            connection, deps, account_id="a", channel="mail", to="hanako@example.jp", template="mail.trial", locale="ja", facts={"time": NOW}, expires_at=NOW + 600
        )
        switches.pause(connection, deps, "mail", "somebody")

    def send(letter: Any, subject: str, body: str) -> Sent:
        sent.append(letter.recipient)
        return Sent("accepted")

    assert not courier.deliver_next(deps, "mail", send, stop) and sent == []
    switches.hold(deps)
    assert letters.channel_down(deps, "mail") and not letters.channel_down(deps, "sms"), "the page for the code says so"
    with deps.database.write() as connection:
        switches.resume(connection, "mail")
    assert courier.deliver_next(deps, "mail", send, stop) and sent == ["hanako@example.jp"]
    assert not letters.channel_down(deps, "mail")


class Gateway:
    """Takes everything."""

    def __init__(self, name: str):
        self.name = name

    def send(self, to_e164: str, body: str, expires_at: int, idempotency_key: str) -> Sent:
        return Sent("accepted", gateway=self.name)

    def ping(self) -> None:
        """There."""


def test_the_second_gateway_goes_first_while_it_is_switched(deps: Deps) -> None:
    sms = FallbackSms(Gateway("gateway"), Gateway("fallback"), switches.second_first(deps))
    taken = []
    for on in (False, True, False):
        with deps.database.write() as connection:
            switches.put_second_first(connection, deps, on, "somebody")
        taken.append(sms.send("+819012345678", "x", NOW + 60, "key").gateway)
    assert taken == ["gateway", "fallback", "gateway"]


def test_addresses_and_words_of_the_far_side_are_masked_and_inert(built: Built, staff: dict[str, Inside]) -> None:
    mine = put(built.deps, outcome="parked", reason=EVIL, recipient="hanako@docomo.ne.jp")
    for path in ("/console/courier", f"/console/courier/letters/{mine}", "/console/courier?channel=mail&outcome=parked"):
        page = staff["viewer"].get(path)
        assert page.status_code == 200 and "h****o@docomo.ne.jp" in page.text
        assert "hanako@" not in page.text and "9012345678" not in page.text and "<img" not in page.text


def test_a_supervisor_acts_with_a_reason_and_it_is_on_record(built: Built, staff: dict[str, Inside]) -> None:
    parked, waiting, boss = put(built.deps, outcome="parked"), put(built.deps), staff["supervisor"]
    at = f"/console/courier/letters/{parked}"
    assert boss.post(at, what="retry").status_code == 400 and boss.post(at, what="send me", **WHY).status_code == 400
    assert boss.post(at, what="retry", **WHY).status_code == 303 and row(built.deps, parked).outcome == "queued"
    answer = boss.post(f"/console/courier/letters/{waiting}", what="cancel", **WHY)
    assert row(built.deps, waiting).outcome == "cancelled" and "送るのをやめました" in boss.get(answer.headers["Location"]).text
    again = boss.post(f"/console/courier/letters/{waiting}", what="cancel", **WHY)
    assert "何もしませんでした" in boss.get(again.headers["Location"]).text
    assert acts(built.deps, boss.account.id) == [
        {"what": "letter_retry", "letter": parked, **WHY},
        {"what": "letter_cancel", "letter": waiting, **WHY},
    ]


def test_channels_are_switched_by_supervisors_only(built: Built, staff: dict[str, Inside]) -> None:
    for role in ("viewer", "desk"):
        assert staff[role].post("/console/courier/channels", what="pause:sms", **WHY).status_code == 403
        assert staff[role].get("/console/courier/channels").status_code == 403
    boss = built.colleague("supervisor")
    assert boss.post("/console/courier/channels", what="gateway:second", **WHY).status_code == 400, "there is no second one"
    assert boss.post("/console/courier/channels", what="pause:sms", **WHY).status_code == 303
    assert "一時停止中" in boss.get("/console/courier").text and letters.channel_down(built.deps, "sms")
    assert boss.post("/console/courier/channels", what="resume:sms", **WHY).status_code == 303 and not letters.channel_down(built.deps, "sms")
    events = [put(built.deps, channel="event", recipient="portal", template="disabled", outcome="parked") for _ in range(3)]
    assert boss.post("/console/courier/channels", what="release:event", **WHY).status_code == 303
    assert {row(built.deps, one).outcome for one in events} == {"queued"}
    assert [one["what"] for one in acts(built.deps, boss.account.id)] == ["pause:sms", "resume:sms", "release:event"]
    with built.deps.database.write() as connection:
        connection.execute(delete(schema.outbox).where(schema.outbox.c.id.in_(events)))


def test_a_test_goes_to_ones_own_destination_and_nowhere_else(built: Built, staff: dict[str, Inside]) -> None:
    boss, other = built.colleague("supervisor"), built.colleague("supervisor")
    ids = {somebody.account.id: vault.random_id() for somebody in (boss, other)}
    with built.deps.database.write() as connection:
        for owner, name in ids.items():
            address = f"{name.lower()}@example.jp"
            mine = {"id": name, "account_id": owner, "kind": "email", "address": address, "address_key": address, "verified_at": 1, "usual": 1, "created_at": 1}
            connection.execute(insert(schema.destinations), mine)
    assert boss.post("/console/courier/trial", what=ids[other.account.id], **WHY).status_code == 400
    answers = [boss.post("/console/courier/trial", what=ids[boss.account.id], **WHY).status_code for _ in range(7)]
    assert answers[0] == 303 and answers[-1] == 400, "and not too often"
    with built.deps.database.read() as connection:
        sent = connection.execute(select(schema.outbox.c.account_id, schema.outbox.c.template).where(schema.outbox.c.template.like("%.trial"))).all()
    assert {tuple(one) for one in sent} == {(boss.account.id, "mail.trial")}


@pytest.mark.parametrize("letter_id", ["0", "-1", "9" * 30, "1%20OR%201", "%3Cb%3E", "999999999"])
def test_letters_that_there_are_not(staff: dict[str, Inside], letter_id: str) -> None:
    assert staff["supervisor"].get(f"/console/courier/letters/{letter_id}").status_code == 404
    assert staff["supervisor"].post(f"/console/courier/letters/{letter_id}", what="cancel", **WHY).status_code == 404


@pytest.mark.parametrize("query", ["channel=request", "outcome=x", "before=0", "before=x", f"before={2**70}"])
def test_filters_that_there_are_not(staff: dict[str, Inside], query: str) -> None:
    assert staff["viewer"].get(f"/console/courier?{query}").status_code == 400


def test_the_senders_domain_is_told_in_sentences(deps: Deps) -> None:
    records = {"idp.localhost": ["v=spf1 -all <script>"], "_dmarc.idp.localhost": ["v=DMARC1; p=none"]}
    with serving(txt(records)) as port:
        found = sender.look(deps, DnsTxt(["127.0.0.1"], port, seconds=20.0))
    assert [(one["kind"], one["verdict"]) for one in found] == [("spf", "loose"), ("dkim", "unset"), ("dmarc", "watching")]
    silent = sender.look(deps, DnsTxt(["127.0.0.1"], 1, seconds=0.2))
    assert [one["verdict"] for one in silent] == ["silent", "unset", "silent"]
    assert flow.masked("550 <hanako@example.jp> 090-1234-5678 unknown") == "550 <****@example.jp> **** unknown"
