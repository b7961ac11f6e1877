"""Remembered browsers: seen, marked, sent away (flows.md 2.10)."""

import re

import pytest

from tests.running import Browser, Idp, answer_of, form_of
from tests.settings.member import DEVICES, Member

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0"


@pytest.fixture
def hanako(idp: Idp) -> Member:
    """A member who gets codes by mail."""
    member = Member(idp)
    member.switch_on()
    return member


def remembered(idp: Idp, portal: dict, member: Member, agent: str, count: int) -> Browser:
    """A browser that is signed in and skips the code from now on; `count`: which code of this member it uses up."""
    browser = Browser(idp, **{"User-Agent": agent})
    form = form_of(browser.sign_in(browser.authorize(portal), member.name))
    answer_of(browser.submit(form, remember="yes", **{form.named("one-time-code"): idp.wait_for_code(member.mail, count)}))
    return browser


def test_the_list_says_which_and_one_or_all_can_be_removed(idp: Idp, portal: dict, hanako: Member) -> None:
    assert "省略している端末はありません" in hanako.at(DEVICES).text
    phone, desk = remembered(idp, portal, hanako, IPHONE, 2), remembered(idp, portal, hanako, EDGE, 3)
    page = phone.go(DEVICES)
    heads = [re.sub("<[^>]+>", "", one).strip() for one in re.findall(r"<h2 id=[^>]+>(.*?)</h2>", page.text, re.S)]
    assert heads == ["iPhone・iPad・Safari この端末", "Windows・Edge"] and "127.0.0.1" in page.text
    edge = re.findall(r'name="remove" value="([^"]+)"', page.text)[1]
    page = phone.submit(form_of(page), remove=edge)
    assert "削除しました" in page.text and "Windows" not in page.text
    assert "one-time-code" in desk.sign_in(desk.authorize(portal, prompt="login"), hanako.name).text
    assert answer_of(phone.sign_in(phone.authorize(portal, prompt="login"), hanako.name))["code"]
    page = phone.submit(form_of(phone.go(DEVICES)), remove="all")
    assert "削除しました" in page.text and "省略している端末はありません" in page.text
    assert "one-time-code" in phone.sign_in(phone.authorize(portal, prompt="login"), hanako.name).text


@pytest.mark.parametrize("which", ["", "nobody", "<b>", "\u202eall"])
def test_what_is_not_on_the_list_changes_nothing(idp: Idp, portal: dict, hanako: Member, which: str) -> None:
    phone = remembered(idp, portal, hanako, IPHONE, 2)
    page = phone.submit(form_of(phone.go(DEVICES)), remove=which)
    assert page.status_code == 200 and "削除しました" not in page.text and "iPhone" in page.text


def test_nobody_removes_the_browsers_of_another_member(idp: Idp, portal: dict, hanako: Member) -> None:
    phone, other = remembered(idp, portal, hanako, IPHONE, 2), Member(idp)
    mine = re.findall(r'name="remove" value="([^"]+)"', phone.go(DEVICES).text)[0]
    page = other.at(DEVICES)
    form = form_of(other.browser.go("/"))
    form.action = page.url
    other.browser.submit(form, remove=mine)
    assert answer_of(phone.sign_in(phone.authorize(portal, prompt="login"), hanako.name))["code"]
