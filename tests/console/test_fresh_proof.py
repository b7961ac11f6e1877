"""What a proof of a few minutes ago is asked for, and for how long a form that was opened with one may be filled in (requirement AD-02)."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from idp import app
from idp.web import console
from tests.console.conftest import Built
from tests.console.people import Inside, account_of
from tests.console.test_clients import FORM, add
from tests.console.test_register import ROWS, bring, work
from tests.courier.house import Clock
from tests.running import new_name

NEXT = "/console/keys/next"
PAGES = (NEXT, "/console/keys/now", "/console/staff/invite", "/console/letters/new", "/console/clients/new", "/console/clients/new-json")


@pytest.fixture
def clock(built: Built) -> Clock:
    """Stands still until it is moved."""
    found = Clock()
    found.now = built.deps.now()
    return found


@pytest.fixture
def late(built: Built, clock: Clock) -> Built:
    """The same installation by this clock."""
    deps = replace(built.deps, clock=lambda: float(clock.now))
    return Built(app.flask_app(app.build(deps)), deps, built.idp)


def opened(page: Any) -> str:
    """What the form says of when it was opened."""
    (found,) = set(re.findall(rf'name="{console.OPENED}" value="([^"]*)"', page.text))
    return found


def asked_again(answer: Any) -> bool:
    """Whether a fresh proof is asked for first."""
    return answer.status_code == 303 and "fresh=1" in answer.headers["Location"]


def test_an_older_proof_does_nothing_without_a_form_that_was_opened_with_it(late: Built, clock: Clock) -> None:
    who = late.colleague("administrator")
    seal = opened(who.get(NEXT))
    clock.now += 301
    assert asked_again(who.get(NEXT)) and asked_again(who.post(NEXT, reason="定期"))
    for wrong in ("", ".", "x", seal[:-1], f"{clock.now}.{seal.partition('.')[2]}", "9" * 90, "٣.x", seal + "x"):
        assert asked_again(who.post(NEXT, reason="定期", opened=wrong)), wrong
    clock.now += 599
    assert "理由を200文字以内で入力してください" in who.post(NEXT, reason=" ", opened=seal).text


def test_a_form_that_lay_open_for_too_long_asks_again(late: Built, clock: Clock) -> None:
    who = late.colleague("administrator")
    clock.now += 300
    seal = opened(who.get(NEXT))
    clock.now += 900
    again = who.post(NEXT, reason="", opened=seal)
    assert again.status_code == 400 and opened(again) == seal, "what is wrong with it gives no new time"
    clock.now += 1
    assert asked_again(who.post(NEXT, reason="定期", opened=seal))


def test_such_a_form_is_good_for_its_page_and_its_session_in_its_browser(late: Built, clock: Clock) -> None:
    who, other = late.colleague("administrator"), late.colleague("administrator")
    seals = [opened(who.get("/console/keys/now")), opened(other.get(NEXT))]
    mine = opened(who.get(NEXT))
    clock.now += 600
    assert all(asked_again(who.post(NEXT, reason="定期", opened=seal)) for seal in seals)
    who.client.set_cookie("idp-browser", "c" * 43, domain="localhost")
    page = who.get("/console/policy/try")
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert token and asked_again(who.post(NEXT, csrf=token[1], reason="定期", opened=mine))


def test_every_form_that_asks_for_it_says_when_it_was_opened(built: Built, staff: dict[str, Inside]) -> None:
    admin = built.colleague("administrator")
    client = add(built)
    member = built.idp.account(new_name())
    person = staff["viewer"].account.id
    pages = [*PAGES, *(client + more for more in ("/edit", "/json", "/secret", "/off")), *(f"/console/staff/{person}/{what}" for what in ("role", "disable", "anew"))]
    for path in [*pages, f"/console/members/{member}/contract"]:
        page = admin.get(path)
        assert page.status_code == 200 and opened(page), path


@pytest.mark.parametrize("path", ["/new", "/new-json", "/edit", "/json"])
def test_credentials_of_clients_are_made_and_changed_with_a_fresh_proof_only(built: Built, path: str) -> None:
    page = add(built)
    at = ("/console/clients" if path.startswith("/new") else page) + path
    stale = built.colleague("administrator", 301)
    assert asked_again(stale.get(at)) and asked_again(stale.post(at, **FORM, json="{}"))


def test_the_register_is_written_with_a_fresh_proof_only_and_the_reason_is_kept(late: Built, clock: Clock) -> None:
    anna = late.colleague("supervisor")
    where = bring(anna, ROWS)
    work(late)
    ben = late.colleague("supervisor", 301)
    assert ben.get(where).status_code == 200 and opened(ben.get(where)) == ""
    away = ben.post(where, action="apply", reason="月次の反映")
    assert asked_again(away)
    (to,) = parse_qs(urlsplit(away.headers["Location"]).query)["to"]
    again = Inside(late.pages, late.deps, account_of(late.deps, ben.account.id))
    page = again.get(to)
    assert page.status_code == 200 and "月次の反映" in page.text
    clock.now += 600
    assert "理由を200文字以内で入力してください" in again.post(where, action="apply", reason=" ", opened=opened(page)).text
    assert asked_again(again.post(where, action="apply", reason="月次の反映")) and asked_again(again.post(where, action="undo", reason="まちがい"))
    assert again.post(where, action="drop").status_code == 303, "nothing is written"
