"""Signing in with an address: set up, used, changed and given up (flows.md 2.3, E0 to E4; portals P-35 and P-36)."""

import pytest
import requests

from idp.features.email_sign_in import flow
from idp.vault import fingerprint
from tests.running import Browser, Idp, answer_of, form_of, new_name
from tests.settings.member import Member, age, errors, inside, resent, rows, title

STATUS = "/account/email-sign-in"
ADDRESS, CODE, OFF = f"{STATUS}/address", f"{STATUS}/code", f"{STATUS}/off"
STORED = "SELECT email_login, email_login_key FROM accounts WHERE id = :a"


@pytest.fixture
def hanako(idp: Idp) -> Member:
    """A member, signed in, with a proven destination that is told."""
    name = new_name()
    member = Member(idp, "--email", f"{name}@old.example")
    member.old = f"{name}@old.example"  # type: ignore[attr-defined]
    member.at("/account")
    return member


def enter(member: Member, address: str, **more: str) -> requests.Response:
    """The page after the address."""
    return member.send(member.at(ADDRESS), email=address, **more)


def prove(member: Member, address: str, count: int = 1) -> requests.Response:
    """All the way to the page that says so."""
    page = enter(member, address)
    return member.send(page, code=member.idp.wait_for_code(address, count))


def test_the_whole_way_on_changed_and_off(idp: Idp, portal: dict, hanako: Member) -> None:
    page = hanako.at(STATUS)
    assert title(page) == "メールアドレスでログインする設定" and "利用していません" in page.text
    page = enter(hanako, hanako.mail.upper())
    assert title(page) == "認証コードの入力" and f"{hanako.mail.upper()} に届いた" in page.text, "a slip would be seen"
    assert rows(idp, STORED, a=hanako.subject) == [(None, None)], "not before it is proven"
    page = hanako.send(page, code=idp.wait_for_code(hanako.mail.upper()))
    assert page.url.startswith(f"{idp.issuer}{STATUS}?n=") and "ログインできるようになりました" in page.text and "でログインできます" in page.text
    assert rows(idp, STORED, a=hanako.subject) == [(hanako.mail.upper(), hanako.mail)]
    for name in (hanako.mail, hanako.mail.upper(), hanako.name):
        browser = Browser(idp)
        assert answer_of(browser.sign_in(browser.authorize(portal), name))["code"]
    told = idp.wait_for_mails(hanako.old, 1)[0]  # type: ignore[attr-defined]
    assert "メールアドレスでもログインできるようにしました" in told.get_content() and hanako.mail not in told.get_content() and "http" not in told.get_content()
    assert "このメールアドレスで" in idp.wait_for_mails(hanako.mail.upper(), 2)[1].get_content()
    new = f"{hanako.name}@new.example"
    assert "メールアドレスを変更しました" in prove(hanako, new).text
    for address, count in ((hanako.old, 2), (hanako.mail.upper(), 3)):  # type: ignore[attr-defined]
        assert "ログインに使うメールアドレスを変更しました" in idp.wait_for_mails(address, count)[-1].get_content()
    browser = Browser(idp)
    assert errors(browser.sign_in(browser.authorize(portal), hanako.mail)), "the old one is free again"
    page = hanako.at(OFF)
    assert f"「{hanako.name}」でログイン" in page.text and 'class="danger"' in page.text
    page = hanako.send(page)
    assert "メールアドレスでのログインをやめました" in page.text and rows(idp, STORED, a=hanako.subject) == [(None, None)]
    assert "メールアドレスでのログインをやめました" in idp.wait_for_mails(new, 3)[-1].get_content()
    browser = Browser(idp)
    assert errors(browser.sign_in(browser.authorize(portal), new))
    assert answer_of(browser.sign_in(browser.authorize(portal), hanako.name))["code"]
    assert hanako.at("/account/history").text.count("メールアドレスでログインする設定を変更しました") == 3
    assert hanako.browser.go(OFF).url.endswith(STATUS)


