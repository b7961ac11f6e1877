"""Two libraries of the Node.js world, both certified by the OpenID Foundation, with nothing but the issuer and their registration:
openid-client and oauth4webapi (certification.md, rules that real relying parties impose)."""

import time
from typing import Callable

import pytest
from sqlalchemy import update

from idp.services import keyring
from idp.services.stamped import LOOK_EVERY
from idp.tables import stamps
from idp.tables.schema import signing_keys
from tests import services
from tests.oidc import node_clients, offline
from tests.oidc.installation import Installation
from tests.oidc.relying_party import Portal
from tests.oidc.test_keys import published, signing
from tests.running import Browser

OUT = "https://portal.example/out"


def announced(house: Installation, browser: Browser) -> Callable[[], None]:
    """Publish the keys that are to sign next, as a provider does a day ahead; what is returned lets them begin."""
    kids = {key.kid for key in keyring.ensure(house.deps, rotate=True, lead=3_600)}
    plain = house.portals["plain"]

    def begin() -> None:
        with house.deps.database.write() as connection:
            connection.execute(update(signing_keys).where(signing_keys.c.kid.in_(kids)).values(active_from=house.deps.now()))
            stamps.raise_stamp(connection, "keys")
        time.sleep(LOOK_EVERY + 0.2)  # every worker looks by then, even one that answers none of what follows
        for _ in range(2):
            services.wait_until(lambda: signing(plain, browser)[0] <= kids)

    for _ in range(2):
        services.wait_until(lambda: kids <= published(house.provider))
    return begin


def checked(house: Installation, found: dict, login_id: str) -> None:
    """That the library knows the member, and that what it has ended is over."""
    assert found["userinfo"]["sub"] == house.subjects[login_id] and found["userinfo"]["email"] == f"{login_id}@example.jp"
    assert found["refused"] == "invalid_grant"


@pytest.fixture
def member(house: Installation) -> tuple[str, Browser]:
    """A member with an address, who is signed in."""
    name = house.member()
    with_mail = house.member(name + "x", email=f"{name}x@example.jp", verified=True)
    return with_mail, house.browser(with_mail)


KINDS = {
    "every": {"par": True, "dpop": True}, "fapi2": {"par": True, "dpop": True},
    "fapi2-message-signing": {"par": True, "dpop": True, "signs": True},
    "offline": {}, "offline-other": {"par": True}, "offline-public": {"dpop": True}, "nonces": {"dpop": True, "par": True},
}  # fmt: skip


@pytest.mark.parametrize("name", ["fapi2", "fapi2-message-signing", "leaving-offline"])
def test_openid_client_lives_through_a_change_of_keys(house: Installation, member: tuple[str, Browser], name: str) -> None:
    """OIDC Core sections 3.1 and 10.1.1, RFC 9126, 9449, 7523, 9101, JARM, RFC 7009, RP-Initiated Logout: sign-in, UserInfo,
    refresh, the same under new keys, revocation, sign-out."""
    login_id, browser = member
    options = {"out": OUT, "scope": offline.SCOPE, **KINDS.get(name, {})}
    found = node_clients.run("openid-client", house.portals[name], browser, announced(house, house.browser(house.member())), **options)
    checked(house, found, login_id)
    assert found["out"] == OUT + "?state=bye" and "idp-session" not in browser.cookies


@pytest.mark.parametrize("name", [name for name in KINDS if name != "fapi2-message-signing"])
def test_oauth4webapi_processes_every_response(house: Installation, member: tuple[str, Browser], name: str) -> None:
    """The same step by step, for each way in which a client proves itself: with a nonce that is asked for, too."""
    portal: Portal = house.portals[name]
    found = node_clients.run("oauth4webapi", portal, member[1], scope=offline.SCOPE, **KINDS[name])
    checked(house, found, member[0])
    assert found["active"] is (None if portal.client["token_endpoint_auth_method"] == "none" else True)
