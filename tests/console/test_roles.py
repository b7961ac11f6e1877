"""Every route of the console, walked with every role (requirement AD-03); who may act on whom (AD-04)."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from idp.domain import staff as rules
from idp.domain.account import Account
from idp.services import console_client, console_sessions, invitations
from idp.tables import accounts
from idp.tables.schema import audit
from tests.console.conftest import Built
from idp.web import upload
from tests.console.people import BROWSER, ROLES, Inside
from tests.running import new_name

# pages of the console that anybody may open: the way in, and the word at the end
OPEN = {"/console/sign-in", console_client.CALLBACK, console_client.SIGNED_OUT}
OPEN |= {invitations.PATH, f"{invitations.PATH}/link/<token>", f"{invitations.PATH}/done"}  # and what an invitation leads to


def routes(built: Built) -> list[tuple[str, str, str | None]]:
    """(path, method, right) of every route of the console."""
    found = []
    for rule in built.pages.url_map.iter_rules():
        if rule.rule == "/console" or rule.rule.startswith("/console/"):
            right = getattr(built.pages.view_functions[rule.endpoint], "right", None)
            found += [(rule.rule, method, right) for method in sorted(rule.methods or ()) if method in ("GET", "POST")]
    return found


def test_every_route_but_the_way_in_names_a_right(built: Built) -> None:
    found = routes(built)
    assert {path for path, _, right in found if right is None} == OPEN
    assert {right for _, _, right in found if right} <= set(rules.RIGHTS)


@pytest.mark.parametrize("role", ROLES)
def test_every_route_with_every_role(built: Built, role: str) -> None:
    walked = 0
    for path, method, right in routes(built):
        if right is None or path == "/console/sign-out":
            continue
        somebody = built.colleague(role)
        at = "/".join("nobody" if part.startswith("<") else part for part in path.split("/"))
        at = f"{at}?proof={upload.proof(built.deps, BROWSER, at)}"  # without it, forms with a file are not even looked at
        answer = somebody.get(at) if method == "GET" else somebody.post(at)
        refused = answer.status_code == 403 and "この操作をする権限がありません" in answer.text
        assert refused != rules.may(role, right), (path, method, role, answer.status_code)  # type: ignore[arg-type]
        assert answer.status_code < 500, (path, method, role)
        walked += 1
    assert walked >= 2


def test_a_refusal_is_on_record(built: Built, staff: dict[str, Inside]) -> None:
    refusals = [(path, method) for path, method, right in routes(built) if right and not rules.may("viewer", right)]  # type: ignore[arg-type]
    for path, method in refusals[:1]:
        at = "/".join("nobody" if part.startswith("<") else part for part in path.split("/"))
        staff["viewer"].get(at) if method == "GET" else staff["viewer"].post(at)
        with built.deps.database.read() as connection:
            rows = connection.execute(select(audit.c.actor, audit.c.result).where(audit.c.event == "console_refused")).all()
        assert (staff["viewer"].account.id, "role") in [tuple(row) for row in rows]


def test_nobody_is_sent_to_the_sign_in_and_back(built: Built) -> None:
    answer = built.pages.test_client().get("/console/?x=1", base_url=built.deps.settings.issuer)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/sign-in?to=%2Fconsole%2F%3Fx%3D1")


def test_a_demoted_administrator_is_out_at_the_next_click(built: Built) -> None:
    somebody = built.colleague("administrator")
    assert somebody.get("/console/").status_code == 200
    with built.deps.database.write() as connection:
        accounts.change(connection, somebody.account.id, built.deps.now(), role="member")
    assert somebody.get("/console/").status_code == 303


@pytest.mark.parametrize("change", [{"status": "suspended"}, {"epoch": 7}])
def test_whoever_is_locked_or_signed_out_everywhere_is_out(built: Built, change: dict) -> None:
    somebody = built.colleague("desk")
    with built.deps.database.write() as connection:
        accounts.change(connection, somebody.account.id, built.deps.now(), **change)
    assert somebody.get("/console/").status_code == 303


def test_half_an_hour_without_a_click_ends_it(built: Built) -> None:
    somebody, now = built.colleague("desk"), built.deps.now()
    late = replace(built.deps, clock=lambda: now + 1_800.0)
    assert console_sessions.find(built.deps, somebody.cookie) and console_sessions.find(late, somebody.cookie) is None


def _person(role: str) -> Account:
    return Account(new_name(), "x", "x", "x", role=role)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ROLES)
def test_staff_act_on_lower_roles_only_and_never_on_themselves(role: str) -> None:
    actor = _person(role)
    assert not rules.over(actor, actor)
    assert [other for other in ("member", *ROLES) if rules.over(actor, _person(other))] == ["member", *ROLES][: ROLES.index(role) + 1]


@pytest.mark.parametrize("role", ROLES)
def test_nobody_gives_a_role_above_their_own(role: str) -> None:
    given = [other for other in ROLES if rules.may_give(_person(role), other)]  # type: ignore[arg-type]
    assert given == list(ROLES[: ROLES.index(role) + 1])
