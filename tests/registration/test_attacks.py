"""Registration out of order, twice, at once, with nothing, from elsewhere; and what a guesser can tell (RG-01 to RG-07)."""

import re
from typing import Callable

import pytest
import requests

from tests.journeys.test_codes_under_attack import together, twin
from tests.registration.applicant import CONFIRM, DETAILS, DONE, FINISH, PASSWORD, SENT, VERIFY, Applicant, facts, said
from tests.running import Browser, Form, Idp, form_of, new_name
from tests.settings.member import errors, rows, title

New = Callable[[], Applicant]
WIDTH = 16


def shape(page: requests.Response) -> tuple:
    """Everything that an answer tells, but for the random names and the visitor's own words."""
    body = re.sub(r"[A-Za-z0-9_-]{43}|n=[a-z0-9]{26}|\d{4}年\d+月\d+日 \d+時\d\d分|\d+時\d\d分|data-wait=.\d+", "", page.text)
    headers = {name: value for name, value in page.headers.items() if name not in ("Date", "Content-Length", "Set-Cookie")}
    return page.status_code, re.sub(r' value="[^"]*"', "", body), headers


def patient(browser: Browser, form: Form, password: str) -> requests.Response:
    """Send the form again as long as more passwords are being checked than the machine can take."""
    while (answer := browser.submit(form, password=password)).status_code == 503:
        assert answer.headers["Retry-After"]
    return answer


@pytest.mark.parametrize("tries", [1, 3, 5])
def test_whichever_fact_is_wrong_and_whether_there_is_such_a_contract_looks_the_same(applicant: New, tries: int) -> None:
    seen = []
    for wrong in ({"phone": "0748999999"}, {"kana_name": "サトウ タロウ"}, {"customer_number": "98765432101234"}):
        hanako = applicant()
        page = hanako.begin()
        for _ in range(tries):
            page = hanako.send(page, **facts(hanako.row, **wrong))
        seen.append(shape(page))
    used_up = applicant()
    for number in range(5):
        used_up.verify(phone=f"074{number}{used_up.row['phone'][4:]}")
        used_up.browser = Browser(used_up.idp)
    page = used_up.begin()
    for _ in range(tries):
        page = used_up.send(page, **facts(used_up.row))
    seen.append(shape(page))
    for one in seen:
        assert one[1].splitlines() == seen[0][1].splitlines()
    assert ("お問い合わせください" in errors(page)) == (tries == 3) and ("までお手続きできません" in errors(page)) == (tries == 5)


def test_every_form_out_of_order_or_empty_is_answered_by_a_clear_page(applicant: New) -> None:
    hanako = applicant()
    first = form_of(hanako.begin())
    token, journey = first.fields["csrf"], first.fields["j"]
    for path in (VERIFY, DETAILS, CONFIRM, SENT, FINISH, DONE):
        for fields in ({"csrf": token}, {"csrf": token, "j": journey}, {"csrf": token, "j": "x" * 43}, {"csrf": token, "j": "", "password": "x"}):
            page = hanako.browser.submit(Form(hanako.idp.issuer + path, "post", {}), **fields)
            assert page.status_code in (200, 400) and re.search(r"<h1>.+</h1>", page.text, re.S), (path, fields)
        assert hanako.browser.submit(Form(hanako.idp.issuer + path, "post", {})).status_code == 403, "without anything"
    assert hanako.accounts == []
    assert title(hanako.verify()) == "ログインに使う情報の入力"


def test_no_form_of_another_browser_does_anything(idp: Idp, applicant: New) -> None:
    hanako = applicant()
    pages = {VERIFY: hanako.begin(), DETAILS: hanako.verify()}
    pages[CONFIRM] = hanako.details(pages[DETAILS])
    pages[SENT] = hanako.send(pages[CONFIRM])
    pages[FINISH] = hanako.open()
    thief = Browser(idp)
    own = form_of(thief.go(VERIFY)).fields["csrf"]
    for path, page in pages.items():
        assert thief.submit(form_of(page)).status_code == 403, path
        assert thief.submit(form_of(page), csrf=own, password=PASSWORD).status_code == 400, path
        assert thief.go(page.url).status_code == 400, path
    assert hanako.accounts == []
    done = hanako.finish(pages[FINISH])
    assert thief.submit(form_of(done), csrf=own).status_code == 400
    assert "ログインしていません" in said(thief.go("/"))


def test_every_form_twice_does_what_it_did_once(idp: Idp, portal: dict, applicant: New) -> None:
    hanako = applicant()
    confirm = hanako.confirm(portal)
    assert [title(hanako.send(confirm)) for _ in range(3)] == ["メールをご確認ください"] * 3
    opened = hanako.open()
    assert len(idp.mails(hanako.mail)) == 1
    done = hanako.finish(opened)
    again = hanako.finish(opened)
    assert (title(done), title(again)) == ("登録が完了しました", "登録が完了しました") and len(hanako.accounts) == 1
    assert hanako.send(done).is_redirect
    assert title(hanako.send(done)) == "お手続きは終わっています"


def test_the_last_button_at_once_in_sixteen_hands_signs_in_once(portal: dict, applicant: New) -> None:
    hanako = applicant()
    form = form_of(hanako.registered(portal))
    twins = [twin(hanako.browser) for _ in range(WIDTH)]
    answers = together([lambda one=one: one.submit(form, follow=False) for one in twins])
    assert sum("portal.example" in one.headers.get("Location", "") for one in answers) == 1
    assert sum("idp-session" in one.headers.get("Set-Cookie", "") for one in answers) == 1
    assert not [one.status_code for one in answers if one.status_code >= 500]


