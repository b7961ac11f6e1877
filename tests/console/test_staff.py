"""Staff in the console: invited once, given roles, disabled; nobody changes themselves or somebody above, and one administrator
stays (requirements AD-04, AD-07)."""

import re

import pytest
from sqlalchemy import select

from idp.deps import Deps
from idp.services import members
from idp.tables.schema import accounts, audit, outbox
from tests.console.conftest import Built
from tests.console.people import ROLES, Inside, account_of
from tests.running import new_name

WHY = {"reason": "異動のため", "ticket": "T-7"}


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
