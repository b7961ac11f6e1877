"""Everything that ends a sign-in ends its refresh tokens, whatever they were good for (requirement TK-15)."""

from typing import Callable

import pytest
from sqlalchemy import delete

from idp.services import client_registration
from idp.tables import accounts, clients, grants, housekeeping, schema, stamps
from tests import services
from tests.oidc.installation import REFRESHING, Installation
from tests.oidc.offline import age, begin, begin_by_consent, refresh, refreshed, row
from tests.oidc.relying_party import Portal
from tests.oidc.test_token_endpoint import refusal
from tests.running import CALLBACK


def _epoch(house: Installation, subject: str) -> None:
    with house.deps.database.write() as connection:
        accounts.raise_epoch(connection, subject, house.deps.now())


def _status(status: str) -> Callable[[Installation, str], None]:
    def change(house: Installation, subject: str) -> None:
        with house.deps.database.write() as connection:
            accounts.change(connection, subject, house.deps.now(), status=status)

    return change


EVENTS = {"signed out everywhere, or a new password": _epoch, "suspended": _status("suspended"), "closed": _status("closed")}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("name", ["offline", "offline-public"])
def test_it_dies_with_what_happens_to_the_account(each: Installation, name: str, event: str) -> None:
    """Requirement TK-15; and it stays dead when the account comes back."""
    portal, login_id = each.portals[name], each.member()
    token = begin(portal, each.browser(login_id))["refresh_token"]
    EVENTS[event](each, each.subjects[login_id])
    refusal(refresh(portal, token), "invalid_grant")
    _status("active")(each, each.subjects[login_id])
    refusal(refresh(portal, token), "invalid_grant")


def test_it_dies_with_the_consent(each: Installation) -> None:
    """Requirement TK-15: a third party's, when the member takes the yes back, or gives it for less."""
    third, login_id = each.portals["offline-third"], each.member()
    token = begin_by_consent(third, each.browser(login_id))["refresh_token"]
    assert refresh(third, token).status_code == 200
    with each.deps.database.write() as connection:
        connection.execute(delete(schema.consents).where(schema.consents.c.account_id == each.subjects[login_id]))
    refusal(refresh(third, token), "invalid_grant")


def test_a_consent_taken_back_and_given_anew_revives_nothing(each: Installation) -> None:
    """Requirement RV-02: what the member ended stays ended."""
    third, login_id = each.portals["offline-third"], each.member()
    token = begin_by_consent(third, each.browser(login_id))["refresh_token"]
    with each.deps.database.write() as connection:
        assert grants.withdraw(connection, each.subjects[login_id], third.id, each.deps.now())
    fresh = begin_by_consent(third, each.browser(login_id))["refresh_token"]
    refusal(refresh(third, token), "invalid_grant")
    assert refresh(third, fresh).status_code == 200


def test_it_dies_when_its_code_is_shown_again(each: Installation) -> None:
    """RFC 6749 section 4.1.2 (requirement TK-02)."""
    for name in ("offline", "offline-public"):
        portal, browser = each.portals[name], each.browser(each.member())
        code = portal.code(browser, scope="openid offline_access")
        tokens = portal.granted(portal.redeem(code))
        refusal(portal.redeem(code), "invalid_grant")
        refusal(refresh(portal, tokens["refresh_token"]), "invalid_grant")
        assert portal.provider.userinfo(tokens["access_token"]).status_code == 401


def test_of_a_code_shown_many_times_no_refresh_token_is_left(each: Installation) -> None:
    """Requirements TK-01 and TK-02, in parallel."""
    portal, browser = each.portals["offline-public"], each.browser(each.member())
    code = portal.code(browser, scope="openid offline_access")
    answers = services.race(16, lambda: portal.redeem(code))
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    refusal(refresh(portal, won[0].json()["refresh_token"]), "invalid_grant")


def _registered(house: Installation, **changes: object) -> Portal:
    metadata = {"client_name": "Passing", "client_id": "passing", "redirect_uris": [CALLBACK], "grant_types": REFRESHING, **changes}
    return Portal(house.provider, client_registration.register(house.deps, metadata))


def test_it_dies_with_its_client_and_with_the_clients_grant(each: Installation) -> None:
    """Requirement TK-15: a client removed, or registered anew without the grant or with less scope."""
    portal = _registered(each)
    token = begin(portal, each.browser(each.member()))["refresh_token"]
    portal = _registered(each, scope="openid offline_access")
    services.wait_until(lambda: refresh(portal, token).json().get("scope") == "openid offline_access")
    portal = _registered(each, grant_types=["authorization_code"])
    services.wait_until(lambda: refresh(portal, token).json().get("error") == "unauthorized_client")
    with each.deps.database.write() as connection:
        clients.remove(connection, portal.id)
        stamps.raise_stamp(connection, "clients")
    services.wait_until(lambda: refresh(portal, token).json().get("error") == "invalid_client")
    portal = _registered(each)  # another one of the same name
    services.wait_until(lambda: refresh(portal, token).json().get("error") == "invalid_grant")


def test_what_has_ended_is_swept(each: Installation) -> None:
    """Rows go when they have served their time, and not before."""
    portal, browser = each.portals["offline-public"], each.browser(each.member())
    dead, alive = (begin(portal, browser)["refresh_token"] for _ in range(2))
    age(each, dead, 15 * 86_400)
    with each.deps.database.write() as connection:
        housekeeping.sweep(connection, each.deps.now(), 1_000)
    assert row(each, dead) is None and refreshed(portal, alive)["access_token"]
