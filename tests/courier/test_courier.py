"""The postman at work: order, back-off, poison, expiry, absent parts."""

import io
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import pytest
from sqlalchemy import select, update

from idp import courier
from idp.adapters.mail_folder import FolderMail
from idp.adapters.mail_smtp import SmtpMail
from idp.adapters.sms_fallback import FallbackSms
from idp.adapters.sms_folder import FolderSms
from idp.adapters.sms_http import HttpSms
from idp.config import MailSettings, Settings
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.letter import PARK_AFTER_AWAY, PARK_AFTER_FAULT
from idp.ports import Mail, Sent, Unavailable
from idp.services import letters
from idp.sms_settings import FallbackSettings, GatewaySettings, SmsSettings
from idp.tables import accounts, schema, trusted_browsers
from idp.tables.database import Database
from idp.tables.trusted_browsers import TrustedBrowser
from idp.toml_reader import TomlError
from tests.courier.house import NOW, Clock, house

STOP = threading.Event()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deps(database: Database, tmp_path: Path, clock: Clock) -> Deps:
    return house(database, tmp_path, clock)


def write(deps: Deps, to: str, life: int = 3_600, urgent: bool = False) -> None:
    """One notice; a number makes it an SMS."""
    channel: Any = "sms" if to.startswith("+") else "mail"
    with deps.database.write() as connection:
        letters.write(
            connection,
            deps,
            account_id="account",
            channel=channel,
            to=to,
            template=f"{channel}.notice.pw",
            locale="ja",
            facts={"datetime": NOW, "method": "first", "os": "ios", "browser": "safari"},
            expires_at=deps.now() + life,
            urgent=urgent,
        )


def rows(deps: Deps) -> dict[str, Any]:
    """By recipient."""
    with deps.database.read() as connection:
        return {row.recipient: row for row in connection.execute(select(schema.outbox))}


class Script:
    """A mail system that does what it is told for an address, and otherwise takes the mail."""

    def __init__(self, **deeds: Callable[[], Sent]):
        self.deeds, self.tried = deeds, []  # type: ignore[var-annotated]

    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        self.tried.append(to.partition("@")[0])
        return self.deeds.get(self.tried[-1], lambda: Sent("accepted", "id"))()

    def ping(self) -> None:
        pass


def away() -> Sent:
    raise Unavailable("mail server: 451")


def broken() -> Sent:
    raise ZeroDivisionError("secret of the member")


def deliver(deps: Deps, mail: Mail) -> int:
    """How many attempts were made until nothing was due."""
    count = 0
    while courier.deliver_next(deps, "mail", courier.by_mail(mail), STOP):
        count += 1
    return count


def test_urgent_letters_go_first(deps: Deps) -> None:
    mail = Script()
    for name, urgent in (("notice1", False), ("notice2", False), ("code", True)):
        write(deps, f"{name}@example.jp", urgent=urgent)
    assert deliver(deps, mail) == 3 and mail.tried == ["code", "notice1", "notice2"]
    assert {row.outcome for row in rows(deps).values()} == {"accepted"}
    assert {row.facts for row in rows(deps).values()} == {None}


def test_what_the_far_side_says_is_kept(deps: Deps) -> None:
    for outcome in ("accepted", "delivered", "unreachable", "rejected", "failed", "unknown"):
        mail = Script(taro=lambda: Sent(outcome, "g-1", "because"))  # type: ignore[arg-type]  # noqa: B023
        write(deps, f"taro@{outcome}.example.jp")
        assert deliver(deps, mail) == 1
        row = rows(deps)[f"taro@{outcome}.example.jp"]
        assert (row.outcome, row.provider_id, row.reason, row.facts) == (outcome, "g-1", "because", None)


def test_an_absent_mail_system_is_tried_again_and_again(deps: Deps, clock: Clock) -> None:
    mail, waits = Script(taro=away), []
    write(deps, "taro@example.jp", life=30 * 86_400)
    for _ in range(PARK_AFTER_AWAY - 1):
        assert deliver(deps, mail) == 1
        row = rows(deps)["taro@example.jp"]
        waits.append(row.due_at - deps.now())
        assert (row.outcome, row.reason) == ("queued", "mail server: 451") and row.facts
        clock.now = row.due_at - 1
        assert deliver(deps, mail) == 0
        clock.now = row.due_at
    assert waits[:7] == [10, 30, 120, 600, 1_800, 3_600, 3_600]
    assert deliver(deps, mail) == 1 and rows(deps)["taro@example.jp"].outcome == "parked"
    clock.now += 86_400
    assert deliver(deps, mail) == 0


