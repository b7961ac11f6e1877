"""Staff in the console: invited once, given roles, disabled; nobody changes themselves or somebody above, and one administrator
stays (requirements AD-04, AD-07)."""

import re
from pathlib import Path
from typing import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from idp import app, config
from idp.cli.common import hasher
from idp.deps import Deps
from idp.domain import staff as rules
from idp.domain.account import Account
from idp.features.console_staff import flow
from idp.services import invitations, members
from idp.services import accounts as account_service
from idp.services.accounts import NewAccount
from idp.tables.schema import accounts, audit, outbox
from idp.vault import fingerprint
from idp.web import csrf
from tests import running
from tests.console.conftest import Built
from tests.console.people import BROWSER, ROLES, Inside, account_of
from tests.running import new_name
from tests.services import race

WHY = {"reason": "異動のため", "ticket": "T-7"}
PASSWORD = "Kawa7Sumire"


def rows(deps: Deps, event: str, target: str) -> list[tuple[str, str | None, str]]:
    """(result, who acted, detail) of the rows about somebody."""
    with deps.database.read() as connection:
        query = select(audit.c.result, audit.c.actor, audit.c.detail).where(audit.c.event == event, audit.c.account_id == target)
        return [tuple(row) for row in connection.execute(query.order_by(audit.c.id))]


def mail_to(deps: Deps, address: str) -> list[str]:
    """Templates of the letters to this address."""
    with deps.database.read() as connection:
        return list(connection.scalars(select(outbox.c.template).where(outbox.c.recipient == address).order_by(outbox.c.id)))


# ---- in the console ----


def test_the_list_and_each_of_them(built: Built, staff: dict[str, Inside]) -> None:
    page = staff["supervisor"].get("/console/staff?after=")
    assert page.status_code == 200 and all(f"/console/staff/{staff[role].account.id}" in _all(staff["supervisor"]) for role in ROLES)
    one = staff["supervisor"].get(f"/console/staff/{staff['desk'].account.id}")
    assert "窓口" in one.text and "/role" not in one.text, "a supervisor looks only"
    assert "/role" in staff["administrator"].get(f"/console/staff/{staff['desk'].account.id}").text
    member = built.idp.account(new_name())
    assert staff["administrator"].get(f"/console/staff/{member}").status_code == 404


def _all(who: Inside) -> str:
    text, address = "", "/console/staff"
    while address:
        page = who.get(address).text
        text += page
        found = re.findall(r'<a href="([^"]+)" rel="next">', page)
        address = found[0] if found else ""
    return text


def test_a_role_changes_at_once_and_ends_every_session(built: Built, staff: dict[str, Inside]) -> None:
    somebody = built.colleague("desk")
    assert somebody.get("/console/").status_code == 200
    at = f"/console/staff/{somebody.account.id}/role"
    answer = staff["administrator"].post(at, role="viewer", **WHY)
    assert answer.status_code == 303 and answer.headers["Location"].startswith("/console/staff?n=")
    assert "役割を変えました" in staff["administrator"].get(answer.headers["Location"]).text
    assert account_of(built.deps, somebody.account.id).role == "viewer" and somebody.get("/console/").status_code == 303
    ((result, actor, detail),) = rows(built.deps, "role_changed", somebody.account.id)
    assert (result, actor) == ("ok", staff["administrator"].account.id)
    assert '"from": "desk"' in detail and '"to": "viewer"' in detail and "異動のため" in detail and "T-7" in detail


def test_disabled_and_enabled(built: Built, staff: dict[str, Inside]) -> None:
    somebody = built.colleague("supervisor")
    at = f"/console/staff/{somebody.account.id}"
    assert staff["administrator"].post(f"{at}/disable", **WHY).status_code == 303
    assert account_of(built.deps, somebody.account.id).status == "suspended" and somebody.get("/console/").status_code == 303
    assert staff["administrator"].post(f"{at}/enable", **WHY).status_code == 303
    assert account_of(built.deps, somebody.account.id).status == "active"
    assert somebody.get("/console/").status_code == 303, "what was open before stays shut"
    assert rows(built.deps, "staff_disabled", somebody.account.id) and rows(built.deps, "staff_enabled", somebody.account.id)


