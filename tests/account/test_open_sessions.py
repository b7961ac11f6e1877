"""Open sessions: seen with device and portal, ended one by one or all (requirement RV-02)."""

import re

import pytest
import requests
from sqlalchemy import text

from idp.tables import sessions as table
from tests.running import Browser, Idp, answer_of, exchange, form_of
from tests.settings.member import Member, inside, title

PATH = "/account/sessions"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0"


def signed_in(idp: Idp, portal: dict, member: Member, agent: str) -> Browser:
    """A browser with a session that has reached the portal."""
    browser = Browser(idp, **{"User-Agent": agent})
    answer_of(browser.sign_in(browser.authorize(portal), member.name))
    return browser


def alive(browser: Browser) -> bool:
    """Whether the browser still is signed in."""
    return title(browser.go(PATH)) == "ログイン中の端末"


def listed(page: requests.Response) -> list[str]:
    """The sids on the page."""
    return [sid for sid in re.findall(r'name="end" value="([^"]+)"', page.text) if sid not in ("others", "all")]


@pytest.fixture
def hanako(idp: Idp) -> Member:
    """A member."""
    return Member(idp)


def test_the_list_says_where_since_when_and_with_which_portal(idp: Idp, portal: dict, hanako: Member) -> None:
    phone = signed_in(idp, portal, hanako, IPHONE)
    signed_in(idp, portal, hanako, EDGE)
    hanako.at(PATH)  # a third one, without any portal
    page = phone.go(PATH)
    heads = [re.sub("<[^>]+>", "", one).strip() for one in re.findall(r"<h2 id=[^>]+>(.*?)</h2>", page.text, re.S)]
    assert heads[0] == "iPhone・iPad・Safari この端末" and "Windows・Edge" in heads and len(heads) == 3
    assert page.text.count(portal["client_name"]) == 2 and "127.0.0.1" in page.text and "ログインした日時：" in page.text
    assert "iPhone・iPad・Safari" in phone.go("/account/history").text


def test_one_is_ended_and_dead_at_once(idp: Idp, portal: dict, hanako: Member) -> None:
    phone, desk = signed_in(idp, portal, hanako, IPHONE), signed_in(idp, portal, hanako, EDGE)
    page = phone.go(PATH)
    page = phone.submit(form_of(page), end=listed(page)[1])
    assert "ログアウトさせました" in page.text and len(listed(page)) == 1 and alive(phone)
    assert "current-password" in desk.authorize(portal).text and not alive(desk)
    assert "ほかの端末などをログアウトさせました" in phone.go("/account/history").text


def test_all_others_are_ended(idp: Idp, portal: dict, hanako: Member) -> None:
    phone, *others = (signed_in(idp, portal, hanako, agent) for agent in (IPHONE, EDGE, EDGE))
    page = phone.submit(form_of(phone.go(PATH)), end="others")
    assert len(listed(page)) == 1 and alive(phone) and not any(alive(one) for one in others)


def test_this_one_is_ended_like_a_sign_out(idp: Idp, portal: dict, hanako: Member) -> None:
    phone, desk = signed_in(idp, portal, hanako, IPHONE), signed_in(idp, portal, hanako, EDGE)
    page = phone.go(PATH)
    page = phone.submit(form_of(page), end=listed(page)[0])
    assert page.url.endswith("/logout") and not alive(phone) and alive(desk)


def test_everywhere_ends_tokens_too(idp: Idp, portal: dict, hanako: Member) -> None:
    phone, desk = Browser(idp), signed_in(idp, portal, hanako, EDGE)
    tokens = exchange(idp, portal, answer_of(phone.sign_in(phone.authorize(portal), hanako.name))["code"]).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert requests.get(f"{idp.issuer}/userinfo", headers=bearer, timeout=10).status_code == 200
    page = phone.submit(form_of(phone.go(PATH)), end="all")
    assert page.url.endswith("/logout") and not alive(phone) and not alive(desk)
    assert requests.get(f"{idp.issuer}/userinfo", headers=bearer, timeout=10).status_code == 401


@pytest.mark.parametrize("which", ["", "nobody", "<b>", "\u202eall", "a" * 65])
def test_what_is_not_on_the_list_changes_nothing(idp: Idp, portal: dict, hanako: Member, which: str) -> None:
    phone, desk = signed_in(idp, portal, hanako, IPHONE), signed_in(idp, portal, hanako, EDGE)
    page = phone.submit(form_of(phone.go(PATH)), end=which)
    assert page.status_code == (400 if len(which) > 64 else 200) and alive(phone) and alive(desk)


def test_nobody_ends_the_sessions_of_another_member(idp: Idp, portal: dict, hanako: Member) -> None:
    phone, other = signed_in(idp, portal, hanako, IPHONE), Member(idp)
    mine = listed(phone.go(PATH))[0]
    other.send(other.at(PATH), end=mine)
    assert alive(phone)
    assert mine not in other.browser.go(PATH).text


def test_sessions_of_long_ago_are_forgotten_but_for_the_portals_they_reached(idp: Idp, portal: dict, hanako: Member) -> None:
    """`tables.sessions.forget`: a portal not visited for long must hear of a closed account, too."""
    for _ in range(3):
        signed_in(idp, portal, hanako, EDGE)
    with inside(idp) as deps, deps.database.write() as connection:  # in one step, or the courier might sweep them first
        for change in ("UPDATE sessions SET started_at = started_at - 8640000", "UPDATE session_clients SET at = at - 8640000"):
            connection.execute(text(f"{change} WHERE account_id = :a"), {"a": hanako.subject})
        assert table.forget(connection, deps.now() - 7_776_000, 500) == 5
        assert table.clients_of(connection, hanako.subject) == [portal["client_id"]]
        assert table.of_account(connection, hanako.subject, 0, 10) == []
