"""The ephemeral store is lost: what was spent stays spent or leads nowhere, and what lasts goes on (design.md, durable or ephemeral;
requirements CA-01, TK-13, TK-14)."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import pytest
import redis
import requests

from tests import services
from tests.oidc import offline, signing
from tests.oidc.conftest import EMBEDDED
from tests.oidc.installation import Installation, installation
from tests.oidc.pushing import come, push, pushed
from tests.oidc.relying_party import SECONDS, Portal, is_error_page
from tests.oidc.test_request_object import signed
from tests.oidc.test_sign_in_request import shows_sign_in
from tests.oidc.test_token_endpoint import refusal
from tests.running import Browser

OWN = {"grant_type": "client_credentials"}


@dataclass
class Before:
    """What was got, used and ended before the loss."""

    house: Installation
    browser: Browser
    codes: dict[str, str]
    tokens: dict[str, dict[str, Any]]
    assertion: str
    uri: str
    object: str

    @property
    def keyed(self) -> Portal:
        """The portal that proves itself by a key."""
        return self.house.portals["key-ES256"]

    @property
    def public(self) -> Portal:
        """The one whose refresh tokens are replaced."""
        return self.house.portals["offline-public"]


def before(house: Installation) -> Before:
    """Use one of each."""
    keyed, public, plain = (house.portals[name] for name in ("key-ES256", "offline-public", "plain"))
    browser = house.browser(house.member())
    codes, first = {"used": plain.code(browser), "unused": plain.code(browser)}, offline.begin(public, browser)
    found = Before(house, browser, codes, {"first": first}, signing.assertion(keyed), pushed(keyed), signed(keyed, jti="once"))
    found.tokens["used"] = plain.granted(plain.redeem(codes["used"]))
    found.tokens["second"] = offline.refreshed(public, first["refresh_token"])
    found.tokens["ended"] = plain.tokens(browser)
    assert offline.about(plain, "revocation", found.tokens["ended"]["access_token"]).status_code == 200
    keyed.granted(keyed.post({**OWN, **signing.proof(keyed, found.assertion)}, {}))
    assert "code" in keyed.reply(come(keyed, browser, found.uri)) and push(keyed, request=found.object).status_code == 201
    return found


@pytest.fixture(scope="module", params=["embedded", "production"])
def lost(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Before]:
    """An installation of its own, after everything ephemeral has gone."""
    folder: Path = tmp_path_factory.mktemp("oidc-lost")
    if request.param == "embedded":
        with installation(folder, EMBEDDED) as house:
            found = before(house)
            with sqlite3.connect(folder / "ephemeral.db") as store:
                assert store.execute("DELETE FROM facts").rowcount > 5
            yield found
        return
    url = request.getfixturevalue("redis_url").replace("db=0", "db=9")
    with services.empty_database(request.getfixturevalue("postgres_url"), "lost") as database, installation(folder, (database, url)) as house:
        found = before(house)
        with redis.Redis.from_url(url) as store:
            assert store.dbsize() > 5 and store.flushdb()
        yield found


def test_a_used_assertion_is_refused_sixteen_times_over(lost: Before) -> None:
    """Requirement CA-01: spent assertions are durable."""
    form = {**OWN, **signing.proof(lost.keyed, lost.assertion)}
    answers = services.race(16, lambda: requests.post(lost.keyed.provider.endpoint("token"), data=form, timeout=SECONDS))
    assert {answer.status_code for answer in answers} == {401}
    lost.keyed.granted(lost.keyed.post({**OWN, **signing.proof(lost.keyed)}, {}))


def test_codes_are_gone_used_or_not(lost: Before) -> None:
    """RFC 6749 section 4.1.2: the member signs in again."""
    for code in lost.codes.values():
        refusal(lost.house.portals["plain"].redeem(code), "invalid_grant")


def test_tokens_go_on_and_ended_ones_stay_ended(lost: Before) -> None:
    """Requirement IN-02: revocations are durable."""
    assert lost.house.provider.userinfo(lost.tokens["used"]["access_token"]).status_code == 200
    assert lost.house.provider.userinfo(lost.tokens["ended"]["access_token"]).status_code == 401


def test_pushed_and_signed_requests_bring_no_code_to_who_replays_them(lost: Before) -> None:
    """Requirement PR-02: a name is gone with what it stood for; an object begins a sign-in at most, as sessions are gone, too."""
    assert is_error_page(come(lost.keyed, lost.browser, lost.uri))
    assert shows_sign_in(lost.keyed.ask(lost.browser, request=lost.object))


def test_a_family_goes_on_in_one_line_and_a_replaced_token_ends_it(lost: Before) -> None:
    """Requirements TK-13 and TK-14: families are durable. Sixteen uses at once bring one successor."""
    public, second = lost.public, lost.tokens["second"]["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": second, "client_id": public.id}
    answers = services.race(16, lambda: requests.post(public.provider.endpoint("token"), data=form, timeout=SECONDS))
    following = {public.granted(answer)["refresh_token"] for answer in answers}
    assert len(following) == 1 and second not in following
    refusal(offline.refresh(public, lost.tokens["first"]["refresh_token"]), "invalid_grant")
    refusal(offline.refresh(public, following.pop()), "invalid_grant")
