"""private_key_jwt: each rule of RFC 7523 section 3 and OIDC Core section 9 on its own (requirement CA-01)."""

import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from joserfc.jwk import OctKey

from idp import app
from idp.adapters.ephemeral_sqlite import SqliteEphemeral
from idp.features.oidc import client_assertion
from idp.tables import housekeeping
from idp.tables.schema import spent_assertions
from tests import services
from tests.oidc import forging, offline, signing
from tests.oidc.installation import Installation
from tests.oidc.relying_party import Portal
from tests.oidc.signing import assertion, proof
from tests.oidc.test_token_endpoint import refusal


def asked(portal: Portal, text: str | None = None, **changes: str) -> requests.Response:
    """A token of the portal's own, by this assertion."""
    return portal.post({"grant_type": "client_credentials", **proof(portal, text), **changes}, {})


def served(answer: requests.Response) -> bool:
    """Whether there is a token; else the one refusal that says nothing."""
    if answer.status_code != 200:
        refusal(answer, "invalid_client", 401)
    return answer.status_code == 200


@pytest.mark.parametrize("alg", signing.ALGS)
def test_a_portal_proves_itself_with_each_algorithm(each: Installation, alg: str) -> None:
    """OIDC Core section 9; at every endpoint that asks who calls."""
    portal = each.portals[f"key-{alg}"]
    tokens = offline.begin(portal, each.browser(each.member()))
    assert served(asked(portal)) and offline.refreshed(portal, tokens["refresh_token"])["access_token"]
    assert offline.about(portal, "introspection", tokens["access_token"]).json()["active"] is True
    assert offline.about(portal, "revocation", tokens["access_token"]).status_code == 200
    assert offline.about(portal, "introspection", tokens["access_token"]).json() == {"active": False}


def test_an_assertion_is_good_once_however_many_show_it(each: Installation) -> None:
    """RFC 7523 section 3 point 7: sixteen at once, one is served; and none after that."""
    portal = each.portals["key-ES256"]
    text = assertion(portal)
    answers = services.race(16, lambda: requests.post(portal.provider.endpoint("token"), timeout=30,
                                                      data={"grant_type": "client_credentials", **proof(portal, text)}))  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 15
    assert not served(asked(portal, text))


def test_a_spent_assertion_stays_spent_when_the_ephemeral_store_is_lost(each: Installation, tmp_path: Path) -> None:
    """Requirement CA-01: it is durable; and two portals may use the same `jti`."""
    portal, jti = each.portals["key-ES256"], uuid.uuid4().hex
    text = assertion(portal, jti=jti)
    assert served(asked(portal, text))
    lost = replace(each.deps, ephemeral=SqliteEphemeral(str(tmp_path / "empty.db")))
    assert client_assertion.proven(app.build(lost), proof(portal, text)) is None
    assert client_assertion.proven(app.build(lost), proof(portal)) is not None
    other = each.portals["key-RS256"]
    assert served(asked(other, assertion(other, jti=jti)))
    assert not served(asked(portal, assertion(portal, jti=jti)))


def test_spent_assertions_are_swept_once_they_have_expired(each: Installation) -> None:
    """Nothing piles up; what could still be shown stays."""
    portal = each.portals["key-ES256"]
    assert served(asked(portal))
    with each.deps.database.write() as connection:
        housekeeping.sweep(connection, each.deps.now(), 500)
    assert each.rows(spent_assertions)
    with each.deps.database.write() as connection:  # those of other tests, too, however many
        while housekeeping.sweep(connection, each.deps.now() + 400, 500) == 500:
            pass
    assert not each.rows(spent_assertions)


def test_the_audience_is_the_issuer_as_one_text(each: Installation) -> None:
    """RFC 7523 section 3 point 3; CVE-2025-27370: lists and endpoints are refused."""
    portal = each.portals["key-ES256"]
    issuer, token = portal.provider.issuer, portal.provider.endpoint("token")
    for aud in ([issuer], [issuer, token], token, issuer + "/", issuer + "/par", "https://other.example", "", 7, {}, None):
        assert not served(asked(portal, assertion(portal, aud=aud))), aud
    assert served(asked(portal, assertion(portal)))


def test_an_old_client_may_name_the_token_endpoint(each: Installation) -> None:
    """decisions.md, client assertions: `client_assertion_audience`; still one text."""
    portal = each.portals["key-old"]
    issuer, token = portal.provider.issuer, portal.provider.endpoint("token")
    for aud, good in ((token, True), (issuer, True), ([token], False), ([issuer, token], False), (token + "/", False)):
        answer = portal.redeem("x", **proof(portal, assertion(portal, aud=aud)))
        refusal(answer, *(("invalid_grant", 400) if good else ("invalid_client", 401)))


def test_issuer_and_subject_are_the_client(each: Installation) -> None:
    """RFC 7523 section 3 points 1 and 2."""
    portal, other = each.portals["key-ES256"], each.portals["key-old"]
    for name in ("iss", "sub"):
        for value in (None, other.id, "unknown", "", 7, [portal.id]):
            assert not served(asked(portal, assertion(portal, **{name: value}))), (name, value)
    assert not served(asked(portal, client_id=other.id))
    assert served(asked(portal, client_id=portal.id))