def test_a_poison_letter_is_parked_and_the_queue_goes_on(deps: Deps, clock: Clock, logged: io.StringIO) -> None:
    mail = Script(poison=broken)
    for name in ("poison", "unreadable"):
        write(deps, f"{name}@example.jp", life=86_400, urgent=True)
    with deps.database.write() as connection:
        unreadable = schema.outbox.c.recipient == "unreadable@example.jp"
        connection.execute(update(schema.outbox).where(unreadable).values(facts="test.AAAA"))
    for number in range(PARK_AFTER_FAULT):
        write(deps, f"taro{number}@example.jp")
        assert deliver(deps, mail) == 3
        clock.now += 700
    assert deliver(deps, mail) == 0
    found = rows(deps)
    assert [found[f"taro{number}@example.jp"].outcome for number in range(PARK_AFTER_FAULT)] == ["accepted"] * PARK_AFTER_FAULT
    assert (found["poison@example.jp"].outcome, found["poison@example.jp"].reason) == ("parked", "ZeroDivisionError")
    assert (found["unreadable@example.jp"].outcome, found["unreadable@example.jp"].reason) == ("parked", "VaultError")
    said = logged.getvalue()
    assert "a letter breaks its courier" in said and "ZeroDivisionError" in said and "@example.jp" not in said


def test_a_letter_that_kills_its_couriers_is_parked_unsent(deps: Deps) -> None:
    mail = Script()
    write(deps, "killer@example.jp")
    with deps.database.write() as connection:
        connection.execute(update(schema.outbox).values(attempts=PARK_AFTER_AWAY))
    assert deliver(deps, mail) == 1 and mail.tried == []
    assert rows(deps)["killer@example.jp"].outcome == "parked"


def test_an_expired_letter_is_never_sent(deps: Deps, clock: Clock) -> None:
    mail = Script(taro=away)
    write(deps, "taro@example.jp", life=15)
    write(deps, "hanako@example.jp", life=0)
    assert deliver(deps, mail) == 1
    clock.now += 15
    assert deliver(deps, mail) == 0 and mail.tried == ["taro"]
    # and one that dies in the courier's hand: each look at this clock takes eight seconds
    write(deps, "jiro@example.jp", life=15)

    def slow() -> float:
        clock.now += 8
        return clock.now

    assert courier.deliver_next(replace(deps, clock=slow), "mail", courier.by_mail(mail), STOP)
    row = rows(deps)["jiro@example.jp"]
    assert (mail.tried, row.outcome, row.facts) == (["taro"], "expired", None)


def test_housekeeping_deletes_what_is_dead(deps: Deps) -> None:
    spent = [{"id": f"g{number}", "until": NOW - 1} for number in range(1_200)]
    with deps.database.write() as connection:
        connection.execute(schema.revoked_grants.insert(), [*spent, {"id": "alive", "until": NOW + 1}])
    courier.sweep(deps, STOP)
    with deps.database.read() as connection:
        assert connection.execute(select(schema.revoked_grants.c.id)).scalars().all() == ["alive"]


def test_limits_whose_window_is_over_and_browsers_that_have_expired_go(deps: Deps) -> None:
    with deps.database.write() as connection:
        rows = [{"name": name, "count": 1, "ends_at": NOW + left} for name, left in (("over", 0), ("open", 1))]
        connection.execute(schema.quotas.insert(), rows)
        accounts.add(connection, Account("s", "hanako", "hanako", "n", password_state="none"))
        for name, left in (("expired", 0), ("trusted", 1)):
            browser = TrustedBrowser(name, "s", name, "x", None, 1, 0, "ios.safari", "192.0.2.1", 1, 1, NOW + left)
            trusted_browsers.add(connection, browser, 10)
    courier.sweep(deps, STOP)
    with deps.database.read() as connection:
        assert connection.execute(select(schema.quotas.c.name)).scalars().all() == ["open"]
        assert connection.execute(select(schema.trusted_browsers.c.id)).scalars().all() == ["trusted"]


def test_gateways_by_name() -> None:
    gateway = GatewaySettings(body="to={to}&text={body}")
    settings = Settings(sms=SmsSettings("https://one.example.jp/", gateway, FallbackSettings(url="https://two.example.jp/", profile="karaden")))
    assert list(courier.open_gateways(settings)) == ["gateway", "fallback"] and type(courier.open_sms(settings)) is FallbackSms
    alone = replace(settings, sms=replace(settings.sms, fallback=FallbackSettings()))
    assert list(courier.open_gateways(alone)) == ["gateway"] and type(courier.open_sms(alone)) is HttpSms
    folder = replace(settings, sms=replace(settings.sms, url="folder:/s"))
    assert list(courier.open_gateways(folder)) == [""] and type(courier.open_sms(folder)) is FolderSms


@pytest.mark.parametrize(
    ("mail", "sms", "plugs"),
    [
        ("folder:/m", "folder:/s", (FolderMail, FolderSms)),
        ("smtp://mail.example.jp", "https://sms.example.jp/send", (SmtpMail, HttpSms)),
        ("smtp://mail.example.jp?tls=maybe", "https://", None),
    ],
)
def test_plugs_by_url(mail: str, sms: str, plugs: tuple[type, type] | None) -> None:
    gateway = GatewaySettings(body="to={to}&text={body}")
    settings = Settings(mail=MailSettings(url=mail), sms=SmsSettings(url=sms, gateway=gateway))
    if plugs:
        assert (type(courier.open_mail(settings)), type(courier.open_sms(settings))) == plugs
        return
    for opening, name in ((courier.open_mail, "mail.url"), (courier.open_sms, "sms")):
        with pytest.raises(TomlError, match=name):
            opening(settings)
