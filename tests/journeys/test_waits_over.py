"""What a page says of a wait: what to do meanwhile, and nothing any more once it is over (interface.md, rule 7)."""

import re
from dataclasses import replace

from idp.services import journeys
from idp.vault import fingerprint
from tests.journeys.test_second_factor import errors, type_code
from tests.running import Browser, Idp, form_of, new_name
from tests.settings.member import inside


def later(idp: Idp, browser: Browser, journey_id: str) -> None:
    """Let the waits that this journey's page tells of be over."""
    with inside(idp) as deps:
        journey = journeys.find(deps, journey_id, fingerprint(browser.cookies["idp-browser"]))
        assert journey and journey.notice["errors"]
        told = [{**one, "values": {**one["values"], "time": deps.now() - 1}} for one in journey.notice["errors"]]
        journeys.save(deps, replace(journey, notice={**journey.notice, "errors": told}))


def test_a_locked_sign_in_leads_to_a_new_password_until_the_wait_is_over(idp: Idp, portal: dict) -> None:
    browser, name = Browser(idp), new_name()
    page = browser.authorize(portal)
    for _ in range(5):
        assert "まちがえたため" not in errors(page) and 'class="more"' not in page.text
        page = browser.sign_in(page, name, "Wrong7Sumire")
    assert re.search(r"\d+時\d+分までログインできません", errors(page))
    (reset,) = re.findall(r'<p class="more"><a href="([^"]+)"', page.text)
    assert page.text.index(reset) < page.text.index("<form")
    assert "パスワードの再設定" in re.sub("<[^>]+>", "", browser.go(reset.replace("&amp;", "&")).text)
    later(idp, browser, form_of(page).fields["j"])
    old = browser.go(page.url)
    assert errors(old) == "" and "エラー" not in old.text and "ログインできません" not in old.text and 'class="more"' not in old.text
    assert form_of(old).fields["identifier"] == name, "what was typed is still there"


def test_a_pause_of_codes_says_what_to_do_then_and_is_gone_when_it_is_over(idp: Idp, portal: dict) -> None:
    browser, name = Browser(idp), new_name()
    idp.account(name, "--email", f"{name}@mail.example", "--second-factor", "email")
    page = browser.sign_in(browser.authorize(portal), name)
    code = idp.wait_for_code(f"{name}@mail.example")
    for _ in range(5):
        page = type_code(browser, page, "999999" if code != "999999" else "999998")
    assert re.search(r"\d+時\d+分まで入力できません。そのあとで、もう一度入力してください", errors(page))
    later(idp, browser, form_of(page).fields["j"])
    old = browser.go(page.url)
    assert errors(old) == "" and "入力できません" not in old.text and "one-time-code" in old.text


def test_a_wrong_code_is_no_wait_and_stays_on_the_page(idp: Idp, portal: dict) -> None:
    browser, name = Browser(idp), new_name()
    idp.account(name, "--email", f"{name}@mail.example", "--second-factor", "email")
    page = browser.sign_in(browser.authorize(portal), name)
    page = type_code(browser, page, "000000")
    later(idp, browser, form_of(page).fields["j"])
    assert "認証コードが違います" in errors(browser.go(page.url))
