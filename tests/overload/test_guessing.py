"""A flood of wrong passwords from everywhere, at everybody, keeps no member out (LG-07, LG-15)."""

import itertools
from pathlib import Path
from typing import Any, Iterator

import pytest
import requests

from tests import running, services
from tests.overload.crowd import Crowd, Seen
from tests.running import Browser, Idp, answer_of, form_of, new_name

RATES = {"failures_per_minute_before_friction": "15", "sign_ins_per_address_under_friction": "2"}
GUESSERS, TRIES = 10, 20


@pytest.fixture
def idp(tmp_path: Path) -> Iterator[Idp]:
    """`idp serve` with one worker, behind a proxy that says who comes."""
    server, stores = "workers = 1\nthreads = 4\ntrusted_proxies = 1", ("sqlite:///idp.db", "sqlite:///ephemeral.db")
    installed = running.configure(tmp_path, *stores, services.free_port(), server=server, policy={"rates": RATES})
    with running.serving(installed):
        yield installed


def comes_in(browser: Browser, portal: dict[str, Any], name: str) -> requests.Response:
    """Sign in, coming again when asked to; fails after some tries."""
    for _ in range(TRIES):
        page = browser.authorize(portal, prompt="login")
        if page.status_code == 200 and (answer := browser.sign_in(page, name)).status_code != 503:
            return answer
    raise AssertionError(f"not let in at {TRIES} tries")


def test_members_come_in_during_a_flood_of_wrong_passwords(idp: Idp) -> None:
    portal, hammered, other = idp.client(), new_name(), new_name()
    idp.account(hammered, "--email", f"{hammered}@mail.example", "--second-factor", "email")
    idp.account(other)
    known = Browser(idp, **{"X-Forwarded-For": "192.0.2.10"})
    form = form_of(known.sign_in(known.authorize(portal), hammered))
    answer_of(known.submit(form, **{form.named("one-time-code"): idp.wait_for_code(f"{hammered}@mail.example")}, remember="yes"))

    numbers = itertools.count()
    guessers = [Browser(idp) for _ in range(GUESSERS)]
    pages = [form_of(guesser.authorize(portal)) for guesser in guessers]

    def guess(number: int, seen: Seen) -> None:
        count = next(numbers)
        guessers[number].headers["X-Forwarded-For"] = f"198.51.{count >> 8}.{count & 255}"
        name = hammered if count % 3 == 0 else f"nobody{count}"
        seen.note(guessers[number].submit(pages[number], follow=False, identifier=name, password="Wrong0word"))

    with Crowd(GUESSERS, guess) as seen:
        services.wait_until(lambda: seen.statuses[303] > 2 * GUESSERS)
        elsewhere = Browser(idp, **{"X-Forwarded-For": "192.0.2.20"})
        assert "code" in answer_of(comes_in(elsewhere, portal, other))
        assert "code" in answer_of(comes_in(known, portal, hammered)), "the browser that is remembered has tries of its own"
        stranger = Browser(idp, **{"X-Forwarded-For": "192.0.2.30"})
        assert "ログインできません" in comes_in(stranger, portal, hammered).text, "nobody else has any left"
    assert set(seen.statuses) <= {303, 503}
    rows = idp.audit("sign_in")
    assert {"friction", "wrong", "locked", "ok"} <= {row["result"] for row in rows}
