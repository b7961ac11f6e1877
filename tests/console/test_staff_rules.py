"""Who may change whom, with one administrator left whatever happens at once; invitations that are good once (requirements AD-04,
AD-07)."""

import re
from pathlib import Path
from typing import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from idp import config, parts
from idp.cli.common import hasher
from idp.deps import Deps
from idp.domain import staff as rules
from idp.domain.account import Account
from idp.domain.device import Caller
from idp.features.console_staff import flow
from idp.services import accounts as account_service
from idp.services import invitations, members
from idp.services.accounts import NewAccount
from idp.services.passwords import Hasher
from idp.tables.schema import accounts
from idp.vault import fingerprint
from idp.web import csrf
from tests import running
from tests.console.conftest import Built
from tests.console.people import BROWSER, ROLES
from tests.console.test_staff import WHY, rows
from tests.running import PASSWORD, new_name
from tests.services import race


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Iterator[Deps]:
    """An installation without anybody."""
    idp = running.configure(tmp_path, database_url, "sqlite:///ephemeral.db", 8000)
    deps = parts.open_deps(*config.load(str(idp.config)))
    yield deps
    parts.close_deps(deps)


def administrator(deps: Deps, role: str = "administrator") -> Account:
    """One who can sign in."""
    name = new_name()
    new = account_service.new_account(deps, hasher(deps), NewAccount(login_id=name, password=PASSWORD, email=f"{name}@example.jp", verified=True, role=role))
    with deps.database.write() as connection:
        account_service.store(connection, deps, new, None, "test")
    return new


def acting(account: Account) -> flow.Actor:
    return flow.Actor(account, "192.0.2.1", WHY)


def left(deps: Deps) -> int:
    """How many administrators can sign in."""
    with deps.database.read() as connection:
        found = connection.execute(select(accounts.c.id).where(accounts.c.role == "administrator", accounts.c.status == "active")).all()
    return len(found)


def test_two_who_take_each_others_role_leave_one(opened: Deps) -> None:
    for _ in range(5):
        pair = [administrator(opened), administrator(opened)]
        turn = iter([(pair[0], pair[1].id), (pair[1], pair[0].id)] * 8)
        done = race(16, lambda: (lambda one: flow.act(opened, acting(one[0]), one[1], "role", "viewer"))(next(turn)))
        assert done.count(None) == 1 and left(opened) == 1 and {"over"} <= set(done)
        with opened.database.write() as connection:
            connection.execute(accounts.update().values(role="viewer"))


def test_the_last_administrator_stays(opened: Deps) -> None:
    one, other = administrator(opened), administrator(opened)
    with opened.database.write() as connection:
        connection.execute(accounts.update().where(accounts.c.id == one.id).values(password_hash=None, password_state="none"))
    # an invited administrator cannot sign in yet, and so counts for nothing
    assert flow.act(opened, acting(one), other.id, "role", "viewer") == "last"
    assert flow.act(opened, acting(one), other.id, "disable") == "last" and left(opened) == 2


def test_who_was_demoted_meanwhile_does_nothing_any_more(opened: Deps) -> None:
    one, other = administrator(opened), administrator(opened)
    with opened.database.write() as connection:
        connection.execute(accounts.update().where(accounts.c.id == one.id).values(role="supervisor"))
    assert flow.act(opened, acting(one), other.id, "disable") == "over"


@pytest.mark.parametrize("role", ROLES)
def test_only_administrators_change_roles(opened: Deps, role: str) -> None:
    administrator(opened)
    actor, target = administrator(opened, role), administrator(opened, "desk")
    assert (flow.act(opened, acting(actor), target.id, "role", "viewer") is None) == (role == "administrator")


def test_nobody_manages_themselves_or_somebody_above() -> None:
    person = lambda role: Account(new_name(), "x", "x", "x", role=role)  # noqa: E731
    for role in ROLES:
        actor = person(role)
        assert not rules.manages(actor, actor)
        assert [other for other in ("member", *ROLES) if rules.manages(actor, person(other))] == ["member", *ROLES][: ROLES.index(role) + 2]


# ---- invitations ----


def invited(deps: Deps) -> tuple[Account, str]:
    """An administrator to be, and the link's token."""
    account, address = invitations.by_hand(deps, hasher(deps), "cli:0", new_name(), "boss@example.jp", "ja")
    assert address.startswith(f"{deps.settings.issuer}/console/invited/link/")
    return account, address.rpartition("/")[2]


