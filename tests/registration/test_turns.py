"""What may go another way: mistakes, second thoughts, other people's names and contracts (flows.md R1 to R5)."""

import re
from typing import Callable

from tests.registration.applicant import PENDING, SENT, VERIFY, Applicant, facts, link_in, said
from tests.running import Browser, Idp, form_of, new_name
from tests.settings.member import errors, rows, title

New = Callable[[], Applicant]


def letters_of(idp: Idp, applicant: Applicant) -> list[str]:
    """Login IDs that the registrations under way of this contract hold."""
    return [row[0] for row in rows(idp, "SELECT login_id FROM registrations WHERE login_id_key = :name", name=applicant.name)]


def test_a_wrong_address_is_put_right_on_the_spot_and_blocks_neither_id_nor_contract(idp: Idp, applicant: New) -> None:
    hanako = applicant()
    page = hanako.sent(email="wrong-" + hanako.mail)
    old = hanako.link(mail="wrong-" + hanako.mail)
    edit = hanako.browser.go(re.findall(r'href="([^"]+)#email">メールアドレスを直す', page.text)[0])
    assert form_of(edit).fields["email"] == "wrong-" + hanako.mail
    assert title(hanako.send(hanako.details(edit))) == "メールをご確認ください"
    assert "このURLは使えません" in said(hanako.open(link=old)), "the newest wins"
    assert title(hanako.finish(hanako.open())) == "登録が完了しました"
    assert len(hanako.accounts) == 1


def test_a_letter_sent_again_is_told_and_one_that_is_not_is_not(idp: Idp, applicant: New) -> None:
    hanako = applicant()
    page, done = hanako.sent(), 'role="status">もう一度送りました。先に届いたメールのURLも'
    early = hanako.send(page)
    assert done not in early.text and "もう一度送れます" in errors(early)
    rows(idp, "UPDATE registrations SET sent_at = sent_at - 100 WHERE login_id_key = :name", name=hanako.name)
    page = hanako.send(early)
    assert done in page.text and not errors(page) and 'class="primary"' not in page.text
    assert done not in hanako.send(page).text and hanako.link(2)


def test_from_another_browser_the_newest_registration_wins(applicant: New) -> None:
    hanako = applicant()
    hanako.sent()
    first, hanako.browser = hanako.link(), Browser(hanako.idp)
    pending = hanako.verify()
    assert "仮登録が済んでいます" in said(pending) and f"m****{hanako.name[-1]}@mail.example" in said(pending)
    assert hanako.mail not in pending.text and pending.url.split("?")[0].endswith(PENDING)
    details = hanako.browser.go(re.findall(r'href="([^"]+)">メールアドレスを入力し直す', pending.text)[0])
    hanako.send(hanako.details(details))
    second = hanako.link(2)
    assert first != second
    assert "このURLは使えません" in said(hanako.open(Browser(hanako.idp), first))
    assert title(hanako.finish(hanako.open(link=second))) == "登録が完了しました"


def test_an_id_that_somebody_else_is_registering_is_taken_until_they_are_gone(applicant: New) -> None:
    hanako, taro = applicant(), applicant()
    hanako.sent()
    page = taro.details(taro.verify(), login_id=hanako.name.upper())
    assert "使えません" in errors(page)
    assert title(taro.details(page)) == "入力内容の確認"


def test_an_id_that_is_taken_between_two_pages_leads_back(idp: Idp, applicant: New) -> None:
    hanako, taro = applicant(), applicant()
    page = hanako.confirm()
    taro.sent(login_id=hanako.name)
    page = hanako.send(page)
    assert title(page) == "ログインに使う情報の入力" and "使えません" in errors(page)
    page = hanako.details(page, login_id=new_name())
    assert title(hanako.send(page)) == "メールをご確認ください"


def test_an_account_made_meanwhile_ends_the_registration_clearly(idp: Idp, applicant: New) -> None:
    hanako, taro = applicant(), applicant()
    hanako.sent()
    taro.sent()
    idp.account(hanako.name)
    assert "別のIDを入力してください" in said(hanako.finish(hanako.open()))
    idp.account(new_name(), "--contractor-id", taro.row["customer_number"], "--contract-type", "individual")
    assert "すでにログインIDが登録されています" in said(taro.finish(taro.open()))
    assert rows(idp, "SELECT id FROM accounts WHERE login_id_key = :name", name=taro.name) == []


def test_a_second_registration_is_refused_only_after_a_full_match_and_the_owner_is_told_once(idp: Idp, applicant: New) -> None:
    hanako = applicant()
    hanako.registered()
    idp.wait_for_mails(hanako.mail, 2)
    hanako.browser = Browser(idp)
    assert "一致しませんでした" in errors(hanako.verify(phone="0748999999"))
    for _ in range(2):
        page = hanako.verify()
        assert "すでにログインIDが登録されています" in said(page) and hanako.name not in page.text
        assert re.search(r'class="button" href="/recovery\?kind=id&amp;j=', page.text)
    told = idp.wait_for_mails(hanako.mail, 3)
    assert len(told) == 3 and "登録のお申し込みがありました" in told[-1]["Subject"] and "http" not in told[-1].get_content()
    journey = form_of(hanako.begin()).fields["j"]
    assert hanako.browser.go(f"/register/details?j={journey}").url.split("?")[0].endswith(VERIFY)


