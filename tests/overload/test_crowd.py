"""Three times what a worker holds: pages say come again, portals go on, and it is over when the crowd is gone."""

import sqlite3
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from idp.cli.places import FREE_THREADS, PATIENCE, WAITING
from tests import running, services
from tests.overload import crowd
from tests.overload.conftest import THREADS
from tests.overload.crowd import SECONDS, Crowd, Seen
from tests.running import Browser, Idp, new_name

HELD = (THREADS - FREE_THREADS) * (1 + WAITING)  # at work, or waiting for it
JA, EN = "1分ほど待ってから、もう一度お試しください。", "Please wait a minute and try again."


@pytest.fixture(scope="module")
def portal(idp: Idp) -> dict[str, Any]:
    """The operator's own."""
    return idp.client()


def test_three_times_as_many_as_it_holds_are_told_to_come_again_and_portals_notice_nothing(idp: Idp, portal: dict[str, Any]) -> None:
    member = new_name()
    idp.account(member)
    waiting = crowd.codes(idp, portal, member, 15)
    lines = [crowd.line(idp) for _ in range(3 * HELD)]
    begin = f"{idp.issuer}/authorize?" + urlencode(running.authorization_parameters(portal))

    def visit(number: int, seen: Seen) -> None:
        lines[number].cookies.clear()
        seen.note(lines[number].get(begin, timeout=SECONDS))

    with Crowd(len(lines), visit) as seen:
        assert crowd.until(lambda: seen.statuses[503] > 3 * HELD), seen.statuses
        works = crowd.portal_works(idp, portal, waiting)
        assert crowd.until(lambda: seen.statuses[200] > HELD), seen.statuses
    assert set(works) == {("token", 200), ("userinfo", 200), ("jwks", 200)}, works
    assert set(seen.statuses) == {200, 503}, "who was let in got a page"
    for answer in seen.refusals[:50]:
        assert answer.headers["Retry-After"] == "5" and answer.headers["Cache-Control"] == "no-store" and answer.headers["X-Request-Id"]
        assert JA in answer.text and f'<p class="lead" lang="en">We are busy right now. {EN}</p>' in answer.text
    services.wait_until(lambda: Browser(idp).sign_in(Browser(idp).authorize(portal), member).status_code != 503)
    browser = Browser(idp)
    assert "code" in running.answer_of(browser.sign_in(browser.authorize(portal), member)), "normal again"
    assert '"event": "crowded"' in (idp.folder / "server.log").read_text()


def test_whoever_waits_behind_a_store_that_stands_still_is_told_so_and_keys_stay_served(idp: Idp, portal: dict[str, Any]) -> None:
    store = sqlite3.connect(idp.folder / "ephemeral.db", isolation_level=None)
    begin = f"{idp.issuer}/authorize?" + urlencode(running.authorization_parameters(portal))

    def visit(_: int, seen: Seen) -> None:
        seen.note(requests.get(begin, timeout=SECONDS))

    store.execute("BEGIN IMMEDIATE")
    try:
        with Crowd(HELD - 2, visit) as seen:
            # 60 from those who met the store, 5 from those who were still waiting to
            assert crowd.until(lambda: {"5", "60"} <= {one.headers["Retry-After"] for one in list(seen.refusals)}, 6 * PATIENCE)
            assert requests.get(f"{idp.issuer}/jwks", timeout=SECONDS).status_code == 200
            store.execute("ROLLBACK")
            assert crowd.until(lambda: seen.statuses[200] > 0), seen.statuses
    finally:
        store.close()
    assert set(seen.statuses) == {200, 503}
