"""From the portal to the account and back, and every turn that a member may take on the way (flows.md R1 to R6)."""

import re
from typing import Callable
from urllib.parse import urlsplit

from tests.registration.applicant import CONFIRM, DETAILS, DONE, FINISH, PASSWORD, SENT, VERIFY, Applicant, facts, link_in, said
from tests.running import Browser, Idp, answer_of, claims_of, exchange, form_of, new_name
from tests.settings.member import errors, rows, title

New = Callable[[], Applicant]


def test_from_the_portal_and_back_with_tokens(idp: Idp, portal: dict, applicant: New) -> None:
    hanako = applicant()
    page = hanako.registered(portal)
    answer = hanako.send(page)
    tokens = exchange(idp, portal, answer_of(answer)["code"]).json()
    claims = claims_of(tokens["id_token"])
    assert (answer_of(answer)["state"], claims["nonce"], claims["acr"]) == ("state-1", "nonce-1", "urn:x-idp:acr:1")
    account = hanako.accounts[0]
    assert (claims["sub"], account[1]) == (account[0], "はなこ") and account[2].startswith("k:")
    destination = rows(idp, "SELECT address, verified_at, usual FROM destinations WHERE account_id = :id", id=account[0])
    assert destination[0][0] == hanako.mail and destination[0][1] and not destination[0][2]
    letter = hanako.idp.wait_for_mails(hanako.mail, 2)[-1]
    assert "登録が完了しました" in letter["Subject"] and hanako.name in letter.get_content() and "http" not in letter.get_content()
    other = Browser(idp)
    assert "code" in answer_of(other.sign_in(other.authorize(portal), hanako.name, PASSWORD))


def test_nothing_is_a_member_before_the_confirmation_and_the_page_says_so(idp: Idp, applicant: New) -> None:
    hanako = applicant()
    page = hanako.sent()
    assert hanako.accounts == [] and "まだ登録は終わっていません" in said(page) and hanako.mail in said(page)
    assert re.search(r"\d{4}年\d+月\d+日 \d+時\d\d分までに", said(page))
    mail = idp.wait_for_mails(hanako.mail, 1)[0]
    assert "本登録のお願い" in mail["Subject"] and "24" not in mail["Subject"] and urlsplit(link_in(mail)).netloc == urlsplit(idp.issuer).netloc
    opened = hanako.open()
    assert "current-password" in opened.text and hanako.name not in opened.text and hanako.accounts == []
    assert "/register/open/" not in opened.url and link_in(mail).rpartition("/")[2] not in opened.text


def test_in_another_browser_the_member_is_signed_in_there_and_can_go_back_to_the_portal(idp: Idp, applicant: New) -> None:
    portal = idp.client(client_uri="https://portal.example/")
    hanako, other = applicant(), Browser(idp)
    page = hanako.registered(portal, other)
    assert 'href="https://portal.example/"' in page.text
    home = other.submit(form_of(page))
    assert urlsplit(home.url).path == "/" and "はなこ さんとしてログイン中" in said(home)
    assert "code" in answer_of(other.authorize(portal))
    assert "ログインしていません" in said(hanako.browser.go("/"))
    assert title(other.go(page.url)) == "お手続きは終わっています"


def test_in_another_browser_a_portal_that_can_begin_a_sign_in_is_asked_to(idp: Idp, applicant: New) -> None:
    portal = idp.client(client_uri="https://portal.example/", initiate_login_uri="https://portal.example/begin?a=b")
    hanako, other = applicant(), Browser(idp)
    answer = other.submit(form_of(hanako.registered(portal, other)))
    assert answer.headers["Location"] == f"https://portal.example/begin?a=b&iss={idp.issuer}"


def test_the_link_can_be_opened_as_often_as_scanners_like(applicant: New) -> None:
    hanako = applicant()
    hanako.sent()
    for _ in range(5):
        assert hanako.browser.head(hanako.link(), allow_redirects=False).status_code == 303
        hanako.open(Browser(hanako.idp))
    assert title(hanako.finish(hanako.open())) == "登録が完了しました"


def test_an_id_typed_in_full_width_is_shown_in_half_width_before_it_is_sent(applicant: New) -> None:
    hanako = applicant()
    wide = "".join(chr(ord(char) + 0xFEE0) for char in hanako.name)
    page = hanako.details(hanako.verify(), action="check", login_id=wide)
    assert f"「{hanako.name}」は使えます。" in said(page) and form_of(page).fields["login_id"] == hanako.name
    assert hanako.name in said(hanako.confirm(login_id=wide)) and hanako.accounts == []


def test_what_was_probably_meant_is_said_before_and_after_the_letter_goes(applicant: New) -> None:
    hanako = applicant()
    meant = f"「{hanako.name}@gmail.com」ではありませんか"
    page = hanako.confirm(email=f"{hanako.name}@gmial.com")
    assert meant in said(page)
    assert meant in said(page := hanako.send(page)) and title(page) == "メールをご確認ください"
    assert "ではありませんか" not in said(applicant().confirm())