@pytest.mark.parametrize("what", ["role", "disable"])
def test_nobody_changes_themselves(built: Built, staff: dict[str, Inside], what: str) -> None:
    me = staff["administrator"]
    answer = me.post(f"/console/staff/{me.account.id}/{what}", role="viewer", **WHY)
    assert "ほかの管理者に頼んで" in me.get(answer.headers["Location"]).text
    assert account_of(built.deps, me.account.id).role == "administrator" and account_of(built.deps, me.account.id).status == "active"
    assert rows(built.deps, "console_refused", me.account.id)[-1][0] == "over"


@pytest.mark.parametrize(
    ("what", "values"),
    [("role", {"role": "king", **WHY}), ("role", {"role": "", **WHY}), ("role", {"role": "desk", **WHY}), ("role", {"role": "viewer"}), ("disable", {"reason": " "}), ("enable", WHY), ("invite", WHY)],
    ids=["no role", "an empty one", "the same", "no reason", "a blank reason", "not disabled", "not invited"],
)  # fmt: skip
def test_what_cannot_be_done_changes_nothing(built: Built, staff: dict[str, Inside], what: str, values: dict[str, str]) -> None:
    somebody = built.colleague("desk")
    answer = staff["administrator"].post(f"/console/staff/{somebody.account.id}/{what}", **values)
    assert 'id="error-summary"' in staff["administrator"].get(answer.headers["Location"]).text
    assert account_of(built.deps, somebody.account.id) == somebody.account


def test_destructive_acts_want_a_new_proof(built: Built, staff: dict[str, Inside]) -> None:
    old = built.colleague("administrator", seconds=2_000)
    for what in ("role", "disable"):
        answer = old.get(f"/console/staff/{staff['desk'].account.id}/{what}")
        assert answer.status_code == 303 and "fresh=1" in answer.headers["Location"]


def test_an_invitation_goes_by_mail_and_is_on_record(built: Built, staff: dict[str, Inside]) -> None:
    name = new_name()
    answer = staff["administrator"].post("/console/staff/invite", login_id=name, email=f"{name}@example.jp", role="desk", **WHY)
    assert name in staff["administrator"].get(answer.headers["Location"]).text
    assert mail_to(built.deps, f"{name}@example.jp") == ["mail.invite"]
    with built.deps.database.read() as connection:
        subject = connection.execute(select(accounts.c.id).where(accounts.c.login_id == name)).scalar_one()
    invited = members.find(built.deps, subject, with_destinations=True)
    assert invited and invited.role == "desk" and invited.password_hash is None and invited.destinations[0].verified_at is None
    assert rows(built.deps, "staff_invited", subject)[0][1] == staff["administrator"].account.id
    assert staff["administrator"].post(f"/console/staff/{subject}/invite", **WHY).status_code == 303
    assert mail_to(built.deps, f"{name}@example.jp") == ["mail.invite"] * 2


@pytest.mark.parametrize(
    "changes",
    [{"login_id": ""}, {"login_id": "花子"}, {"email": ""}, {"email": "a..b@example.jp"}, {"email": "a@b.jp\r\nBcc: c@d.jp"}, {"role": "member"}, {"role": "king"}, {"reason": ""}],
    ids=["no ID", "an odd ID", "no mail", "an odd mail", "two lines", "no staff", "no role", "no reason"],
)  # fmt: skip
def test_an_invitation_that_is_not_sent(built: Built, staff: dict[str, Inside], changes: dict[str, str]) -> None:
    name = new_name()
    given = {"login_id": name, "email": f"{name}@example.jp", "role": "desk", **WHY, **changes}
    answer = staff["administrator"].post("/console/staff/invite", **given)
    page = staff["administrator"].get(answer.headers["Location"])
    assert 'id="error-summary"' in page.text and not mail_to(built.deps, f"{name}@example.jp")


def test_a_login_id_that_is_taken(built: Built, staff: dict[str, Inside]) -> None:
    taken = staff["desk"].account.login_id
    answer = staff["administrator"].post("/console/staff/invite", login_id=taken, email="x@example.jp", role="desk", **WHY)
    assert "使われています" in staff["administrator"].get(answer.headers["Location"]).text


# ---- rules, on both engines ----


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Iterator[Deps]:
    """An installation without anybody."""
    idp = running.configure(tmp_path, database_url, "sqlite:///ephemeral.db", 8000)
    deps = app.open_deps(*config.load(str(idp.config)))
    yield deps
    app.close_deps(deps)


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
    from idp.domain.device import Caller

    slots, found = hasher(opened), fingerprint(token)
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
