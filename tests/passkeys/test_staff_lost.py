"""Staff whose only passkey is lost: no way round it, and a way back by an administrator's invitation (requirement AD-07)."""

import re

from idp.features.console_staff import flow
from idp.services import members
from tests.passkeys.person import LIST, Holder, give, options_of
from tests.running import PASSWORD, Browser, Idp, answer_of, form_of
from tests.settings.member import Member, inside, rows, title

WHY = {"reason": "端末をなくした"}


def test_the_way_back_is_an_invitation_and_the_lost_passkey_is_worth_nothing_any_more(idp: Idp, portal: dict) -> None:
    boss, agent = Member(idp, "--role", "administrator"), Holder(idp, "--role", "desk", "--email", "agent@mail.example")
    page, key = agent.at("/account/app"), agent.new()
    page = agent.browser.go(re.findall(r'href="(/account/passkeys/add[^"]*)', page.text)[0])
    page = give(agent.browser, page, key.make(options_of(page)))
    agent.sign_in(key, page, agent.browser)
    assert "もう1つパスキーを追加するか、認証アプリも設定してください" in agent.at(LIST).text
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), agent.name)
    assert title(page) == "パスキーの確認" and not page.is_redirect, "the password alone is nothing"

    with inside(idp) as deps:
        actor = members.find(deps, boss.subject)
        assert actor and flow.act(deps, flow.Actor(actor, "192.0.2.1", WHY), agent.subject, "anew") is None
    link = next(re.findall(r"http\S+/link/\S+", mail.get_content())[0] for mail in idp.wait_for_mails("agent@mail.example", 3) if "/link/" in mail.get_content())
    assert not agent.comes_in(portal, key) and agent.stored() == []
    browser = Browser(idp)
    assert "current-password" in browser.sign_in(browser.authorize(portal), agent.name).text, "nor is the old password"

    browser = Browser(idp)
    page = browser.go(link.removeprefix(idp.issuer))
    words = {field: "Umi4Tsubame" for field in ("new_password", "new_password_again")}
    assert "パスワードを設定しました" in browser.submit(form_of(page), **words).text
    page = browser.sign_in(browser.authorize(portal), agent.name, "Umi4Tsubame")
    assert title(page) == "認証アプリ", "to begin with, one of both is set up"
    new = agent.new()
    page = browser.go(re.findall(r'href="(/account/passkeys/add[^"]*)', page.text)[0])
    page = give(browser, page, new.make(options_of(page)))
    assert title(page) == "パスキーの確認"
    assert answer_of(agent.sign_in(new, page, browser))["code"]
    assert rows(idp, "SELECT COUNT(*) FROM passkeys WHERE account_id = :a", a=agent.subject) == [(1,)] and PASSWORD != words["new_password"]
