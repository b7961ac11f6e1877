"""A store's line is cut before each of its commands in turn: an action is done as a whole or not at all."""

from typing import Any, Callable, TypeVar

import psycopg
import pytest
import requests

from tests.accounts.printed import letter
from tests.faults.conftest import Fragile
from tests.running import CALLBACK, PASSWORD, Browser, answer_of, exchange, form_of, new_name
from tests.services import wait_until

T = TypeVar("T")
MOST = 40  # commands that one request may take
STORES = ("database", "ephemeral")


def cut_everywhere(
    fragile: Fragile, store: str, prepare: Callable[[], T], act: Callable[[T], requests.Response], check: Callable[[T, requests.Response], Any]
) -> None:
    """Prepare and act again and again, cut later each time, until it gets through; `check` sees every answer once the
    store is back."""
    relay, slow = fragile.relays[store], 0
    for sentences in range(MOST):
        prepared = prepare()
        relay.cut_after(sentences)
        try:
            answer = act(prepared)
        finally:
            cut = relay.heal()
        wait_until(lambda: requests.get(f"{fragile.idp.issuer}/health/ready", timeout=9).raise_for_status())
        if answer.status_code >= 500:
            assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
            assert "idp-session" not in answer.headers.get("Set-Cookie", "")
        check(prepared, answer)
        if not cut and answer.status_code >= 500:  # a store may be slow beside other tests, once
            slow += 1
            assert slow == 1, "away, and nobody has cut it"
        elif not cut:
            assert sentences > 0, "nothing was cut"
            return
    raise AssertionError("it never got through")


def again(fragile: Fragile, ask: Callable[[], requests.Response]) -> requests.Response:
    """The answer of a store in good health, which may be slow beside other tests."""
    answer = ask()
    if answer.status_code == 503:
        wait_until(lambda: requests.get(f"{fragile.idp.issuer}/health/ready", timeout=9).raise_for_status())
        answer = ask()
    return answer


def stored(fragile: Fragile, question: str, name: str) -> Any:
    """One value about a member, straight from the database."""
    with psycopg.connect(fragile.database) as connection:
        row = connection.execute(question, {"name": name}).fetchone()  # type: ignore[arg-type]
        return row[0] if row else None


STATE = "SELECT password_state FROM accounts WHERE login_id = %(name)s"
FAILURES = "SELECT sum(count) FROM failures WHERE bucket = 'password:' || (SELECT id FROM accounts WHERE login_id = %(name)s)"
NOTICES = "SELECT count(*) FROM outbox WHERE recipient = %(name)s || '@example.jp' AND template = 'mail.notice.pw'"


@pytest.mark.parametrize("store", STORES)
def test_signing_in(fragile: Fragile, store: str) -> None:
    name = new_name()
    fragile.idp.account(name)
    browser = Browser(fragile.idp)
    codes = []

    def check(form: Any, answer: requests.Response) -> None:
        if answer.status_code == 503:
            # the same form again, as the page asks for
            answer = again(fragile, lambda: browser.submit(form, follow=False, identifier=name, password=PASSWORD))
        if answer.headers["Location"].startswith(CALLBACK):
            codes.append(answer_of(answer)["code"])
        else:  # it was done, and only the answer was lost
            assert "すでに完了しています" in browser.go(answer.headers["Location"]).text

    cut_everywhere(
        fragile,
        store,
        lambda: form_of(browser.authorize(fragile.portal, prompt="login")),
        lambda form: browser.submit(form, follow=False, identifier=name, password=PASSWORD),
        check,
    )
    assert len(codes) == len(set(codes)) and exchange(fragile.idp, fragile.portal, codes[-1]).status_code == 200
    assert not stored(fragile, FAILURES, name)


@pytest.mark.parametrize("store", STORES)
def test_redeeming_a_code(fragile: Fragile, store: str) -> None:
    name = new_name()
    fragile.idp.account(name)
    browser = Browser(fragile.idp)
    browser.sign_in(browser.authorize(fragile.portal), name)

    def check(code: str, answer: requests.Response) -> None:
        second = again(fragile, lambda: exchange(fragile.idp, fragile.portal, code))
        # never twice; after a cut the code still works, or it is spent for good
        assert (answer.status_code, second.status_code) in ((503, 200), (503, 400), (200, 400))

    cut_everywhere(
        fragile,
        store,
        lambda: answer_of(browser.authorize(fragile.portal))["code"],
        lambda code: exchange(fragile.idp, fragile.portal, code),
        check,
    )


@pytest.mark.parametrize("store", STORES)
def test_replacing_the_password_of_the_letter(fragile: Fragile, store: str) -> None:
    name = new_name()
    fragile.idp.account(name, "--letter", "--email", f"{name}@example.jp", password="Letter2pass")
    browser, password, states = Browser(fragile.idp), "Letter2pass", []

    def prepare() -> Any:
        return form_of(browser.sign_in(browser.authorize(fragile.portal, prompt="login"), name, password))

    def check(form: Any, answer: requests.Response) -> None:
        nonlocal password
        states.append((answer.status_code, stored(fragile, STATE, name)))
        if states[-1] == (503, "current"):  # changed, and then the answer was lost: the new password signs in
            assert "code" in answer_of(browser.sign_in(browser.authorize(fragile.portal, prompt="login"), name))
            password = letter(fragile.idp, name)

    cut_everywhere(
        fragile,
        store,
        prepare,
        lambda form: browser.submit(form, follow=False, **{form.named("new-password"): PASSWORD}),
        check,
    )
    assert states[0] == (503, "letter") and states[-1] == (303, "current")
    changes = sum(state == "current" for _, state in states)
    assert stored(fragile, NOTICES, name) == changes, "a change and its notice are one"
