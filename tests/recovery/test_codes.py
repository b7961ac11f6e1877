"""The code of the SMS: bound to one request of one browser, counted, good once (requirements MF-02, MF-03)."""

import re
import time
from dataclasses import replace

import pytest

from idp.domain.account import Account
from idp.services import reset_codes
from tests.journeys.test_codes_under_attack import WIDTH, together, twin
from tests.recovery.person import CODE, DONE, NEW, PASSWORD, Person, errors, title
from tests.recovery.test_equal_answers import shape
from tests.running import Browser, Idp, form_of
from tests.settings.member import inside, rows

AGAIN = "もう一度お手続きください"


@pytest.fixture
def hanako(person: Person) -> Person:
    """A member with a phone."""
    return person.join()


def others(code: str, count: int) -> list[str]:
    """Codes that were not sent."""
    return [guess for n in range(count + 1) if (guess := f"{n:06}") != code][:count]


def test_after_five_wrong_codes_the_right_one_is_worth_nothing(idp: Idp, hanako: Person) -> None:
    page = hanako.ask("pw", "sms")
    code = hanako.code()
    for n, guess in enumerate(others(code, 5)):
        page = hanako.send(page, code=guess)
        assert ("使えなくなりました" if n == 4 else "認証コードが違います") in errors(page), n
    page = hanako.send(page, code=code)
    assert "使えなくなりました" in errors(page) and title(hanako.browser.go(PASSWORD + "?" + page.url.partition("?")[2])) == AGAIN
    hanako.browser = Browser(idp)
    assert title(hanako.type_code(hanako.ask("pw", "sms"), 2)) == "新しいパスワードの設定", "a new request has tries of its own"


def test_who_got_no_code_is_told_the_same_of_every_code(idp: Idp, hanako: Person) -> None:
    nobody = Person(idp, hanako.contract)
    pages = [hanako.ask("pw", "sms"), nobody.ask_by_name("sms", "nobody-has-this")]
    code = hanako.code()
    for typed in ["", "12345", *others(code, 6)]:
        pages = [hanako.send(pages[0], code=typed), nobody.send(pages[1], code=typed)]
        assert shape(pages[0]) == shape(pages[1]) and errors(pages[0]), typed


def test_sixteen_guesses_at_once_stop_at_the_limit(idp: Idp, hanako: Person) -> None:
    form = form_of(hanako.ask("pw", "sms"))
    code = hanako.code()
    attempt = "SELECT count FROM failures WHERE bucket LIKE 'reset:%' ORDER BY updated_at DESC, count DESC LIMIT 1"
    jobs = [lambda one=twin(hanako.browser), guess=guess: one.submit(form, follow=False, code=guess) for guess in others(code, WIDTH)]
    answers = together(jobs)
    assert {one.status_code for one in answers} == {303}
    assert rows(idp, attempt) == [(5,)]
    assert "使えなくなりました" in errors(hanako.browser.submit(form, code=code))


def test_sixteen_submissions_of_the_right_code_make_one_change(idp: Idp, hanako: Person) -> None:
    form = form_of(hanako.ask("pw", "sms"))
    code = hanako.code()
    answers = together([lambda one=twin(hanako.browser): one.submit(form, follow=False, code=code) for _ in range(WIDTH)])
    assert sum(PASSWORD in one.headers.get("Location", "") for one in answers) == 1
    page = hanako.browser.go(next(one for one in answers if PASSWORD in one.headers["Location"]).headers["Location"])
    form = form_of(page)
    jobs = [lambda one=twin(hanako.browser), n=n: one.submit(form, follow=False, new_password=f"Sumire8Kawa{n}") for n in range(WIDTH)]
    answers = together(jobs)
    assert sum("/changed" in one.headers.get("Location", "") for one in answers) == 1
    assert rows(idp, "SELECT epoch FROM accounts WHERE id = :a", a=hanako.subject) == [(1,)]


def test_the_code_is_of_no_use_in_another_browser_or_request(idp: Idp, hanako: Person) -> None:
    hanako.ask("pw", "sms")
    code = hanako.code()
    thief = Person(idp, hanako.contract)
    page = thief.ask_by_name("sms", hanako.name)
    hanako.code(2)
    assert "認証コードが違います" in errors(thief.send(page, code=code))


def test_a_code_that_has_died_is_told_apart_and_opens_nothing(idp: Idp, hanako: Person) -> None:
    page = hanako.ask("pw", "sms")
    code = hanako.code()
    with inside(idp) as deps:
        late = replace(deps, clock=lambda: time.time() + 601)
        reset_codes.put(deps, "a", code, Account(hanako.subject, "", "", ""), deps.now() + 600)
        assert reset_codes.check(late, "a", code) == ("expired", None)
        assert reset_codes.check(late, "b", code) == ("wrong", None)
    assert title(hanako.send(page, code=code)) == "新しいパスワードの設定"


def test_a_code_for_something_else_opens_nothing(idp: Idp, person: Person, portal: dict) -> None:
    person.join("--second-factor", "sms")
    sign_in = person.browser.sign_in(person.browser.authorize(portal), person.name)
    page = person.ask("pw", "sms")
    person.code(2)
    codes = [re.findall(r"#(\d{6})", one)[0] for one in idp.short_messages(person.number)]
    by_text = {"再設定" in one: code for one, code in zip(idp.short_messages(person.number), codes)}
    assert "認証コードが違います" in errors(person.send(page, code=by_text[False]))
    form = form_of(sign_in)
    wrong = person.browser.submit(form, **{form.named("one-time-code"): by_text[True]})
    assert "認証コードが違います" in errors(wrong)
    assert title(person.send(page, code=by_text[True])) == "ご本人の確認"


def test_a_proven_code_dies_with_the_epoch(idp: Idp, hanako: Person) -> None:
    page = hanako.type_code(hanako.ask("pw", "sms"))
    assert title(page) == "新しいパスワードの設定"
    idp.within("account", "sign-out-everywhere", hanako.name)
    assert title(hanako.set(page, NEW)) == AGAIN


def test_the_box_stands_there_for_sms_and_a_password_only(idp: Idp, hanako: Person) -> None:
    for kind, dest, box in (("id", "sms", False), ("pw", "mail", False), ("pw", "sms", True)):
        page = hanako.ask(kind, dest)
        assert ("one-time-code" in page.text) == box and page.url.partition("?")[0].endswith(DONE)
        if not box:
            form = form_of(hanako.browser.go("/login"))
            form.action, form.fields["j"] = idp.issuer + CODE, page.url.partition("j=")[2]
            assert title(hanako.browser.submit(form, code="123456")) == "お知らせの受付が終わりました"
