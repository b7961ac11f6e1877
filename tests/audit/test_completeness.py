"""What has to be on record (requirement LGN-02): sign-ins good and bad, changes of factors, what staff do, limits that were hit."""

from typing import Callable, Iterator

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select

from idp import app, config, parts
from idp.cli import root
from idp.deps import Deps
from idp.services import throttles
from idp.tables.schema import audit
from tests import running
from tests.audit.record import do
from tests.console.people import Colleague
from tests.running import Browser, Idp, answer_of, exchange, form_of
from tests.settings.member import APP, OFF, Member, inside

Rows = set[tuple[str, str]]
Act = Callable[[Member, dict], object]


def told(deps: Deps, **whose: str) -> Rows:
    """(event, result) of every row about an account or a client."""
    about = [audit.c[name] == value for name, value in whose.items()]
    with deps.database.read() as connection:
        return {(row.event, row.result) for row in connection.execute(select(audit.c.event, audit.c.result).where(*about))}


def _sign_in(member: Member, portal: dict, password: str = running.PASSWORD) -> Browser:
    browser = Browser(member.idp)
    browser.last = browser.sign_in(browser.authorize(portal), member.name, password)  # type: ignore[attr-defined]
    return browser


def _wrong(member: Member, portal: dict) -> None:
    _sign_in(member, portal, "Wrong7Word")


def _locked(member: Member, portal: dict) -> None:
    for _ in range(6):
        _wrong(member, portal)


def _codes(member: Member, portal: dict) -> None:
    member.switch_on()
    browser = _sign_in(member, portal)
    form = form_of(browser.last)  # type: ignore[attr-defined]
    page = browser.submit(form, **{form.named("one-time-code"): "000000"})
    browser.submit(form_of(page), **{form.named("one-time-code"): member.idp.wait_for_code(member.mail, 2)})


def _off(member: Member, portal: dict) -> None:
    member.switch_on()
    member.send(member.at(OFF))


def _stolen_code(member: Member, portal: dict) -> None:
    code = answer_of(_sign_in(member, portal).last)["code"]  # type: ignore[attr-defined]
    assert [exchange(member.idp, portal, code).status_code for _ in range(2)] == [200, 400]


def _new_password(member: Member, portal: dict) -> None:
    page = member.at("/account/password")
    form = form_of(page)
    values = {form.named("current-password"): running.PASSWORD} if "current-password" in form.tokens else {}
    member.browser.submit(form, **values, **{form.named("new-password"): "Midori4Kaze"})


def _locked_by_hand(member: Member, portal: dict) -> None:
    for what in ("show", "lock", "unlock", "close", "reopen", "sign-out-everywhere"):
        done = CliRunner().invoke(root, ["--config", str(member.idp.config), "account", what, member.name])
        assert done.exit_code == 0, done.output


OF_MEMBERS: dict[str, tuple[Act, Rows]] = {
    "signing in": (_sign_in, {("sign_in", "ok")}),
    "a wrong password": (_wrong, {("sign_in", "wrong")}),
    "too many of them": (_locked, {("sign_in", "wrong"), ("sign_in", "locked")}),
    "codes switched on, one wrong, one right": (_codes, {("second_factor_changed", "ok"), ("second_factor", "wrong"), ("second_factor", "ok")}),
    "codes switched off": (_off, {("second_factor_changed", "ok")}),
    "an app": (lambda member, portal: member.set_app(member.at(APP)), {("second_factor_changed", "ok")}),
    "a new password": (_new_password, {("password_changed", "ok")}),
    "a code of a portal used twice": (_stolen_code, {("code_refused", "used_again")}),
    "what the operator does by hand": (
        _locked_by_hand,
        {(event, "ok") for event in ("account_added", "account_shown", "account_locked", "account_unlocked", "account_closing", "account_reopened", "signed_out_everywhere")},
    ),
}


@pytest.mark.parametrize("name", OF_MEMBERS)
def test_it_is_on_record_for_the_member(idp: Idp, portal: dict, name: str) -> None:
    act, expected = OF_MEMBERS[name]
    member = Member(idp)
    act(member, portal)
    with inside(idp) as deps:
        assert expected <= told(deps, account_id=member.subject)


def test_portals_and_keys_are_on_record(idp: Idp) -> None:
    client = idp.client()
    exchange(idp, {**client, "client_secret": "wrong"}, "code")
    idp.within("client", "rotate-secret", client["client_id"])
    idp.within("client", "remove", client["client_id"])
    with inside(idp) as deps:
        assert {("client_refused", "unproven"), ("client_registered", "ok"), ("client_secret_rotated", "ok"), ("client_removed", "ok")} <= told(deps, client_id=client["client_id"])


def test_staff_are_on_record(idp: Idp) -> None:
    colleague = Colleague(idp, "desk")
    colleague.go("/console/")
    colleague.browser.submit(form_of(colleague.browser.go("/console/")))
    with inside(idp) as deps:
        assert {("console_signed_in", "ok")} <= told(deps, account_id=colleague.subject)
        assert {("console_signed_out", "ok")} <= told(deps, actor=colleague.subject)


# ---- limits ----


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deps, Callable[[], FlaskClient]]]:
    """An installation whose limits are reached at once, and visitors of it."""
    limits = {"rates": {"pages_per_address_per_minute": "10", "sign_ins_per_address_per_minute": "5", "device_codes_per_address_per_minute": "5"}}
    idp = running.configure(tmp_path_factory.mktemp("tight"), "sqlite:///idp.db", "sqlite:///ephemeral.db", 8000, policy=limits)
    deps = parts.open_deps(*config.load(str(idp.config)))
    pages = app.flask_app(app.build(deps))
    yield deps, pages.test_client
    parts.close_deps(deps)


def test_a_flood_of_pages_is_on_record_once_a_minute(tight: tuple[Deps, Callable[[], FlaskClient]]) -> None:
    deps, visitor = tight
    for address in ("192.0.2.1", "192.0.2.2"):
        statuses = [visitor().get("/login", base_url=deps.settings.issuer, environ_base={"REMOTE_ADDR": address}).status_code for _ in range(30)]
        assert statuses.count(429) >= 10
    with deps.database.read() as connection:
        rows = connection.execute(select(audit.c.result, audit.c.address).where(audit.c.event == "throttled")).all()
    assert sorted(map(tuple, rows)) == [("pages", "192.0.2.1"), ("pages", "192.0.2.2")]


@pytest.mark.parametrize("limit", throttles.LIMITS)
def test_every_limit_is_noted_once_for_each(tight: tuple[Deps, Callable[[], FlaskClient]], limit: throttles.Limit) -> None:
    deps, _ = tight
    do(deps, "DELETE FROM audit")
    for _ in range(5):
        throttles.note(deps, limit, "198.51.100.7", client_id="portal")
        throttles.note(deps, limit, account_id="account1")
    with deps.database.read() as connection:
        rows = connection.execute(select(audit.c.result, audit.c.address, audit.c.account_id).where(audit.c.event == "throttled")).all()
    assert [tuple(row) for row in rows] == [(limit, "198.51.100.7", None), (limit, None, "account1")]