@pytest.mark.parametrize(
    "typed, said",
    [
        ("", "メールアドレスの形"),
        ("hanako", "メールアドレスの形"),
        ("a" * 900, "メールアドレスの形"),
        ("<b>@x.example", "メールアドレスの形"),
        ("\u202eはなこ@example.jp\u2066", "メールアドレスの形"),
        ("ha..nako@docomo.ne.jp", "届かないことがある"),
        ("hanako.@docomo.ne.jp", "届かないことがある"),
    ],
)
def test_what_is_no_address_is_refused_in_words(idp: Idp, hanako: Member, typed: str, said: str) -> None:
    page = enter(hanako, typed)
    assert said in errors(page) and page.url.startswith(idp.issuer + ADDRESS) and "<b>@" not in page.text
    assert form_of(page).fields["email"] == typed[:512]


def test_the_operators_own_mailbox_is_a_masked_choice(idp: Idp, hanako: Member) -> None:
    assert 'name="place"' not in hanako.at(ADDRESS).text
    box = f"{hanako.name}@hikari.example"
    rows(idp, "UPDATE accounts SET mailbox = :m WHERE id = :a", m=box, a=hanako.subject)
    page = hanako.at(ADDRESS)
    assert "ひかりネットのメール（" in page.text and box not in page.text
    assert "メールアドレスの形" in errors(hanako.send(page, place="other"))
    page = hanako.send(page, place="mailbox")
    assert box not in page.text, "it is stored, and nobody has typed it"
    assert "でログインできます" in hanako.send(page, code=idp.wait_for_code(box)).text
    assert rows(idp, STORED, a=hanako.subject) == [(box, box)]
    assert "すでにログインできます" in errors(enter(hanako, box.upper(), place="other"))
    rows(idp, "UPDATE accounts SET mailbox = 'ha..nako@hikari.example' WHERE id = :a", a=hanako.subject)
    assert "届かないことがある" in errors(enter(hanako, "", place="mailbox"))


def test_wrong_codes_are_said_and_counted(idp: Idp, hanako: Member) -> None:
    page = enter(hanako, hanako.mail)
    assert "数字6桁で" in errors(hanako.send(page, code=""))
    right = idp.wait_for_code(hanako.mail)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    for _ in range(4):
        assert "認証コードが違います" in errors(hanako.send(page, code=wrong))
    assert "まで入力できません" in errors(hanako.send(page, code=wrong))
    assert "まで入力できません" in errors(hanako.send(page, code=right))
    assert rows(idp, STORED, a=hanako.subject) == [(None, None)]


def test_a_right_code_takes_back_its_own_try_only(idp: Idp, hanako: Member) -> None:
    page = enter(hanako, hanako.mail)
    right = idp.wait_for_code(hanako.mail)
    for _ in range(3):
        hanako.send(page, code=f"{(int(right) + 1) % 1_000_000:06}")
    hanako.send(page, code=right)
    assert rows(idp, "SELECT count FROM failures WHERE bucket = :b", b=f"code:{hanako.subject}") == [(3,)]


def test_the_form_sent_twice_sends_one_code_and_resending_waits(idp: Idp, hanako: Member) -> None:
    form = form_of(hanako.at(ADDRESS))
    pages = [hanako.browser.submit(form, email=hanako.mail) for _ in range(2)]
    assert [title(page) for page in pages] == ["認証コードの入力"] * 2
    assert form_of(pages[0]).fields["draft"] == form_of(pages[1]).fields["draft"]
    page = hanako.send(pages[1], action="resend")
    assert "から、もう一度送れます" in errors(page)
    assert "でログインできます" in hanako.send(page, code=idp.wait_for_code(hanako.mail)).text
    assert len([mail for mail in idp.mails(hanako.mail) if "確認用コード" in mail.get_content()]) == 1


def test_a_code_sent_again_is_told(idp: Idp, hanako: Member) -> None:
    page = enter(hanako, hanako.mail)
    with inside(idp) as deps:
        deps.ephemeral.drop(f"resend:{flow.DRAFT}:{hanako.subject}:{fingerprint(hanako.mail)}")
    again = hanako.send(page, action="resend")
    assert resent(again) and not resent(page) and not errors(again)
    assert not resent(hanako.send(again, action="resend")) and idp.wait_for_code(hanako.mail, 2)


def test_what_is_stored_is_masked_also_when_it_is_typed_and_what_is_proven_too(idp: Idp, hanako: Member) -> None:
    old = hanako.old  # type: ignore[attr-defined]
    assert old not in enter(hanako, old).text
    page = enter(hanako, hanako.mail)
    age(idp, hanako.browser, 301)
    page = hanako.send(page, code=idp.wait_for_code(hanako.mail))
    assert "current-password" in page.text, "proven, and not yet saved"
    assert "確認できました" in (after := hanako.browser.go(CODE)).text and hanako.mail not in after.text