def test_an_address_that_another_member_signs_in_by_is_not_revealed(idp: Idp, applicant: New) -> None:
    hanako, taro = applicant(), applicant()
    owner = f"{new_name()}@mail.example"
    idp.account(new_name(), "--email", owner, "--email-login")
    known, unknown = taro.sent(email=owner), hanako.sent()
    same = lambda page, mail: re.sub(r"[A-Za-z0-9_-]{43}", "", page.text.replace(mail, ""))  # noqa: E731
    deadlines = re.compile(r"\d{4}年\d+月\d+日|\d+時\d\d分|data-wait=.\d+")
    assert deadlines.sub("", same(known, owner)) == deadlines.sub("", same(unknown, hanako.mail))
    told = idp.wait_for_mails(owner, 1)[0]
    assert "/register/" not in told.get_content() and "登録を続けられません" in told.get_content()
    assert "仮登録が済んでいます" in said(taro.verify())
    again = taro.send(taro.browser.go(f"{SENT}?j={form_of(known).fields['j']}"))
    assert "もう一度送れます" in errors(again)


def test_the_mail_goes_again_after_a_while_and_earlier_links_stay_good(idp: Idp, applicant: New) -> None:
    hanako = applicant()
    page = hanako.sent()
    first = hanako.link()
    assert re.search(r"\d+時\d\d分 から、もう一度送れます", errors(hanako.send(page))) and len(idp.mails(hanako.mail)) == 1
    rows(idp, "UPDATE registrations SET sent_at = sent_at - 100 WHERE login_id_key = :name", name=hanako.name)
    again = hanako.send(page)
    assert not errors(again) and link_in(idp.wait_for_mails(hanako.mail, 2)[-1]) != first
    assert hanako.finish(hanako.open(Browser(idp), first)).status_code == 403, "another browser's page"
    assert title(hanako.finish(hanako.open(link=first))) == "登録が完了しました"
    assert "このURLは使えません" in said(hanako.open(Browser(idp), hanako.link(2)))


def test_more_mail_than_the_policy_allows_is_told_with_a_time(idp: Idp, applicant: New) -> None:
    hanako = applicant()
    page = hanako.sent()
    rows(idp, "UPDATE registrations SET sends = 5 WHERE login_id_key = :name", name=hanako.name)
    assert re.search(r"\d+時\d\d分以降にもう一度お試しください", errors(hanako.send(page)))


def test_a_mail_that_comes_back_is_seen_when_the_page_is_loaded_again(idp: Idp, applicant: New) -> None:
    hanako = applicant()
    page = hanako.sent()
    idp.wait_for_mails(hanako.mail, 1)
    change = "UPDATE outbox SET outcome = 'rejected' WHERE key = (SELECT letter FROM registrations WHERE login_id_key = :name)"
    rows(idp, change, name=hanako.name)
    assert f"{hanako.mail} にメールを届けられませんでした" in said(hanako.browser.go(page.url))


def test_the_used_link_is_friendly_only_in_the_browser_that_used_it(applicant: New) -> None:
    hanako = applicant()
    page = hanako.sent()
    link = hanako.link()
    hanako.finish(hanako.open())
    assert "本登録は完了しています" in said(hanako.open(link=link))
    assert "本登録は完了しています" in said(hanako.browser.go(page.url))
    other = Browser(hanako.idp)
    used, unknown = hanako.open(other, link), hanako.open(other, f"{hanako.idp.issuer}/register/open/{'x' * 43}")
    strip = lambda one: re.sub(r"[A-Za-z0-9_-]{43}", "", one.text)  # noqa: E731
    assert (used.status_code, strip(used)) == (unknown.status_code, strip(unknown))
    kept = [{k: v for k, v in one.headers.items() if k not in ("Date", "X-Request-Id")} for one in (used, unknown)]
    assert kept[0] == kept[1]


def test_formats_that_cannot_be_right_are_said_at_their_fields_and_cost_no_try(applicant: New) -> None:
    hanako = applicant()
    page = hanako.begin()
    for _ in range(7):
        page = hanako.send(page, **facts(hanako.row, customer_number="abc", phone="12345", kana_name=" "))
        for part in ("お客様番号を数字で", "市外局番から", "カナで入力"):
            assert part in errors(page)
    assert form_of(page).fields["customer_number"] == "abc"
    assert title(hanako.send(page, **facts(hanako.row))) == "ログインに使う情報の入力"


def test_who_has_deleted_the_account_is_led_to_the_desk_by_the_page_that_everybody_sees(idp: Idp, applicant: New) -> None:
    pages = {}
    for status in ("active", "closing", "suspended"):
        hanako = applicant()
        hanako.registered()
        rows(idp, "UPDATE accounts SET status = :status WHERE login_id_key = :name", status=status, name=hanako.name)
        hanako.browser = Browser(idp)
        page = hanako.verify()
        assert title(page) == "登録は済んでいます" and "アカウントを削除した方は、お客様センターへお電話ください" in said(page)
        assert '<details class="help" open>' in page.text
        pages[status] = said(page)
    assert len(set(pages.values())) == 1, "nobody learns what became of the account"
