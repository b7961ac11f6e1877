"""The offer, and what becomes of passkeys when something else happens to the account (requirements MF-13, AC-02)."""

import re
from typing import Any

from idp.features.own_data import flow as own_data
from idp.services import closing, members
from tests.account.test_not_me import moved, report, undo
from tests.passkeys.person import ADD, LIST, Holder, give, holder, options_of
from tests.running import Browser, Idp, answer_of, form_of
from tests.settings.member import errors, inside, rows, title

REFUSED = "パスキーを追加できませんでした"


def test_the_offer_is_one_sentence_and_rests_once_it_is_answered(idp: Idp, portal: dict) -> None:
    member = Holder(idp)

    def come(**said: str) -> tuple[Browser, Any]:
        browser = Browser(idp)
        form = form_of(browser.authorize(portal))
        return browser, browser.submit(form, identifier=member.name, password="Kawa7Sumire", **said)

    assert come()[1].is_redirect, "not where the browser does not say that it can"
    browser, page = come(passkeys="yes")
    assert title(page) == "パスワードを使わないログイン" and len(re.findall(r'<p class="lead">[^<]*。[^<]*</p>', page.text)) == 1
    assert answer_of(browser.submit(form_of(page), action="later"))["code"]
    assert come(passkeys="yes")[1].is_redirect, "not again for a while"
    rows(idp, "UPDATE accounts SET passkey_offered_at = 0 WHERE id = :a", a=member.subject)
    browser, page = come(passkeys="yes")
    page = browser.submit(form_of(page), action="add")
    assert title(page) == "パスキーの追加" and "今はしない" in page.text
    key = member.new()
    page = give(browser, page, {**key.make(options_of(page)), "type": "password"})
    assert REFUSED in errors(page)
    assert answer_of(give(browser, page, key.make(options_of(page))))["code"], "and on to the portal"
    assert member.comes_in(portal, key)
    rows(idp, "UPDATE accounts SET passkey_offered_at = 0 WHERE id = :a", a=member.subject)
    assert come(passkeys="yes")[1].is_redirect, "never to who has one"


def test_later_is_possible_on_the_page_itself(idp: Idp, portal: dict) -> None:
    member, browser = Holder(idp), Browser(idp)
    form = form_of(browser.authorize(portal))
    page = browser.submit(form, identifier=member.name, password="Kawa7Sumire", passkeys="yes")
    page = browser.submit(form_of(page), action="add")
    assert answer_of(browser.submit(form_of(page), action="later"))["code"] and member.stored() == []


def test_after_something_was_not_the_member_no_passkey_signs_in_but_it_can_be_removed(idp: Idp, portal: dict) -> None:
    member, key = holder(idp)
    report(member)
    assert not member.comes_in(portal, key) and idp.audit("sign_in")[-1]["result"] == "suspended"
    [(key_id, _)] = member.stored()
    assert member.at(ADD).status_code == 403
    assert "パスキーを削除しました" in member.send(member.at(f"{LIST}/{key_id}/remove")).text
    member, key = holder(idp)
    report(member)
    rows(idp, "UPDATE accounts SET frozen_until = 1 WHERE id = :a", a=member.subject)
    assert member.comes_in(portal, key), "the member's own goes on when the keys thaw"


def test_what_a_thief_has_made_goes_when_the_change_is_taken_back(idp: Idp, portal: dict) -> None:
    member, mine = holder(idp)
    rows(idp, "UPDATE passkeys SET created_at = created_at - 100 WHERE account_id = :a", a=member.subject)
    code = moved(member, f"thief-{member.name}@elsewhere.example")
    assert len(member.stored()) == 1
    thief = member.add(name="thief")
    undo(idp, code)
    assert [name for _, name in member.stored()] != [] and "thief" not in [name for _, name in member.stored()]
    rows(idp, "UPDATE accounts SET frozen_until = 1 WHERE id = :a", a=member.subject)
    assert member.comes_in(portal, mine) and not member.comes_in(portal, thief)


def test_closing_ends_them_and_erasing_leaves_none(idp: Idp, portal: dict) -> None:
    member, key = holder(idp)
    with inside(idp) as deps:
        held = own_data.gather(deps, members.find(deps, member.subject, with_destinations=True))["passkeys"]  # type: ignore[arg-type]
        assert [one["transports"] for one in held] == ["internal hybrid"] and set(held[0]) == {"name", "device", "transports", "eligible", "backed_up", "used_at", "created_at"}
        with deps.database.write() as connection:
            account = members.find(deps, member.subject, with_destinations=True)
            assert account and closing.begin(connection, deps, account, "user")
        assert not member.comes_in(portal, key)
        rows(idp, "UPDATE accounts SET erase_at = 1 WHERE id = :a", a=member.subject)
        assert closing.erase(deps, member.subject)
    assert member.stored() == []