def test_a_code_is_good_for_its_address_and_draft_only(idp: Idp, hanako: Member) -> None:
    first = enter(hanako, hanako.mail)
    second = enter(hanako, f"{hanako.name}@new.example")
    code = idp.wait_for_code(hanako.mail)
    assert "認証コードが違います" in errors(hanako.send(second, code=code))
    old = hanako.send(first, code=code)
    assert old.status_code == 409 and "使えなくなりました" in old.text
    assert rows(idp, STORED, a=hanako.subject) == [(None, None)]


def test_nothing_without_a_fresh_proof(idp: Idp, hanako: Member) -> None:
    page = enter(hanako, hanako.mail)
    code = idp.wait_for_code(hanako.mail)
    age(idp, hanako.browser, 301)
    for path in (ADDRESS, OFF):
        assert "current-password" in hanako.browser.go(path).text or hanako.browser.go(path).url.endswith(STATUS)
    page = hanako.send(page, code=code)  # the code may come late; what it does may not
    assert "current-password" in page.text and "「メールアドレスでログインする設定」の前に" in page.text
    assert rows(idp, STORED, a=hanako.subject) == [(None, None)]
    page = hanako.browser.sign_in(page, hanako.name)
    assert "確認できました" in page.text and "one-time-code" not in page.text
    assert "でログインできます" in hanako.send(page).text


def test_who_has_a_second_factor_proves_it_first(idp: Idp, hanako: Member) -> None:
    hanako.switch_on()
    other = Browser(idp)
    page = other.sign_in(other.go(ADDRESS), hanako.name)
    assert title(page) == "認証コードの入力" and 'action="/code"' in page.text
    assert title(other.go(ADDRESS)) == "ログイン"


def test_a_change_of_the_password_ends_what_was_under_way(idp: Idp, hanako: Member) -> None:
    page = enter(hanako, hanako.mail)
    code = idp.wait_for_code(hanako.mail)
    other = Browser(idp)
    other.sign_in(other.go("/account"), hanako.name)
    changed = other.submit(form_of(other.go("/account/password")), current_password="Kawa7Sumire", new_password="Kaze8Midori")
    assert "パスワードを変更しました" in changed.text
    page = hanako.send(page, code=code)
    assert "current-password" in page.text
    hanako.browser.sign_in(page, hanako.name, "Kaze8Midori")
    assert rows(idp, STORED, a=hanako.subject) == [(None, None)] and hanako.browser.go(CODE).url.endswith(ADDRESS)


def test_nothing_is_changed_while_the_account_is_frozen(idp: Idp, hanako: Member) -> None:
    page = enter(hanako, hanako.mail)
    code = idp.wait_for_code(hanako.mail)
    rows(idp, "UPDATE accounts SET frozen_until = :t WHERE id = :a", t=2**40, a=hanako.subject)
    answers = [hanako.send(page, code=code), *(hanako.browser.go(path) for path in (ADDRESS, OFF))]
    assert [answer.status_code for answer in answers] == [403] * 3 and "変更を止めています" in answers[0].text
    assert rows(idp, STORED, a=hanako.subject) == [(None, None)]


def test_sessions_and_remembered_browsers_stay(idp: Idp, hanako: Member) -> None:
    other = Browser(idp)
    other.sign_in(other.go("/account"), hanako.name)
    prove(hanako, hanako.mail)
    assert hanako.name in other.go("/account").text, "an address is a name, no factor"


def test_what_was_probably_meant_is_said_and_hinders_nobody(idp: Idp, hanako: Member) -> None:
    page = enter(hanako, f"{hanako.name}@docmo.ne.jp")
    assert f"「{hanako.name}@docomo.ne.jp」ではありませんか" in page.text
    assert "でログインできます" in hanako.send(page, code=idp.wait_for_code(f"{hanako.name}@docmo.ne.jp")).text


def test_in_english(idp: Idp, hanako: Member) -> None:
    hanako.browser = Browser(idp, **{"Accept-Language": "en"})
    page = enter(hanako, hanako.mail)
    assert title(page) == "Enter the code"
    assert "You can now log in with your email address" in hanako.send(page, code=idp.wait_for_code(hanako.mail)).text
