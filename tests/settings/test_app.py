"""The authenticator app and the printed codes: set up, used once each, taken away (requirements MF-09, MF-12)."""

import pyotp
import pytest

from tests.journeys.test_codes_under_attack import together, twin
from tests.running import Browser, Idp, answer_of, claims_of, exchange, form_of
from tests.settings.member import APP, Member, errors, printed, rows


@pytest.fixture
def sachiko(idp: Idp) -> tuple[Member, str, list[str]]:
    """A member with an app and ten printed codes: also its secret, and the codes."""
    member = Member(idp)
    page, secret = member.set_app(member.at(APP))
    codes = printed(page)
    assert len(set(codes)) == 10
    return member, secret, codes


def at_code(member: Member, portal: dict, way: str = "") -> tuple[Browser, object]:
    """A new browser of the member at the code page."""
    browser = Browser(member.idp)
    page = browser.sign_in(browser.authorize(portal), member.name)
    if way:
        page = browser.submit(form_of(browser.submit(form_of(page), action="other")), way=way)
    return browser, form_of(page)


def test_a_code_of_the_app_reaches_the_third_level_and_counts_once(idp: Idp, portal: dict, sachiko: tuple) -> None:
    member, secret, _ = sachiko
    rows(idp, "UPDATE totp SET last_step = 0 WHERE account_id = :id", id=member.subject)
    browser, form = at_code(member, portal)
    code = pyotp.TOTP(secret).now()
    answers = together([lambda one=twin(browser): one.submit(form, follow=False, code=code) for _ in range(16)])
    winners = [one for one in answers if "portal.example" in one.headers.get("Location", "")]
    assert len(winners) == 1
    claims = claims_of(exchange(idp, portal, answer_of(winners[0])["code"]).json()["id_token"])
    assert (claims["acr"], claims["amr"]) == ("urn:x-idp:acr:3", ["pwd", "otp"])


def test_a_printed_code_counts_once_in_any_dress(idp: Idp, portal: dict, sachiko: tuple) -> None:
    member, _, codes = sachiko
    browser, form = at_code(member, portal, "printed")
    typed = codes[0].upper().replace("-", " ")
    answers = together([lambda one=twin(browser): one.submit(form, follow=False, code=typed) for _ in range(16)])
    assert len([one for one in answers if "portal.example" in one.headers.get("Location", "")]) == 1
    assert rows(idp, "SELECT count(*) FROM recovery_codes WHERE account_id = :id", id=member.subject) == [(9,)]


def test_neither_secret_nor_codes_stand_in_clear(idp: Idp, sachiko: tuple) -> None:
    member, secret, codes = sachiko
    stored = str(rows(idp, "SELECT * FROM totp WHERE account_id = :id", id=member.subject))
    stored += str(rows(idp, "SELECT * FROM recovery_codes WHERE account_id = :id", id=member.subject))
    assert secret not in stored and not any(code.replace("-", "") in stored for code in codes)


def test_a_wrong_code_sets_up_nothing(idp: Idp) -> None:
    member = Member(idp)
    page, _ = member.app(member.at(APP))
    assert errors(member.send(page, code="000000"))
    assert rows(idp, "SELECT count(*) FROM totp WHERE account_id = :id", id=member.subject) == [(0,)]
