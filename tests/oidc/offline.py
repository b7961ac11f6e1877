"""Refresh tokens as a portal gets and uses them, and how to let time pass for them."""

from typing import Any

import requests
from sqlalchemy import select, update

from idp.tables.schema import audit, refresh_families
from idp.vault import fingerprint
from tests.oidc import signing
from tests.oidc.installation import Installation
from tests.oidc.relying_party import Portal
from tests.running import Browser, form_of

SCOPE = "openid email offline_access"


def begin(portal: Portal, browser: Browser, **changes: str | None) -> dict[str, Any]:
    """The token response of a code with offline_access; the member is signed in and not asked."""
    found = portal.tokens(browser, **{"scope": SCOPE, **changes})
    assert found["refresh_token"]
    return found


def begin_by_consent(portal: Portal, browser: Browser, scope: str = SCOPE) -> dict[str, Any]:
    """The same for a third party, which has the member asked."""
    page = browser.submit(form_of(portal.ask(browser, scope=scope, prompt="consent")), answer="yes")
    return portal.granted(portal.redeem(portal.reply(page)["code"]))


def authentication(portal: Portal) -> tuple[dict[str, str], dict[str, str]]:
    """(fields, headers) with which the portal proves itself."""
    method = portal.client["token_endpoint_auth_method"]
    if method == "client_secret_basic":
        return {}, portal.basic()
    if method == "private_key_jwt":
        return signing.proof(portal), {}
    secret = {"client_secret": portal.client["client_secret"]} if method == "client_secret_post" else {}
    return {"client_id": portal.id, **secret}, {}


def refresh(portal: Portal, token: str, **changes: str) -> requests.Response:
    """One refresh request."""
    fields, headers = authentication(portal)
    return portal.post({"grant_type": "refresh_token", "refresh_token": token, **fields, **changes}, headers)


def refreshed(portal: Portal, token: str, **changes: str) -> dict[str, Any]:
    """A refresh that must succeed."""
    return portal.granted(refresh(portal, token, **changes))


def about(portal: Portal, endpoint: str, token: str, headers: dict[str, str] | None = None, **changes: str) -> requests.Response:
    """A request to the revocation or introspection endpoint."""
    fields, proof = authentication(portal)
    given = {"token": token, **fields, **changes}
    return portal.http.post(portal.provider.endpoint(endpoint), data=given, headers={**proof, **(headers or {})}, timeout=30)


def series_hash(token: str) -> str:
    """What the token's family is found by."""
    return fingerprint(token.partition(".")[2][:43])


def row(house: Installation, token: str) -> dict[str, Any] | None:
    """The family of a token as it is stored."""
    with house.deps.database.read() as connection:
        query = select(refresh_families).where(refresh_families.c.series_hash == series_hash(token))
        found = connection.execute(query).mappings().first()
    return dict(found) if found else None


def age(house: Installation, token: str, seconds: int) -> None:
    """Let so much time pass for the family of this token."""
    names = ("used_at", "expires_at", "ends_at")
    with house.deps.database.write() as connection:
        earlier = {name: refresh_families.c[name] - seconds for name in names}
        connection.execute(update(refresh_families).where(refresh_families.c.series_hash == series_hash(token)).values(**earlier))


def on_record(house: Installation, event: str, login_id: str) -> list[tuple[str, str]]:
    """(result, client_id) of the audit rows of a member, the oldest first."""
    mine = (audit.c.event == event, audit.c.account_id == house.subjects[login_id])
    with house.deps.database.read() as connection:
        return [tuple(found) for found in connection.execute(select(audit.c.result, audit.c.client_id).where(*mine).order_by(audit.c.id))]