def test_a_link_that_is_not_good_blames_no_time_and_leads_to_the_sign_in_first(idp: Idp, applicant: New) -> None:
    hanako = applicant()
    hanako.registered()
    pages = [hanako.open(Browser(idp)), hanako.open(Browser(idp), "/register/open/" + "x" * 43)]
    for page in pages:
        assert "時間" not in said(page).partition("お困りのときは")[0] and "登録がもう済んでいるか" in said(page)
        assert re.findall(r'<a(?: class="button")? href="(/[a-z]+)">', page.text.partition("<main")[2]) == ["/login", "/register"]
    assert said(pages[0]) == said(pages[1]), "nobody learns whether the link was ever good"


def test_details_can_be_changed_before_they_are_sent_and_the_password_is_nowhere(applicant: New) -> None:
    hanako = applicant()
    page = hanako.confirm()
    assert PASSWORD not in page.text and f'href="{DETAILS}?j=' in page.text and "#email" in page.text
    edit = hanako.browser.go(re.findall(r'href="([^"]+#nickname)"', page.text)[0])
    form = form_of(edit)
    assert (form.fields["login_id"], form.fields["email"], form.fields["nickname"]) == (hanako.name, hanako.mail, "はなこ")
    assert form.fields["new_password"] == ""
    again = hanako.details(edit, nickname="はな")
    assert "はな" in said(again) and title(hanako.send(again)) == "メールをご確認ください"


def test_a_confirmation_of_what_was_changed_in_another_tab_shows_it_first(applicant: New) -> None:
    hanako = applicant()
    old = hanako.confirm()
    hanako.details(hanako.browser.go(f"{DETAILS}?j={form_of(old).fields['j']}"), nickname="べつのなまえ")
    page = hanako.send(old, nickname="x", email="evil@mail.example", login_id="evil99")
    assert title(page) == "入力内容の確認" and "べつのなまえ" in said(page) and "evil" not in page.text


def test_the_button_says_whether_an_id_is_free_and_keeps_the_rest(idp: Idp, applicant: New) -> None:
    hanako, taken = applicant(), new_name()
    idp.account(taken)
    page = hanako.details(hanako.verify(), action="check")
    assert f"「{hanako.name}」は使えます。" in said(page) and form_of(page).fields["email"] == hanako.mail and not errors(page)
    page = hanako.details(page, action="check", login_id=taken.upper())
    assert f"「{taken.upper()}」は使えません" in errors(page) and "は使えます" not in said(page)
    assert "使えません" in errors(hanako.details(page, action="check", login_id="support"))
    assert "5〜30文字" in errors(hanako.details(page, action="check", login_id="abc"))
    idp.within("account", "close", taken)
    assert "使えません" in errors(hanako.details(page, action="check", login_id=taken)), "a closed account's ID is never given again"


def test_the_button_says_that_a_password_is_to_be_typed_again_only_where_one_was_typed(applicant: New) -> None:
    hanako, again = applicant(), "もう一度入力してください"
    page = hanako.details(hanako.verify(), action="check")
    assert again in said(page) and PASSWORD not in page.text and urlsplit(page.url).fragment == "checked" and 'id="checked"' in page.text
    assert again in said(hanako.details(page, action="check", login_id="support"))
    assert again not in said(hanako.details(page, action="check", new_password=""))


def test_whatever_is_wrong_with_the_details_is_said_at_once(applicant: New) -> None:
    hanako = applicant()
    page = hanako.details(hanako.verify(), login_id="a@b.example", email="hanako", nickname="管理者", new_password="abc")
    found = errors(page)
    for part in ("ログインIDに使えない文字", "メールアドレスの形", "ニックネームは使えません", "8文字以上"):
        assert part in found, found
    assert form_of(page).fields["email"] == "hanako" and "abc" not in form_of(page).fields.values()


def test_the_password_may_not_be_made_of_the_person(applicant: New) -> None:
    hanako = applicant()
    page = hanako.verify()
    for word in (hanako.row["phone"], hanako.name, hanako.row["customer_number"]):
        assert "似たパスワード" in errors(hanako.details(page, new_password="Ab" + word)), word


def test_back_leads_through_every_page(applicant: New) -> None:
    hanako = applicant()
    for page in (hanako.begin(), hanako.verify(), hanako.confirm(), hanako.sent(), hanako.open()):
        assert re.search(r'<nav class="back"><a href="/[^"]*">戻る', page.text), page.url


def test_the_pages_speak_english_and_so_does_the_mail(idp: Idp, portal: dict, applicant: New) -> None:
    hanako = applicant()
    page = hanako.details(hanako.send(hanako.begin(portal, ui_locales="en"), **facts(hanako.row)))
    assert title(page) == "Check your details"
    assert title(hanako.send(page)) == "Check your email"
    assert "Complete" in idp.wait_for_mails(hanako.mail, 1)[0]["Subject"]


def test_pages_out_of_order_lead_to_the_step_that_is_due(applicant: New) -> None:
    hanako = applicant()
    journey = form_of(hanako.begin()).fields["j"]
    for path in (DETAILS, CONFIRM, SENT, "/register/pending", "/register/exists"):
        assert urlsplit(hanako.browser.go(f"{path}?j={journey}").url).path == VERIFY
    assert all("このURLは使えません" in said(hanako.browser.go(f"{path}?j={journey}")) for path in (FINISH, DONE))
    hanako.verify()