def test_sixteen_confirmations_at_once_make_one_account(idp: Idp, applicant: New) -> None:
    hanako = applicant()
    hanako.sent()
    link, hands = hanako.link(), [Browser(idp) for _ in range(WIDTH)]
    forms = [form_of(hanako.open(one, link)) for one in hands]
    jobs = [lambda one=one, form=form: patient(one, form, PASSWORD) for one, form in zip(hands, forms)]
    answers = together(jobs)
    assert sum(title(one) == "登録が完了しました" for one in answers) == 1
    assert {one.status_code for one in answers} <= {200, 400} and len(hanako.accounts) == 1
    assert rows(idp, "SELECT id FROM registrations WHERE login_id_key = :name", name=hanako.name) == []
    idp.wait_for_mails(hanako.mail, 2)


def test_sixteen_provisional_registrations_of_one_form_send_one_mail(idp: Idp, applicant: New) -> None:
    hanako = applicant()
    form = form_of(hanako.confirm())
    answers = together([lambda one=twin(hanako.browser): one.submit(form) for _ in range(WIDTH)])
    assert {one.status_code for one in answers} == {200}
    assert title(hanako.finish(hanako.open())) == "登録が完了しました"
    assert len(idp.wait_for_mails(hanako.mail, 2)) == 2, "the link, and that it is done"


def test_sixteen_resends_at_once_send_one_mail(idp: Idp, applicant: New) -> None:
    hanako = applicant()
    form = form_of(hanako.sent())
    hanako.link()
    rows(idp, "UPDATE registrations SET sent_at = sent_at - 100 WHERE login_id_key = :name", name=hanako.name)
    together([lambda one=twin(hanako.browser): one.submit(form) for _ in range(WIDTH)])
    hanako.link(2)
    assert len(idp.mails(hanako.mail)) == 2
    assert rows(idp, "SELECT sends FROM registrations WHERE login_id_key = :name", name=hanako.name) == [(2,)]


def test_sixteen_wrong_passwords_at_once_stop_at_the_limit_and_the_link_lives_on(idp: Idp, applicant: New) -> None:
    hanako = applicant()
    hanako.sent()
    page = hanako.open()
    form = form_of(page)
    jobs = [lambda one=twin(hanako.browser), n=n: patient(one, form, f"Wrong{n}wrong") for n in range(WIDTH)]
    answers = together(jobs)
    assert sum("パスワードが違います" in errors(one) for one in answers) == 4, "the fifth begins the wait"
    assert sum(bool(re.search(r"\d+時\d\d分まで本登録できません", errors(one))) for one in answers) == WIDTH - 4
    assert "まで本登録できません" in errors(hanako.finish(page)), "the right one has to wait too"
    rows(idp, "UPDATE failures SET wait_until = 0 WHERE bucket LIKE 'registration:%'")
    assert title(hanako.finish(page)) == "登録が完了しました"


def test_an_empty_password_costs_no_try(applicant: New) -> None:
    hanako = applicant()
    hanako.sent()
    page = hanako.open()
    for _ in range(7):
        page = hanako.finish(page, password="")
        assert "パスワードを入力してください" in errors(page)
    assert "パスワードが違います" in errors(hanako.finish(page, password="Wrong1wrong"))


def test_the_check_of_ids_is_limited_by_contract_however_it_is_asked(applicant: New) -> None:
    hanako = applicant()
    page = hanako.verify()
    for number in range(20):
        page = hanako.details(page, action="check" if number % 2 else "next", login_id=f"{hanako.name}{number}", nickname="")
        assert "上限" not in errors(page)
    hanako.browser = Browser(hanako.idp)
    page = hanako.details(hanako.verify(), action="check", login_id=new_name())
    assert "確認できる回数の上限になりました" in errors(page) and "使えます" not in said(page)
    assert "上限" in errors(hanako.details(page, login_id="never-asked"))


def test_a_link_opens_nothing_but_what_it_is_for(idp: Idp, applicant: New) -> None:
    hanako = applicant()
    hanako.sent()
    token = hanako.link().rpartition("/")[2]
    rows(idp, "UPDATE links SET purpose = 'reset' WHERE owner = (SELECT id FROM registrations WHERE login_id_key = :name)", name=hanako.name)
    assert "このURLは使えません" in said(hanako.open())
    rows(idp, "UPDATE links SET purpose = 'registration' WHERE owner = (SELECT id FROM registrations WHERE login_id_key = :name)", name=hanako.name)
    for odd in ("x", token[:-1], token + "x", token.swapcase(), "%00", "a" * 5_000):
        page = hanako.browser.go(f"/register/open/{odd}")
        assert page.status_code in (400, 404) and hanako.accounts == []
    assert title(hanako.finish(hanako.open())) == "登録が完了しました"


def test_what_happened_is_on_record_without_anything_of_the_person(idp: Idp, portal: dict, applicant: New) -> None:
    hanako = applicant()
    hanako.sent(portal)
    page = hanako.open()
    hanako.finish(hanako.finish(page, password="Wrong1wrong"))
    begun, confirmed = idp.audit("registration_begun")[-1], idp.audit("registration_confirmed")[-2:]
    assert (begun["result"], begun["client_id"]) == ("ok", portal["client_id"])
    assert [row["result"] for row in confirmed] == ["wrong", "ok"] and confirmed[1]["account_id"] == hanako.accounts[0][0]
    assert [row["detail"] for row in idp.audit("account_added") if row["account_id"] == hanako.accounts[0][0]] == ['{"how": "registration", "role": "member"}']
    everything = str([begun, *confirmed])
    assert not [word for word in (hanako.mail, hanako.name, hanako.row["phone"], hanako.row["customer_number"]) if word in everything]
