"""Every step out of order, twice, from another browser, or empty: refused, or led to where it belongs (requirement RC-09)."""

import pytest
import requests

from tests.journeys.test_codes_under_attack import WIDTH, together, twin
from tests.recovery.person import CHANGED, CODE, CONFIRM, DONE, FORM, NEW, PASSWORD, SECOND, Person, title
from tests.running import Browser, Form, Idp, form_of
from tests.settings.member import rows

POSTS = (FORM, CONFIRM, CODE, SECOND, PASSWORD)
PAGES = (CONFIRM, DONE, SECOND, PASSWORD, CHANGED)


def at(idp: Idp, form: Form, path: str) -> Form:
    """The same proof of our own page, for another form."""
    return Form(idp.issuer + path, "post", {name: form.fields[name] for name in ("csrf", "j")})


def nowhere(page: requests.Response) -> bool:
    """Whether the page is a refusal, or the one that says to begin again."""
    return page.status_code == 400 or title(page) == "もう一度お手続きください"


def test_no_step_is_reached_by_its_address(idp: Idp, person: Person) -> None:
    form = person.join().open("pw")
    for path in PAGES:
        page = person.browser.go(f"{path}?j={form.fields['j']}")
        assert "new-password" not in page.text and "one-time-code" not in page.text
        assert title(page) in ("ログインIDの確認・パスワードの再設定", "もう一度お手続きください"), path
    for path in POSTS:
        page = person.browser.submit(at(idp, form, path), new_password=NEW, code="123456", action="verify", way="app")
        assert title(page) in ("ログインIDの確認・パスワードの再設定", "もう一度お手続きください"), path
    assert rows(idp, "SELECT epoch FROM accounts WHERE id = :a", a=person.subject) == [(0,)]
    assert person.requests() == [] and idp.mails(person.mail) == []


def test_a_request_is_sent_once_however_often_the_button_is_pressed(idp: Idp, person: Person) -> None:
    form = form_of(person.join().fill("id"))
    answers = together([lambda one=twin(person.browser): one.submit(form, follow=False) for _ in range(WIDTH)])
    assert {one.status_code for one in answers} == {303}
    person.browser.submit(form)
    assert person.results() == ["ok"]
    idp.wait_for_mails(person.mail, 1)
    marker = Person(idp, person.contract)  # the next request is answered after all of these
    marker.name, marker.subject, marker.mail = person.name, person.subject, person.mail
    marker.ask("pw")
    assert person.results(2) == ["ok", "ok"] and len(idp.wait_for_mails(person.mail, 2)) == 2


def test_another_browser_gets_nowhere(idp: Idp, person: Person) -> None:
    form = form_of(person.join().fill("pw", "sms"))
    thief = Browser(idp)
    own = form_of(thief.go("/login")).fields["csrf"]
    for path in POSTS:
        assert thief.submit(at(idp, form, path)).status_code == 403, path
        stolen = at(idp, form, path)
        stolen.fields["csrf"] = own
        assert nowhere(thief.submit(stolen)), path
    for path in PAGES:
        page = thief.go(f"{path}?j={form.fields['j']}")
        assert nowhere(page) and person.contract.letters not in page.text, path
    page = thief.go(f"{FORM}?j={form.fields['j']}")
    assert person.contract.letters not in page.text, "the form begins anew"


@pytest.mark.parametrize("path", POSTS)
def test_an_empty_form_is_refused(idp: Idp, person: Person, path: str) -> None:
    headers = {"Origin": idp.issuer, "Sec-Fetch-Site": "same-origin"}
    assert Browser(idp).post(idp.issuer + path, headers=headers).status_code == 400
    person.browser.go("/login")
    assert person.browser.post(idp.issuer + path, headers=headers).status_code == 403
    form = at(idp, person.open("pw"), path)
    form.fields.pop("j")
    assert nowhere(person.browser.submit(form))


def test_going_back_keeps_what_was_typed_and_asks_anew(idp: Idp, person: Person) -> None:
    page = person.join().ask("id")
    back = person.browser.go(page.text.partition('<nav class="back"><a href="')[2].partition('"')[0])
    assert 'value="山田"' in back.text and 'value="S33"' in back.text
    page = person.browser.submit(form_of(back), kind="pw", by="facts")
    assert "パスワードを再設定する" in page.text and title(page) == "入力内容の確認"
    person.send(page)
    assert person.results(2) == ["ok", "ok"]


def test_a_page_that_stood_open_too_long_or_came_without_a_journey_begins_anew(idp: Idp, person: Person) -> None:
    person.browser.go("/login")
    page = person.browser.go(f"{FORM}?kind=id&j={'x' * 43}")
    assert page.status_code == 200 and 'value="id" checked' in page.text
    assert Browser(idp).go(f"{FORM}?kind=id&j={'x' * 43}").status_code == 400, "without cookies it would go round for ever"
