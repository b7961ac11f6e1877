"""The link in the mail: opened as often as anybody likes, good once, for one purpose (requirements RC-06 to RC-08)."""

import pytest
import requests

from idp.services import links
from idp.services.links import Purpose
from idp.vault import fingerprint
from tests.journeys.test_codes_under_attack import WIDTH, together, twin
from tests.recovery.person import NEW, PASSWORD, Person, title
from tests.running import Browser, Idp, form_of
from tests.running import PASSWORD as OLD
from tests.settings.member import inside, rows

AGAIN = "もう一度お手続きください"


def issued(idp: Idp, person: Person, purpose: Purpose = "reset", seconds: int = 600) -> str:
    """A link made inside, without its mail."""
    with inside(idp) as deps, deps.database.write() as connection:
        return links.issue(connection, deps, purpose, person.subject, seconds, "mail")


@pytest.fixture
def hanako(person: Person) -> Person:
    """A member with a mail address."""
    return person.join()


def test_twenty_openings_by_anybody_spend_nothing(idp: Idp, hanako: Person) -> None:
    address = f"{idp.issuer}/reset/{issued(idp, hanako)}"
    state = "SELECT epoch, password_hash, updated_at FROM accounts WHERE id = :a"
    before, ((record,),) = rows(idp, state, a=hanako.subject), rows(idp, "SELECT count(*) FROM audit")
    for turn in range(20):
        method = ("GET", "HEAD", "OPTIONS")[turn % 3]
        answer = requests.request(method, address, headers={"User-Agent": "SafeLinks"}, allow_redirects=False, timeout=20)
        assert answer.status_code in (200, 303)
        scanner = Browser(idp)
        assert title(scanner.go(address)) == "新しいパスワードの設定", "a scanner may load the page behind it too"
    assert rows(idp, state, a=hanako.subject) == before
    assert rows(idp, "SELECT count(*) FROM audit") == [(record + 1,)], "that it was opened is on record once"
    assert title(hanako.set(hanako.browser.go(address))) == "パスワードを再設定しました"


def test_the_secret_leaves_the_address_at_once(idp: Idp, hanako: Person) -> None:
    token = issued(idp, hanako)
    answer = hanako.browser.get(f"{idp.issuer}/reset/{token}", allow_redirects=False)
    assert answer.headers["Location"].startswith(f"{PASSWORD}?j=") and token not in answer.headers["Location"]
    assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert token not in hanako.browser.go(answer.headers["Location"]).text


def test_sixteen_at_once_make_one_change(idp: Idp, hanako: Person) -> None:
    address = f"/reset/{issued(idp, hanako)}"
    pages = [(browser := Browser(idp), form_of(browser.go(address))) for _ in range(WIDTH // 2)]
    same = form_of(hanako.browser.go(address))
    pages += [(twin(hanako.browser), same) for _ in range(WIDTH // 2)]
    jobs = [lambda n=n, b=b, f=f: b.submit(f, follow=False, new_password=f"Sumire8Kawa{n}") for n, (b, f) in enumerate(pages)]
    answers = together(jobs)
    assert [one.status_code for one in answers if one.status_code not in (303, 503)] == []
    done = [n for n, one in enumerate(answers) if "/changed" in one.headers.get("Location", "")]
    assert len(done) == 1
    assert rows(idp, "SELECT epoch FROM accounts WHERE id = :a", a=hanako.subject) == [(1,)]
    assert "ログイン中です" in hanako.sign_in(f"Sumire8Kawa{done[0]}").text
    assert len([row for row in idp.audit("password_changed") if row["account_id"] == hanako.subject]) == 1


def gone(idp: Idp, token: str, browser: Browser | None = None) -> None:
    """The link opens the one page with a way on."""
    page = (browser or Browser(idp)).go(f"/reset/{token}")
    assert title(page) == AGAIN and 'href="/recovery?kind=pw"' in page.text and "new-password" not in page.text


def test_spent_expired_replaced_and_unknown_links_open_one_page(idp: Idp, hanako: Person) -> None:
    spent = issued(idp, hanako)
    hanako.set(hanako.browser.go(f"/reset/{spent}"))
    gone(idp, spent)
    old, new = (issued(idp, hanako) for _ in range(2))
    gone(idp, old)
    rows(idp, "UPDATE accounts SET epoch = 0 WHERE id = :a", a=hanako.subject)
    assert "new-password" in Browser(idp).go(f"/reset/{new}").text
    rows(idp, "UPDATE links SET expires_at = created_at WHERE owner = :a", a=hanako.subject)
    gone(idp, new)
    for nothing in ("x", "x" * 43, "x" * 5_000, "あ", "%2e%2e", "<b>"):
        gone(idp, nothing)


def test_a_link_that_dies_on_the_page_sets_nothing(idp: Idp, hanako: Person) -> None:
    first = hanako.browser.go(f"/reset/{issued(idp, hanako)}")
    issued(idp, hanako)  # a newer one
    page = hanako.set(first)
    assert title(page) == AGAIN and "ログイン中です" in hanako.sign_in(OLD).text


def test_a_link_of_an_older_epoch_is_dead(idp: Idp, hanako: Person) -> None:
    token = issued(idp, hanako)
    idp.within("account", "sign-out-everywhere", hanako.name)
    gone(idp, token)


def test_a_link_of_a_suspended_account_is_dead(idp: Idp, hanako: Person) -> None:
    token = issued(idp, hanako)
    rows(idp, "UPDATE accounts SET status = 'suspended' WHERE id = :a", a=hanako.subject)
    gone(idp, token)


def test_a_link_for_something_else_opens_nothing_here(idp: Idp, hanako: Person) -> None:
    gone(idp, issued(idp, hanako, "registration"))
    with inside(idp) as deps:
        assert links.find(deps, "registration", fingerprint(issued(idp, hanako))) is None


def test_what_one_browser_has_opened_is_of_no_use_in_another(idp: Idp, hanako: Person) -> None:
    page = hanako.browser.go(f"/reset/{issued(idp, hanako)}")
    thief = Browser(idp)
    thief.go("/login")
    assert title(thief.go(page.url)) == AGAIN
    answer = thief.submit(form_of(page), new_password=NEW)
    assert answer.status_code == 403  # the form's proof is another browser's
    form = form_of(page)
    form.fields["csrf"] = form_of(thief.go("/login")).fields["csrf"]
    assert title(thief.submit(form, new_password=NEW)) == AGAIN
    assert "ログイン中です" in hanako.sign_in(OLD).text


@pytest.mark.parametrize("host", ["evil.example", "localhost:1", "localhost.evil.example"])
def test_the_link_is_the_issuers_whatever_host_was_asked(idp: Idp, hanako: Person, host: str) -> None:
    page = hanako.fill("pw")
    form = form_of(page)
    headers = {"Host": host, "Origin": idp.issuer, "Sec-Fetch-Site": "same-origin"}
    assert hanako.browser.post(form.action, data=form.fields, headers=headers).status_code == 421
    forwarded = {"X-Forwarded-Host": host, "Forwarded": f"host={host}", "Origin": idp.issuer, "Sec-Fetch-Site": "same-origin"}
    hanako.browser.post(form.action, data=form.fields, headers=forwarded)
    assert hanako.link().startswith(f"{idp.issuer}/reset/")
    said = idp.mails(hanako.mail)[-1].get_content()
    assert "evil" not in said and f"「{idp.issuer}/」で始まる" in said
