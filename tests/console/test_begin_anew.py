"""Staff who have lost the device that they prove themselves with: everything goes, and an invitation to the proven mail address
begins it anew (requirements AD-04, AD-07)."""

import json

import pytest
from sqlalchemy import select

from idp.cli.common import hasher
from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.domain.device import Caller
from idp.features.console_staff import flow
from idp.services import factors, invitations, letters, members
from idp.tables import accounts as table
from idp.tables import factors as factor_tables
from idp.tables import passkeys
from idp.tables.schema import outbox
from idp.vault import fingerprint
from tests.console.test_staff import WHY, rows
from tests.console.test_staff_rules import acting, administrator, opened  # noqa: F401  # a fixture
from tests.desk.test_clearing import letters_of
from tests.running import PASSWORD
from tests.services import race


@pytest.fixture
def lost(opened: Deps) -> Account:  # noqa: F811
    """An agent with a passkey, an app, printed codes, and a mail address that nobody has proven before the one that is."""
    made = administrator(opened, "desk")
    mine = Destination("0-other", made.id, "email", "other@example.jp")
    with opened.database.write() as connection:
        factors.set_app(connection, opened, made.id, factors.new_secret(), 0)
        factors.new_codes(connection, opened, made.id)
        passkeys.add(connection, passkeys.Passkey(made.id, made.id, made.id, "pQ", 0, "internal", False, False, "n", "ios.safari", 1))
        factor_tables.replace_destinations(connection, made.id, [mine, *made.destinations], opened.now())
    return read(opened, made)


def read(deps: Deps, account: Account) -> Account:
    """The account as it is now."""
    found = members.find(deps, account.id, with_destinations=True)
    assert found
    return found


def test_everything_goes_and_an_invitation_to_the_proven_address_begins_it_anew(opened: Deps, lost: Account) -> None:  # noqa: F811
    boss = administrator(opened)
    assert flow.act(opened, acting(boss), lost.id, "anew") is None
    with opened.database.read() as connection:
        found = table.with_factors(connection, lost.id)
    assert found and not found[1].methods & {"totp", "recovery", "passkey"}
    now_there = found[0]
    assert (now_there.password_state, now_there.password_hash, now_there.epoch) == ("none", None, lost.epoch + 1)
    ((_, actor, detail),) = rows(opened, "staff_begun_anew", lost.id)
    assert actor == boss.id and json.loads(detail) == {"passkeys": 1, **WHY}
    sent = letters_of(opened, lost)
    proven = next(item.address for item in lost.destinations if item.verified_at)
    assert {(one.template, one.recipient) for one in sent} == {("mail.notice.desk", proven), ("mail.invite", proven)}
    said = {one.template: letters.render(opened, one)[1] for one in sent}
    assert "これまでの設定をすべて消し、招待のメールを送りました" in said["mail.notice.desk"]
    token = said["mail.invite"].partition("/link/")[2].split()[0]
    standing = invitations.standing(opened, fingerprint(token))
    assert standing and standing.id == lost.id
    assert invitations.accept(opened, hasher(opened), fingerprint(token), standing, PASSWORD, Caller("192.0.2.1", ""))
    after = read(opened, lost)
    assert after.password_state == "current" and [bool(item.verified_at) for item in after.destinations] == [False, True], "nothing else is proven by it"


def test_of_sixteen_at_once_one_is_done(opened: Deps, lost: Account) -> None:  # noqa: F811
    boss = administrator(opened)
    found = race(16, lambda: flow.act(opened, acting(boss), lost.id, "anew"))
    assert sorted(str(one) for one in found) == ["None"] + ["state"] * 15
    assert len(rows(opened, "staff_begun_anew", lost.id)) == 1 and [one.template for one in letters_of(opened, lost)].count("mail.invite") == 1


@pytest.mark.parametrize("role", ["viewer", "desk", "supervisor"])
def test_only_administrators_do_it(opened: Deps, lost: Account, role: str) -> None:  # noqa: F811
    assert flow.act(opened, acting(administrator(opened, role)), lost.id, "anew") == "over"
    assert flow.act(opened, acting(lost), lost.id, "anew") == "over" and read(opened, lost) == lost


@pytest.mark.parametrize("change", [{"status": "suspended"}, {"password_state": "none"}], ids=str)
def test_whoever_is_disabled_or_invited_needs_something_else(opened: Deps, lost: Account, change: dict) -> None:  # noqa: F811
    with opened.database.write() as connection:
        table.change(connection, lost.id, 1, **change)
    assert flow.act(opened, acting(administrator(opened)), lost.id, "anew") == "state"


def test_without_a_proven_address_there_is_no_such_way(opened: Deps, lost: Account) -> None:  # noqa: F811
    boss = administrator(opened)
    assert "anew" in flow.allowed(boss, lost)
    with opened.database.write() as connection:
        factor_tables.replace_destinations(connection, lost.id, [lost.destinations[0]], opened.now())
    assert "anew" not in flow.allowed(boss, read(opened, lost))
    assert flow.act(opened, acting(boss), lost.id, "anew") == "state"
    with opened.database.read() as connection:
        assert not connection.execute(select(outbox)).all() and passkeys.count(connection, lost.id) == 1
