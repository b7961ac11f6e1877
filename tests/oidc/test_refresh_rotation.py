"""Rotation: the refresh tokens of public clients follow each other, and a copy is found out (RFC 9700 section 4.14.2)."""

import requests

from tests import services
from tests.oidc.installation import Installation
from tests.oidc.offline import age, begin, on_record, refresh, refreshed, row
from tests.oidc.relying_party import SECONDS
from tests.oidc.test_token_endpoint import refusal

GRACE = 10


def test_a_public_clients_token_is_replaced_at_each_use(each: Installation) -> None:
    """RFC 9700 section 2.2.2 (requirement TK-13)."""
    portal = each.portals["offline-public"]
    tokens = [begin(portal, each.browser(each.member()))["refresh_token"]]
    for _ in range(3):
        tokens.append(refreshed(portal, tokens[-1])["refresh_token"])
    assert len(set(tokens)) == 4


def test_a_confidential_clients_token_stays(each: Installation) -> None:
    """RFC 9700 section 2.2.2; certification.md point 4: bound by the client's secret, it is not replaced."""
    portal = each.portals["offline"]
    token = begin(portal, each.browser(each.member()))["refresh_token"]
    assert [refreshed(portal, token)["refresh_token"] for _ in range(3)] == [token] * 3


def test_a_replaced_token_ends_the_family(each: Installation) -> None:
    """RFC 9700 section 4.14.2 (requirement TK-13): whoever shows it, both sides lose all of it, and it is on record."""
    portal, name = each.portals["offline-public"], each.member()
    browser = each.browser(name)
    first, untouched = begin(portal, browser)["refresh_token"], begin(portal, browser)
    second = refreshed(portal, first)
    third = refreshed(portal, second["refresh_token"])
    refusal(refresh(portal, first), "invalid_grant")
    for token in (first, second["refresh_token"], third["refresh_token"]):
        refusal(refresh(portal, token), "invalid_grant")
    for tokens in (second, third):
        assert portal.provider.userinfo(tokens["access_token"]).status_code == 401
    assert row(each, first) is None
    assert on_record(each, "refresh_refused", name) == [("used_again", portal.id)]
    assert portal.provider.userinfo(untouched["access_token"]).status_code == 200
    assert refresh(portal, untouched["refresh_token"]).status_code == 200


def test_a_retry_gets_the_same_successor_for_ten_seconds(each: Installation) -> None:
    """Requirement TK-14: the answer was lost on the way."""
    portal, name = each.portals["offline-public"], each.member()
    first = begin(portal, each.browser(name))["refresh_token"]
    second = refreshed(portal, first)["refresh_token"]
    assert [refreshed(portal, first)["refresh_token"] for _ in range(3)] == [second] * 3
    assert on_record(each, "refresh_refused", name) == []
    age(each, first, GRACE + 1)
    refusal(refresh(portal, first), "invalid_grant")
    refusal(refresh(portal, second), "invalid_grant")
    assert on_record(each, "refresh_refused", name) == [("used_again", portal.id)]


def test_a_retry_moves_no_time(each: Installation) -> None:
    """Requirement TK-14: the ten seconds begin with the first use."""
    portal = each.portals["offline-public"]
    first = begin(portal, each.browser(each.member()))["refresh_token"]
    refreshed(portal, first)
    age(each, first, GRACE - 5)
    before = row(each, first)
    refreshed(portal, first)
    assert row(each, first) == before


def test_what_is_asked_wrongly_replaces_nothing(each: Installation) -> None:
    """RFC 6749 section 6: an error leaves the token as it was."""
    portal = each.portals["offline-public"]
    first = begin(portal, each.browser(each.member()))["refresh_token"]
    before = row(each, first)
    refusal(refresh(portal, first, scope="admin"), "invalid_scope")
    refusal(refresh(portal, first, resource="https://elsewhere.example"), "invalid_target")
    assert row(each, first) == before
    assert refresh(portal, first).status_code == 200


def test_many_uses_at_once_have_one_successor(each: Installation) -> None:
    """Requirement TK-14 (CVE-2026-1035): 64 at once, one lineage."""
    portal, name = each.portals["offline-public"], each.member()
    browser = each.browser(name)
    for n in (16, 64):
        first = begin(portal, browser)["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": first, "client_id": portal.id}
        answers = services.race(n, lambda: requests.post(portal.provider.endpoint("token"), data=form, timeout=SECONDS))
        assert [answer.status_code for answer in answers] == [200] * n
        successors = {answer.json()["refresh_token"] for answer in answers}
        assert len(successors) == 1 and len({answer.json()["access_token"] for answer in answers}) == n
        stored = row(each, first)
        assert stored and stored["generation"] == 1
        assert refresh(portal, successors.pop()).status_code == 200
    assert on_record(each, "refresh_refused", name) == []


def test_a_copy_shown_many_times_at_once_is_on_record_once(each: Installation) -> None:
    """Requirement TK-13: the family ends once."""
    portal, name = each.portals["offline-public"], each.member()
    first = begin(portal, each.browser(name))["refresh_token"]
    refreshed(portal, refreshed(portal, first)["refresh_token"])
    form = {"grant_type": "refresh_token", "refresh_token": first, "client_id": portal.id}
    answers = services.race(16, lambda: requests.post(portal.provider.endpoint("token"), data=form, timeout=SECONDS))
    for answer in answers:
        refusal(answer, "invalid_grant")
    assert on_record(each, "refresh_refused", name) == [("used_again", portal.id)]