def test_times_are_bounded(each: Installation) -> None:
    """RFC 7523 section 3 points 4 to 6: `exp` is there and near; a clock 10 seconds ahead is served, one of 61 is not."""
    portal = each.portals["key-ES256"]
    now = int(time.time())
    bad = [{"exp": value} for value in (None, now - 1, now - 300, now + 900, now + 10**9, str(now + 60), True, [now], 10**400)]
    bad += [{name: value} for name in ("nbf", "iat") for value in (now + 61, str(now), True, [now], {})]
    for changes in bad:
        assert not served(asked(portal, assertion(portal, **changes))), changes
    for changes in ({"nbf": now + 8}, {"iat": now + 8}, {"iat": None}, {"exp": now + 60.5}, {"exp": now + 290}, {"nbf": now - 3_600}):
        assert served(asked(portal, assertion(portal, **changes))), changes


def test_every_assertion_has_a_name(each: Installation) -> None:
    """RFC 7523 section 3 point 7."""
    portal = each.portals["key-ES256"]
    for jti in (None, "", 7, ["x"], "x" * 256):
        assert not served(asked(portal, assertion(portal, jti=jti))), jti


@pytest.mark.parametrize("typ", ["JWT", "jwt", "client-authentication+jwt", None])
def test_the_type_may_be_said(each: Installation, typ: str | None) -> None:
    """RFC 8725 section 3.11, explicit typing."""
    portal = each.portals["key-ES256"]
    assert served(asked(portal, assertion(portal, {"typ": typ})))


@pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt", "dpop+jwt", "oauth-authz-req+jwt", "secevent+jwt", "token-introspection+jwt", "", 7, []])
def test_no_other_token_is_an_assertion(each: Installation, typ: Any) -> None:
    """Requirement JW-04."""
    portal = each.portals["key-ES256"]
    assert not served(asked(portal, forging.joined_by(signing.key_of(portal), signing.claims_for(portal), {"typ": typ})))


def test_our_own_tokens_prove_nobody(each: Installation) -> None:
    """Requirement JW-04: neither an access token nor an ID token, whatever it claims."""
    portal = each.portals["key-ES256"]
    tokens = portal.tokens(each.browser(each.member()))
    for token in (tokens["access_token"], tokens["id_token"]):
        assert not served(asked(portal, token))
        assert not served(asked(portal, forging.ours(each, token, typ="client-authentication+jwt", **signing.claims_for(portal))))


def test_forged_headers_are_refused(each: Installation) -> None:
    """RFC 8725 sections 2.1 and 3.10 (requirements JW-01 to JW-03): none, HMAC, foreign kid, jwk, jku, x5u, crit, sizes."""
    portal = each.portals["key-RS256"]
    for wrong, text in forging.forgeries_of(signing.key_of(portal).as_dict(private=False), assertion(portal, {"typ": "JWT"})):
        assert not served(asked(portal, text)), wrong


def test_a_key_of_another_portal_is_refused(each: Installation) -> None:
    """Whatever kid it goes by, and in an algorithm that the client did not register."""
    portal, foreign = each.portals["key-ES256"], signing.new_key("ES256", "portal-ES256")
    assert not served(asked(portal, assertion(portal, key=foreign)))
    assert not served(asked(portal, assertion(portal, key=signing.KEYS["portal-RS256"])))
    two = each.portals["key-two"]
    refusal(two.redeem("x", **proof(two, assertion(two, key=signing.KEYS["portal-RS256"]))), "invalid_client", 401)
    refusal(two.redeem("x", **proof(two, assertion(two, {"kid": None}))), "invalid_grant")
    assert not served(asked(portal, signing.signed(OctKey.import_key(b"x" * 32), signing.claims_for(portal), alg="HS256", kid="portal-ES256")))


def test_two_proofs_at_once_are_none(each: Installation) -> None:
    """RFC 6749 section 2.3 (trap T-08, requirement TK-08)."""
    portal, basic = each.portals["key-ES256"], each.portals["backend"]
    form = {"grant_type": "client_credentials"}
    for fields, headers in (
        ({**proof(portal), "client_secret": "x" * 20}, {}), (proof(portal), basic.basic()), ({"client_id": portal.id}, {}),
        ({"client_assertion": assertion(portal)}, {}), ({**proof(portal), "client_assertion_type": "urn:x"}, {}),
        ({"client_assertion_type": signing.ASSERTION_TYPE, "client_id": portal.id}, {}),
        ({"client_id": portal.id, "client_secret": "x" * 20}, {}),
    ):  # fmt: skip
        refusal(portal.post({**form, **fields}, headers), "invalid_client", 401)
    assert not served(basic.post({**form, **proof(portal, assertion(portal, iss=basic.id, sub=basic.id))}, {}))


def test_whatever_is_wrong_the_answer_is_the_same(each: Installation) -> None:
    """Requirement TK-09 (trap T-15): unknown client, wrong key, spent, expired."""
    portal = each.portals["key-ES256"]
    spent = assertion(portal)
    asked(portal, spent)
    texts = (spent, assertion(portal, exp=1), assertion(portal, iss="u", sub="u"), assertion(portal, key=signing.KEYS["portal-RS256"]), "x.y.z")
    assert len({asked(portal, text).content for text in texts}) == 1
