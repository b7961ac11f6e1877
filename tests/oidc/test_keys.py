"""Signing keys: public only, and rotated under a live portal without a token that fails (OIDC Core section 10.1.1)."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests
from sqlalchemy import select

from idp.tables import keys
from idp.tables.schema import audit
from tests.oidc.installation import Installation
from tests.oidc.relying_party import SECONDS, Portal, Provider, header_of
from tests.running import Browser
from tests.services import wait_until

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k", "oth", "priv"}


def published(provider: Provider, expected: set[str] | None = None) -> set[str]:
    """The kids that every worker publishes, once twenty fresh connections see one set, which is the expected one if one is."""
    found: set[str] = set()

    def same() -> bool:
        found.clear()
        found.update(*(seen := _seen(provider)))
        return len(seen) == 1 and expected in (None, found)

    wait_until(same, story=lambda: "workers differ")
    return found


def _seen(provider: Provider) -> set[frozenset[str]]:
    def ask(_: int) -> frozenset[str]:
        keys = requests.get(provider.endpoint("jwks_uri"), timeout=SECONDS).json()["keys"]
        return frozenset(key["kid"] for key in keys)

    with ThreadPoolExecutor(8) as pool:
        return set(pool.map(ask, range(20)))


def signing(portal: Portal, browser: Browser) -> tuple[set[str], set[str]]:
    """The kids that sign ID tokens and access tokens now, whichever worker answers."""
    codes = [portal.code(browser) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        address, headers = portal.provider.endpoint("token"), portal.basic()
        answers = pool.map(
            lambda code: requests.post(address, data=portal.token_form(code), headers=headers, timeout=SECONDS).json(), codes
        )
        rows = [(header_of(one["id_token"])["kid"], header_of(one["access_token"])["kid"]) for one in answers]
    return {row[0] for row in rows}, {row[1] for row in rows}


def test_the_jwks_holds_public_members_only(provider: Provider) -> None:
    """RFC 7517 section 9.3 (requirement JW-08)."""
    answer = requests.get(provider.endpoint("jwks_uri"), timeout=SECONDS)
    keys = answer.json()["keys"]
    assert set(answer.json()) == {"keys"} and len({key["kid"] for key in keys}) == len(keys) >= 4
    for key in keys:
        assert not PRIVATE & set(key) and key["use"] == "sig" and key["kid"] and not {"key_ops", "x5u"} & set(key)
        allowed = {"RSA": {"kty", "n", "e"}, "EC": {"kty", "crv", "x", "y"}, "OKP": {"kty", "crv", "x"}}[key["kty"]]
        assert set(key) == allowed | {"use", "kid", "alg"}


def test_keys_are_of_kinds_that_every_relying_party_knows(provider: Provider) -> None:
    """OIDC Core section 15.1; certification.md point 6 (requirement JW-07): RSA of 2048 bits or more, P-256, Ed25519."""
    for key in provider.fetch_keys():
        kind = {"RS256": ("RSA", None), "PS256": ("RSA", None), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}[key["alg"]]
        assert (key["kty"], key.get("crv")) == kind
        assert key["kty"] != "RSA" or (len(key["n"]) * 6 // 8 >= 256 and key["e"] == "AQAB")


def test_the_private_half_is_sealed_in_the_database(house: Installation, portal: Portal) -> None:
    """Requirement JW-10."""
    raw = b"".join(path.read_bytes() for path in house.idp.folder.glob("idp.db*"))
    assert b'"kty"' in raw and not re.search(rb'"(d|p|q|qi)": *"', raw)


def listed(house: Installation) -> dict[str, str]:
    """The keys by their kid, and what each is good for now."""
    return {kid: state for kid, _, state, *_ in (line.split("\t") for line in house.idp.within("key", "list").splitlines())}


def test_a_scheduled_key_is_seen_by_all_before_it_signs(
    house: Installation, portal: Portal, provider: Provider, signed_in: Browser
) -> None:
    """OIDC Core section 10.1.1 (requirement JW-09): published first, signing later; a JWKS from before stays good."""
    before, old = published(provider), signing(portal, signed_in)
    states = listed(house)
    lines = house.idp.run("key", "rotate").stdout.splitlines()
    fresh = {line.split("\t")[0] for line in lines}
    assert len(fresh) == 4
    published(provider, before | fresh)
    assert signing(portal, signed_in) == old
    assert listed(house) == states | dict.fromkeys(fresh, "next")


def used_until(done: threading.Event, each: Installation, name: str) -> int:
    """Sign in, exchange and ask UserInfo until `done`, each request at whichever worker takes it; how often."""
    count, portal, browser = 0, Portal(Provider(each.idp.issuer), each.portals["plain"].client), each.browser(name)
    headers = {**portal.basic(), "Connection": "close"}
    while not done.is_set():
        tokens = portal.granted(portal.post(portal.token_form(portal.code(browser)), headers))
        for _ in range(4):
            assert portal.provider.userinfo(tokens["access_token"]).status_code == 200
        count += 1
    return count


def test_an_emergency_rotation_signs_anew_at_once_and_no_token_fails(each: Installation) -> None:
    """Requirements JW-09, OP-04: a leaked key is out of use within three seconds in every worker, even while a scheduled
    key waits for its time; no request fails meanwhile; what was signed before is still verified, here and by portals."""
    name, done = each.member(), threading.Event()
    portal, provider, browser = each.portals["plain"], each.provider, each.browser(name)
    tokens, before, old = portal.tokens(browser), published(provider), signing(portal, browser)
    each.idp.run("key", "rotate")
    with ThreadPoolExecutor(3) as pool:
        users = [pool.submit(used_until, done, each, name) for _ in range(3)]
        try:
            fresh = {line.split("\t")[0] for line in each.idp.run("key", "rotate", "--now").stdout.splitlines()}
            assert signing(portal, browser)[0] <= fresh, "the command ends when they sign"
            time.sleep(1)
        finally:
            done.set()
        assert sum(user.result() for user in users) > 10
    assert len(fresh) == 4 and not fresh & before and published(provider) >= before | fresh
    with each.deps.database.read() as connection:
        noted = connection.execute(select(audit.c.at).where(audit.c.event == "keys_rotated").order_by(audit.c.id.desc())).scalar()
        starts = {key.active_from for key in keys.rows(connection) if key.kid in fresh}
    assert noted is not None and min(starts) > noted + 1  # workers look once a second
    new = signing(portal, browser)
    assert new[0] | new[1] <= fresh and not (new[0] | new[1]) & (old[0] | old[1])
    assert provider.userinfo(tokens["access_token"]).status_code == 200
    assert portal.id_claims(tokens)["sub"] == each.subjects[name]
    portal.code(browser, id_token_hint=tokens["id_token"], prompt="none")
