"""Codes hammered, raced, sent too often, and not sent at all (requirements MF-02 to MF-04)."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
import requests

from idp.services import journeys
from idp.vault import fingerprint
from tests import running, services
from tests.journeys.test_second_factor import errors, type_code
from tests.running import Browser, Idp, answer_of, form_of, new_name
from tests.settings.member import inside, resent, rows, settled

WIDTH = 16


@pytest.fixture
def hanako(idp: Idp) -> tuple[str, str]:
    """A member with codes by mail: login ID and address."""
    name = new_name()
    idp.account(name, "--email", f"{name}@mail.example", "--second-factor", "email")
    return name, f"{name}@mail.example"


def together(jobs: list) -> list:
    """Every job in a thread of its own, all at once."""
    gate = Barrier(len(jobs))

    def run(job: object) -> object:
        gate.wait()
        return job()  # type: ignore[operator]

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def twin(browser: Browser) -> Browser:
    """Another connection of the same browser."""
    copy = Browser(browser.idp)
    copy.cookies.update(browser.cookies)
    return copy


def test_sixteen_submissions_of_one_code_give_one_session(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    form, code = form_of(page), idp.wait_for_code(hanako[1])
    twins = [twin(browser) for _ in range(WIDTH)]
    answers = together([lambda one=one: one.submit(form, follow=False, **{form.named("one-time-code"): code}) for one in twins])
    winners = [one for one in answers if "portal.example" in one.headers.get("Location", "")]
    sessions = [one for one in answers if "idp-session" in one.headers.get("Set-Cookie", "")]
    assert len(winners) == len(sessions) == 1
    assert not [one.status_code for one in answers if one.status_code >= 500]


def test_guesses_over_parallel_journeys_stop_at_the_limit(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    pages = []
    for _ in range(3):
        browser = Browser(idp)
        pages.append((browser, form_of(browser.sign_in(browser.authorize(portal), hanako[0]))))
    codes = {idp.wait_for_code(hanako[1], 3)}
    guesses = [f"{n:06}" for n in range(30) if f"{n:06}" not in codes][:24]
    jobs = []
    for number, guess in enumerate(guesses):
        browser, form = pages[number % 3]
        jobs.append(lambda one=twin(browser), form=form, guess=guess: one.submit(form, **{form.named("one-time-code"): guess}))
    together(jobs)
    ((subject,),) = rows(idp, "SELECT id FROM accounts WHERE login_id = :n", n=hanako[0])
    mine = [row["result"] for row in idp.audit("second_factor") if row["account_id"] == subject and row["result"] in ("wrong", "locked")]
    assert len(mine) == 24 and mine.count("wrong") == 4, "the fifth begins the wait"


def test_of_resends_at_once_one_is_sent_and_earlier_codes_stay_good(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    first = idp.wait_for_code(hanako[1])
    shown = browser.submit(form_of(page), action="send")
    assert re.search(r"\d+時\d+分 から、もう一度送れます", errors(shown)), "within a minute nothing is sent"
    assert len(idp.mails(hanako[1])) == 1
    assert answer_of(type_code(browser, shown, first))["code"]


def test_a_code_sent_again_is_told(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    early = browser.submit(form_of(page), action="send")
    with inside(idp) as deps:
        journey = journeys.find(deps, form_of(page).fields["j"], fingerprint(browser.cookies["idp-browser"]))
        assert journey
        earlier = [{**one, "at": one["at"] - 100} for one in journey.code["sent"]]
        journeys.save(deps, replace(journey, code={**journey.code, "sent": earlier}))
    again = browser.submit(form_of(early), action="send")
    assert resent(again) and not errors(again) and not resent(early)
    wrong = f"{(int(idp.wait_for_code(hanako[1], 2)) + 1) % 1_000_000:06}"
    assert not resent(type_code(browser, again, wrong))


def test_too_many_codes_in_an_hour_are_told_with_a_clock_time(idp: Idp, portal: dict, hanako: tuple[str, str]) -> None:
    for number in range(5):
        browser = Browser(idp)
        assert not errors(browser.sign_in(browser.authorize(portal), hanako[0]))
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    assert re.search(r"\d+時\d+分以降にもう一度", errors(page))
    idp.wait_for_code(hanako[1], 5)
    settled(idp)
    assert len(idp.mails(hanako[1])) == 5


def test_another_destination_on_request(idp: Idp, portal: dict) -> None:
    name, number = new_name(), f"+8180{10**7 + time.time_ns() % (9 * 10**7)}"  # 0800 takes no text messages
    idp.account(name, "--email", f"{name}@mail.example", "--phone", "0" + number[3:], "--second-factor", "sms")
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), name)
    by_sms = idp.wait_for_code(number)
    ways = browser.submit(form_of(page), action="other")
    assert f"080-****-{number[-4:]}" in ways.text and "****" + name[-1] + "@mail.example" in ways.text
    chosen = re.search(r'value="([a-z0-9]{26})"[^>]*> <span>メール', ways.text)
    assert chosen and form_of(ways).fields["way"] == chosen[1], "the one that was given up is not proposed"
    assert "選んでください" in errors(browser.submit(form_of(ways), way=""))
    assert "選んでください" in errors(browser.submit(form_of(ways), way="nobody's"))
    page = browser.submit(form_of(ways), way=chosen[1])
    idp.wait_for_code(f"{name}@mail.example")
    assert answer_of(type_code(browser, page, by_sms))["code"], "the code that came first is still good"


def test_an_unproven_destination_receives_nothing(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name, "--email", f"{name}@mail.example", "--unverified", "--second-factor", "email")
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), name)
    assert "お客様センターへお問い合わせください" in page.text and "one-time-code" not in page.text
    settled(idp)
    assert idp.mails(f"{name}@mail.example") == []


def test_a_gateway_that_is_down_is_told_and_another_way_works(tmp_path: Path) -> None:
    gateway = f'[sms]\nurl = "http://127.0.0.1:{services.free_port()}/"\n[sms.gateway]\nbody = "to={{to}}&text={{body}}"\n'
    idp = running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port(), extra=gateway)
    with running.serving(idp):
        portal = idp.client()
        idp.account("hanako", "--email", "h@mail.example", "--phone", "09012345678", "--second-factor", "sms")
        browser = Browser(idp)
        page = browser.sign_in(browser.authorize(portal), "hanako")
        services.wait_until(lambda: errors(browser.go(page.url)))
        page = browser.go(page.url)
        assert "別の送り先をお試しください" in errors(page)
        ways = browser.submit(form_of(page), action="other")
        mail = re.search(r'value="([a-z0-9]{26})"[^>]*> <span>メール', ways.text)
        assert mail
        page = browser.submit(form_of(ways), way=mail[1])
        assert answer_of(type_code(browser, page, idp.wait_for_code("h@mail.example")))["code"]


def test_a_code_that_has_died_is_told_apart_from_a_wrong_one(tmp_path: Path) -> None:
    policy = {"codes": {"mail": '"5m"', "resend": '"10s"'}}
    idp = running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port(), policy=policy)
    with running.serving(idp):
        portal = idp.client()
        idp.account("hanako", "--email", "h@mail.example", "--second-factor", "email")
        browser = Browser(idp)
        page = browser.sign_in(browser.authorize(portal), "hanako")
        code = idp.wait_for_code("h@mail.example")
        _age_codes(tmp_path / "ephemeral.db")
        assert "使える時間を過ぎました" in errors(type_code(browser, page, code))


def _age_codes(store: Path) -> None:
    """As if every code had been sent an hour ago."""
    import json
    import sqlite3

    with sqlite3.connect(store) as connection:
        for key, value in connection.execute("SELECT key, value FROM facts WHERE key LIKE 'v:otp:%'").fetchall():
            aged = json.dumps({**json.loads(value), "until": int(time.time()) - 3_600}).encode()
            connection.execute("UPDATE facts SET value = ? WHERE key = ?", (aged, key))


@pytest.mark.parametrize("value", ["1 2 3 4 5 6", "１２３４５６", "１２３-４５６"])
def test_digits_in_any_dress_are_a_code(idp: Idp, portal: dict, hanako: tuple[str, str], value: str) -> None:
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(portal), hanako[0])
    assert "認証コードが違います" in errors(type_code(browser, page, value)) or idp.wait_for_code(hanako[1]) == "123456"


@pytest.mark.parametrize("value", ["①②③④⑤⑥", "١٢٣٤٥٦", "12345a", "1234567", "<b>123456</b>", "\u202e123456x"])
def test_anything_else_is_not(idp: Idp, portal: dict, hanako: tuple[str, str], value: str) -> None:
    browser = Browser(idp)
    page: requests.Response = browser.sign_in(browser.authorize(portal), hanako[0])
    assert "数字6桁" in errors(type_code(browser, page, value)), value
