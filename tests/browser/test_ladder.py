"""What to try when a message does not arrive, as the minutes go by: with a script on the page as it stands, without one when it is
asked for again."""

from dataclasses import replace
from typing import Callable, ContextManager
from urllib.parse import parse_qs, urlsplit

import pytest

from idp import texts
from idp.domain.delivery import AFTER
from idp.services import journeys
from idp.vault import fingerprint
from tests.browser import states
from tests.browser.checks import axe_source, violations
from tests.browser.visitor import Visitor
from tests.settings.member import inside

Visit = Callable[..., ContextManager[Visitor]]


def shown(visitor: Visitor) -> list[tuple[bool, bool]]:
    """Of each rung: whether it is marked as the one to try now, and whether the page says so."""
    found = visitor.page.locator(".ladder li").evaluate_all("(all) => all.map((one) => [one.ariaCurrent == 'step', one.querySelector('.tag').checkVisibility()])")
    return [(marked, said) for marked, said in found]


def only(number: int) -> list[tuple[bool, bool]]:
    """One of them is."""
    return [(at == number, at == number) for at in range(len(AFTER))]


def later(visitor: Visitor, seconds: int) -> None:
    """The code was sent so much earlier."""
    [cookie] = [one["value"] for one in visitor.page.context.cookies() if one["name"] == "idp-browser"]
    [journey_id] = parse_qs(urlsplit(visitor.page.url).query)["j"]
    with inside(visitor.party.idp) as deps:
        journey = journeys.find(deps, journey_id, fingerprint(cookie))
        assert journey
        journeys.save(deps, replace(journey, code={**journey.code, "sent_at": journey.code["sent_at"] - seconds}))
    visitor.page.reload()


@pytest.mark.parametrize("state", ["code", "code_mail"])
def test_without_a_script_the_page_shows_what_is_due_when_it_is_asked_for_again(new_visit: Visit, state: str) -> None:
    with new_visit(java_script_enabled=False) as visitor:
        states.STATES[state](visitor)
        assert not visitor.page.locator(".ladder[open]").count() and shown(visitor) == [(False, False)] * 3
        for number, seconds in enumerate((AFTER[0] + 5, AFTER[1] - AFTER[0], AFTER[2] - AFTER[1])):
            later(visitor, seconds)
            assert visitor.page.locator(".ladder[open]").count() == 1 and shown(visitor) == only(number)
        assert "0120-000-000" in visitor.page.locator(".ladder li").last.inner_text()


@pytest.mark.parametrize("gentle", [False, True])
def test_with_a_script_it_shows_itself_when_its_time_comes(new_visit: Visit, gentle: bool) -> None:
    with new_visit() as visitor:
        page = visitor.page
        page.clock.install()
        states.STATES["code"](visitor)
        if gentle:
            page.click(".look a")
        page.fill("[autocomplete=one-time-code]", "123")
        page.focus("[autocomplete=one-time-code]")
        page.evaluate(axe_source())
        for number, seconds in enumerate((AFTER[0] + 1, AFTER[1] - AFTER[0], AFTER[2] - AFTER[1])):
            page.clock.fast_forward(seconds * 1_000)
            assert page.locator(".ladder[open]").count() == 1 and shown(visitor) == only(number)
            assert page.text_content("[role=status]") == texts.text("ja", "mfa.trouble")
        assert page.input_value("[autocomplete=one-time-code]") == "123", "nothing that was typed is lost"
        assert page.evaluate("document.activeElement.autocomplete") == "one-time-code"
        page.clock.resume()
        assert violations(page) == []
