"""Whoever presses "send again" when no more codes may be sent is told so each time, and from when on (flows.md, limits)."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.domain.journey import Journey
from idp.domain.policy import Seconds
from idp.features.email_sign_in import flow as email_sign_in
from idp.features.second_factor import flow as second_factor
from idp.features.settings import flow as settings
from idp.features.settings import proving
from idp.tables.database import Database
from tests.accounts.printed import member
from tests.courier.house import NOW, Clock, house

ADDRESS = "192.0.2.1"
TO = Destination("d1", "s-hanako", "email", "hanako@home.example", NOW)
LIMIT = "mfa.err.send_limit"


@pytest.fixture
def deps(database: Database, tmp_path: Path) -> Deps:
    """One code an hour, and another one may be asked for after a second."""
    found = house(database, tmp_path, Clock())
    return replace(found, policy=replace(found.policy, codes=replace(found.policy.codes, per_account_per_hour=1, resend=Seconds(1))))


@pytest.fixture
def hanako(deps: Deps) -> Account:
    return member(deps, "hanako", destinations=(TO,))


def wait(deps: Deps) -> None:
    deps.clock.now += 2  # type: ignore[attr-defined]
    time.sleep(1.1)  # the ephemeral store's clock is the machine's


def test_at_the_sign_in(deps: Deps, hanako: Account) -> None:
    way, journey = second_factor.Way(TO.id, "email"), Journey("j1", "b1", NOW)
    journey = second_factor.choose(deps, journey, hanako, way, ADDRESS)
    assert not journey.code["error"]
    wait(deps)
    for _ in range(3):
        journey = second_factor.choose(deps, journey, hanako, way, ADDRESS)
        assert journey.code["error"] == LIMIT and journey.code["again_at"] > deps.now()


def test_in_the_settings_of_the_second_factor(deps: Deps, hanako: Account) -> None:
    place = settings.Place("email", "email", "new@home.example")
    settings.keep(deps, "owner", settings.Draft("draft1", places=(place,)))
    for _ in range(4):
        draft = settings.find(deps, "owner")
        assert draft
        refused = proving.send(deps, hanako, "owner", draft, place, ADDRESS, "ja")
        assert refused is None if not draft.sent else refused and refused[0] == LIMIT and refused[1] > deps.now()
        if refused is None:
            wait(deps)


def test_in_those_of_the_sign_in_by_mail_address(deps: Deps, hanako: Account) -> None:
    email_sign_in.keep(deps, "owner", email_sign_in.Draft("draft1", "new@home.example", "new@home.example", hanako.epoch))
    for _ in range(4):
        draft = email_sign_in.find(deps, "owner")
        assert draft
        refused = email_sign_in.send(deps, hanako, "owner", draft, ADDRESS, "ja")
        assert refused is None if not draft.codes else refused and refused[0] == LIMIT and refused[1] > deps.now()
        if refused is None:
            wait(deps)