def test_of_many_with_one_invitation_one_joins(opened: Deps) -> None:
    account, token = invited(opened)
    slots, found = Hasher(opened.policy.password.hash, opened.vault, slots=2, waiting=64, patience=60.0), fingerprint(token)
    assert invitations.standing(opened, found)
    done = race(16, lambda: invitations.accept(opened, slots, found, account, PASSWORD, Caller("192.0.2.1", "")))
    assert done.count(True) == 1
    joined = members.find(opened, account.id)
    assert joined and joined.password_state == "current" and joined.epoch == 1 and invitations.standing(opened, found) is None
    assert len(rows(opened, "staff_joined", account.id)) == 1


def test_a_newer_invitation_voids_the_one_before(opened: Deps) -> None:
    account, first = invited(opened)
    again, address = invitations.by_hand(opened, hasher(opened), "cli:0", account.login_id, "boss@example.jp", "ja")
    assert again.id == account.id and invitations.standing(opened, fingerprint(first)) is None
    assert invitations.standing(opened, fingerprint(address.rpartition("/")[2]))


@pytest.mark.parametrize("change", [{"status": "suspended"}, {"role": "member"}, {"epoch": 3}, {"password_state": "current"}], ids=str)
def test_an_invitation_dies_with_what_it_was_for(opened: Deps, change: dict) -> None:
    account, token = invited(opened)
    with opened.database.write() as connection:
        connection.execute(accounts.update().where(accounts.c.id == account.id).values(**change))
    assert invitations.standing(opened, fingerprint(token)) is None


class Guest:
    """Somebody with a link and a browser, without a server."""

    def __init__(self, built: Built):
        self.built = built
        self.client: FlaskClient = built.pages.test_client()
        self.client.set_cookie("idp-browser", BROWSER, domain="localhost")

    def go(self, path: str):  # type: ignore[no-untyped-def]
        """A page, redirects followed."""
        return self.client.get(path, base_url=self.built.deps.settings.issuer, follow_redirects=True)

    def send(self, page, **values: str):  # type: ignore[no-untyped-def]
        """The page's form."""
        form = {**dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)), csrf.FIELD: csrf.token(self.built.deps, BROWSER), **values}
        return self.client.post("/console/invited", data=form, base_url=self.built.deps.settings.issuer, headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=True)


def test_the_way_of_an_invitation(built: Built) -> None:
    account, token = invited(built.deps)
    guest = Guest(built)
    for _ in range(3):  # looking spends nothing, for people and scanners
        page = guest.go(f"/console/invited/link/{token}")
        assert account.login_id in page.text and token not in page.text and page.text.count('autocomplete="new-password"') >= 1
    assert "verdict" not in guest.send(page, new_password="short").text
    refused = guest.send(page, new_password="short")
    assert 'id="error-summary"' in refused.text
    done = guest.send(page, new_password=PASSWORD, new_password_again=PASSWORD)
    assert "パスワードを設定しました" in done.text and 'href="/console/"' in done.text
    assert "招待のリンクが使えません" in Guest(built).go(f"/console/invited/link/{token}").text
    assert "パスワードを設定しました" in guest.send(page, new_password="Other8Words", new_password_again="Other8Words").text, "a second press says the same"
    joined = members.find(built.deps, account.id)
    assert joined and hasher(built.deps).verify(joined.password_hash, PASSWORD).ok


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 5_000, "%00", "é", "../../"])
def test_a_link_that_is_none(built: Built, token: str) -> None:
    answer = Guest(built).go(f"/console/invited/link/{token}")
    assert answer.status_code in (200, 400, 404) and "new-password" not in answer.text


def test_the_command_prints_a_link_and_says_what_is_wrong(built: Built) -> None:
    name = new_name()
    first = built.idp.run("account", "invite-admin", "--login-id", name, "--email", "boss@example.jp").stdout
    assert '"link": "http://localhost:8000/console/invited/link/' in first
    again = built.idp.run("account", "invite-admin", "--login-id", name, "--email", "a..b@example.jp", check=False)
    assert again.returncode == 1 and "--email" in again.stderr
    taken = built.colleague("administrator").account.login_id
    refused = built.idp.run("account", "invite-admin", "--login-id", taken, "--email", "boss@example.jp", check=False)
    assert refused.returncode == 1 and "has a password already" in refused.stderr
