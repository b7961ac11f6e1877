"""Revocation: a client ends its own tokens, and learns nothing about any others (RFC 7009)."""

from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from idp.tables import schema
from tests import services
from tests.oidc import forging
from tests.oidc.installation import Installation
from tests.oidc.offline import about, authentication, begin, on_record, refresh, refreshed, row
from tests.oidc.relying_party import SECONDS, Portal
from tests.oidc.test_token_endpoint import refusal
from tests.running import Browser


def done(answer: requests.Response) -> None:
    """The one answer to whatever was shown (RFC 7009 section 2.2)."""
    assert (answer.status_code, answer.content, answer.headers["Cache-Control"]) == (200, b"", "no-store"), answer.text
    assert "WWW-Authenticate" not in answer.headers and "Content-Type" not in answer.headers


def revoke(portal: Portal, token: str, **changes: str) -> None:
    """End a token."""
    done(about(portal, "revocation", token, **changes))


@pytest.mark.parametrize("name", ["offline", "offline-other", "offline-public"])
def test_a_refresh_token_takes_its_whole_grant_along(each: Installation, name: str) -> None:
    """RFC 7009 section 2.1 (requirement RV-01): every access token that came of it, and no other grant."""
    portal, login_id = each.portals[name], each.member()
    browser = each.browser(login_id)
    first, other = begin(portal, browser), begin(portal, browser)
    second = refreshed(portal, first["refresh_token"])
    revoke(portal, second["refresh_token"])
    refusal(refresh(portal, second["refresh_token"]), "invalid_grant")
    for tokens in (first, second):
        assert portal.provider.userinfo(tokens["access_token"]).status_code == 401
    assert portal.provider.userinfo(other["access_token"]).status_code == 200
    assert refresh(portal, other["refresh_token"]).status_code == 200
    assert on_record(each, "grant_revoked", login_id) == [("ok", portal.id)] and row(each, second["refresh_token"]) is None


def test_a_replaced_refresh_token_ends_the_family_too(each: Installation) -> None:
    """RFC 7009 section 2.1: who ends one wants none of them."""
    public = each.portals["offline-public"]
    first = begin(public, each.browser(each.member()))["refresh_token"]
    second = refreshed(public, first)["refresh_token"]
    revoke(public, first)
    refusal(refresh(public, second), "invalid_grant")


def test_an_access_token_ends_alone(each: Installation) -> None:
    """RFC 7009 section 2.1: by its jti; the grant goes on."""
    portal = each.portals["offline"]
    first = begin(portal, each.browser(each.member()))
    second = refreshed(portal, first["refresh_token"])
    revoke(portal, first["access_token"])
    assert portal.provider.userinfo(first["access_token"]).status_code == 401
    assert portal.provider.userinfo(second["access_token"]).status_code == 200
    assert refresh(portal, first["refresh_token"]).status_code == 200


def test_hints_change_nothing(house: Installation, signed_in: Browser) -> None:
    """RFC 7009 section 2.1, token_type_hint: wrong and unknown ones are ignored."""
    portal = house.portals["offline"]
    for hint in ("access_token", "refresh_token", "id_token", "日本", "x" * 500):
        tokens = begin(portal, signed_in)
        revoke(portal, tokens["access_token"], token_type_hint=hint)
        assert portal.provider.userinfo(tokens["access_token"]).status_code == 401
        revoke(portal, tokens["refresh_token"], token_type_hint=hint)
        refusal(refresh(portal, tokens["refresh_token"]), "invalid_grant")


OTHERS = ["offline-other", "offline-public", "plain", "backend"]


@pytest.mark.parametrize("name", OTHERS)
def test_nobody_ends_the_tokens_of_another_client(house: Installation, signed_in: Browser, name: str) -> None:
    """RFC 7009 section 2.1 (requirement RV-01), with the same answer."""
    owner, other = house.portals["offline"], house.portals[name]
    tokens = begin(owner, signed_in)
    for token in (tokens["access_token"], tokens["refresh_token"]):
        revoke(other, token)
    assert owner.provider.userinfo(tokens["access_token"]).status_code == 200
    assert refresh(owner, tokens["refresh_token"]).status_code == 200


def _stored(house: Installation) -> list[Any]:
    with house.deps.database.read() as connection:
        tables = (schema.revoked_grants, schema.refresh_families, schema.audit)
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def test_whatever_is_no_token_gets_the_same_answer_and_leaves_nothing(house: Installation, signed_in: Browser) -> None:
    """RFC 7009 section 2.2."""
    portal = house.portals["offline"]
    tokens = begin(portal, signed_in)
    access = tokens["access_token"]
    wrong = ["x", "日本", "x" * 60_000, "a.b.c", "W10.W10.W10", "0." + "r" * 86, tokens["refresh_token"][:-1], tokens["id_token"]]
    wrong += [forging.ours(house, access, typ="JWT"), forging.ours(house, access, exp=1), forging.ours(house, access, client_id="x")]
    wrong += [token for _, token in forging.forgeries(portal.provider, access)]
    before = _stored(house)
    for token in wrong:
        revoke(portal, token)
    assert _stored(house) == before
    assert portal.provider.userinfo(access).status_code == 200


def test_the_client_must_prove_itself(house: Installation, signed_in: Browser) -> None:
    """RFC 7009 section 2.1 (requirement RV-01): a confidential one by its secret, a public one by owning the token."""
    portal, address = house.portals["offline"], house.provider.endpoint("revocation")
    tokens = begin(portal, signed_in)
    for fields in ({}, {"client_id": portal.id}, {"client_id": portal.id, "client_secret": "x" * 43}, {"client_id": "unknown"}):
        refusal(requests.post(address, data={"token": tokens["refresh_token"], **fields}, timeout=SECONDS), "invalid_client", 401)
    assert refresh(portal, tokens["refresh_token"]).status_code == 200


def test_the_form_is_as_strict_as_the_token_endpoints(house: Installation) -> None:
    """Requirement TK-07, for both endpoints about tokens."""
    portal = house.portals["offline"]
    fields, headers = authentication(portal)
    for name in ("revocation", "introspection"):
        address = house.provider.endpoint(name)
        for token in ({}, {"token": ""}):
            refusal(requests.post(address, data={**token, **fields}, headers=headers, timeout=SECONDS), "invalid_request")
        refusal(requests.post(address + "?token=x", data={"token": "x"}, headers=headers, timeout=SECONDS), "invalid_request")
        refusal(requests.post(address, data=[("token", "x")] * 2, headers=headers, timeout=SECONDS), "invalid_request")
        refusal(requests.post(address, json={"token": "x"}, headers=headers, timeout=SECONDS), "invalid_request", 415)
        refusal(requests.post(address, data={"token": "x" * 70_000}, headers=headers, timeout=SECONDS), "invalid_request", 413)
        for method in ("GET", "PUT", "DELETE"):
            refusal(requests.request(method, address, headers=headers, timeout=SECONDS), "invalid_request", 405)


def test_many_at_once_end_it_once(each: Installation) -> None:
    """RFC 7009 section 2.2: all get the same answer, one is on record."""
    portal, login_id = each.portals["offline-public"], each.member()
    tokens = begin(portal, each.browser(login_id))
    for token in (tokens["access_token"], tokens["refresh_token"]):
        form, address = {"token": token, "client_id": portal.id}, each.provider.endpoint("revocation")
        for answer in services.race(16, lambda: requests.post(address, data=form, timeout=SECONDS)):
            done(answer)
    assert on_record(each, "grant_revoked", login_id) == [("ok", portal.id)]
    assert portal.provider.userinfo(tokens["access_token"]).status_code == 401
