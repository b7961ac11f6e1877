"""What clearing the second factor takes away: passkeys too; counted on record, told to the member and to portals."""

from dataclasses import fields, replace
from typing import Any

import pytest
from sqlalchemy import select

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.letter import Letter
from idp.features.console_desk import removing
from idp.services import factors, letters, portal_events
from idp.tables import accounts, passkeys
from idp.tables.schema import outbox
from tests.closing import member
from tests.courier.house import NOW
from tests.desk.conftest import Desk
from tests.desk.looking import records, sent
from tests.desk.test_approvals import approve, propose


def keyed(desk: Desk, *ways: str) -> None:
    """Passkeys of the member, one for each way to reach it."""
    with desk.deps.database.write() as connection:
        for number, way in enumerate(ways):
            key = f"k{number}"
            passkeys.add(connection, passkeys.Passkey(key, desk.member.id, key, "pQ", 0, way, False, False, "母のスマホ", "ios.safari", NOW))


def apped(desk: Desk) -> None:
    """An app and printed codes of the member."""
    with desk.deps.database.write() as connection:
        factors.set_app(connection, desk.deps, desk.member.id, factors.new_secret(), 0)
        factors.new_codes(connection, desk.deps, desk.member.id)


def letters_of(deps: Deps, account: Account, channels: tuple[str, ...] = ("mail", "sms")) -> list[Letter]:
    """What waits to be sent to this account."""
    columns = [outbox.c[one.name] for one in fields(Letter)]
    query = select(*columns).where(outbox.c.account_id == account.id, outbox.c.channel.in_(channels)).order_by(outbox.c.id)
    with deps.database.read() as connection:
        return [Letter(**row) for row in connection.execute(query).mappings()]


def told(desk: Desk) -> list[str]:
    """What the mails of the desk say."""
    return [letters.render(desk.deps, one)[1] for one in letters_of(desk.deps, desk.member) if one.template == "mail.notice.desk"]


def heard(desk: Desk) -> list[tuple[Any, Any]]:
    """Credential and kind of change of what the portal is told."""
    found = [portal_events.facts_of(desk.deps, one) for one in letters_of(desk.deps, desk.member, ("event",)) if one.template == "credential_changed"]
    assert all(one["by"] == "admin" for one in found)
    return [(one["credential_type"], one["change_type"]) for one in found]


@pytest.fixture
def used(desk: Desk) -> Desk:
    """The member has signed in to a portal that hears of changes."""
    member.register(desk.deps, "p2", event_delivery_uri="http://127.0.0.1:9/e")
    member.use(desk.deps, desk.member, "p2")
    return desk


def test_passkeys_go_with_the_rest(used: Desk) -> None:
    keyed(used, "internal hybrid", "usb", "internal")
    apped(used)
    assert approve(used, propose(used, "desk_factor_off", {})) == "approved"
    with used.deps.database.read() as connection:
        found = accounts.with_factors(connection, used.member.id)
        assert found and found[1].methods == {"email", "sms"} and passkeys.of_account(connection, used.member.id) == []
    (row,) = records(used.deps, "desk_factor_off")
    assert {name: row["detail"][name] for name in ("app", "printed", "passkeys")} == {"app": True, "printed": 10, "passkeys": 3}
    assert "母のスマホ" not in str(row)
    (mail,) = told(used)
    assert "2要素認証を解除し、パスキーをすべて削除しました" in mail
    assert heard(used) == [("fido2-platform", "delete"), ("fido2-roaming", "delete"), ("otp", "delete")]


@pytest.mark.parametrize("ways, kinds", [(("usb",), ["fido2-roaming"]), (("internal", "usb"), ["fido2-roaming", "fido2-platform"])], ids=["one", "both"])
def test_who_has_passkeys_alone_is_told_of_nothing_else(used: Desk, ways: tuple[str, ...], kinds: list[str]) -> None:
    with used.deps.database.write() as connection:
        accounts.change(connection, used.member.id, NOW, second_factor=0)
    used.member = replace(used.member, second_factor=False)
    keyed(used, *ways)
    assert approve(used, propose(used, "desk_factor_off", {})) == "approved"
    assert {template for _, template in sent(used)} == {"mail.notice.passkey", "sms.notice.passkey", "mail.notice.desk"}
    assert heard(used) == [(kind, "delete") for kind in kinds] and used.now().held_until == NOW + 86_400


def test_without_passkeys_none_are_spoken_of(used: Desk) -> None:
    apped(used)
    assert removing.read(used.deps, used.member) == removing.Removed(True, 10, ())
    assert approve(used, propose(used, "desk_factor_off", {})) == "approved"
    assert "パスキー" not in told(used)[0] and heard(used) == [("otp", "delete")]


def test_one_that_came_meanwhile_voids_the_request_and_stays(used: Desk) -> None:
    request = propose(used, "desk_factor_off", {})
    keyed(used, "usb")
    with used.deps.database.write() as connection:
        accounts.raise_epoch(connection, used.member.id, NOW)  # as whatever makes a passkey does
    assert approve(used, request) == "void"
    with used.deps.database.read() as connection:
        assert passkeys.count(connection, used.member.id) == 1
