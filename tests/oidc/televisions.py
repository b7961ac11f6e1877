"""A television that is told only the issuer and its own registration, and the member before it (RFC 8628)."""

from typing import Any

import requests
from sqlalchemy import update

from idp.domain.client import DEVICE_CODE
from idp.tables.schema import accounts
from idp.vault import fingerprint
from tests.oidc import offline, proofs
from tests.oidc.installation import Installation
from tests.oidc.relying_party import SECONDS, Portal
from tests.running import Browser, form_of
from tests.settings.member import errors, title

SCOPE = "openid email offline_access"
DONE, REFUSED = "テレビを接続しました", "テレビは接続していません"


def lay_down(portal: Portal, headers: dict[str, str] | None = None, **changes: str | None) -> requests.Response:
    """A device authorization request with changes; None leaves a field out."""
    fields, proof = offline.authentication(portal)
    asked = {"scope": SCOPE, **fields, **changes}
    given = {name: value for name, value in asked.items() if value is not None}
    return portal.http.post(portal.provider.endpoint("device_authorization"), data=given, headers={**proof, **(headers or {})}, timeout=SECONDS)


def begun(portal: Portal, **changes: str | None) -> dict[str, Any]:
    """A good one."""
    answer = lay_down(portal, **changes)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def poll(portal: Portal, device_code: str, **changes: str) -> requests.Response:
    """The television asks whether the member has answered."""
    fields, headers = offline.authentication(portal)
    return portal.post({"grant_type": DEVICE_CODE, "device_code": device_code, **fields, **changes}, headers)


def proven_poll(portal: Portal, device_code: str, **options: Any) -> requests.Response:
    """The same with a DPoP proof."""
    return proofs.asked(portal, {"grant_type": DEVICE_CODE, "device_code": device_code}, **options)


def typed(browser: Browser, user_code: str) -> requests.Response:
    """The member types the code that the television shows."""
    return browser.submit(form_of(browser.go("/device")), user_code=user_code)


def answered(browser: Browser, user_code: str, answer: str = "yes") -> requests.Response:
    """The same, and says yes or no on the page that asks; signed in before."""
    page = typed(browser, user_code)
    assert form_of(page).action.endswith("/device/confirm"), page.text[:3000]
    return browser.submit(form_of(page), answer=answer)


def connected(house: Installation, portal: Portal, browser: Browser, **changes: str | None) -> dict[str, Any]:
    """The tokens of a television that the member has connected."""
    found = begun(portal, **changes)
    assert title(answered(browser, found["user_code"])) == DONE
    return portal.granted(poll(portal, found["device_code"]))


def unusable(page: requests.Response) -> bool:
    """The one sentence for codes of every kind that lead nowhere."""
    return "このコードは使えません。" in errors(page)


def forget_wait(house: Installation, device_code: str) -> None:
    """Let the interval between two questions pass."""
    house.deps.ephemeral.drop("device-wait:" + fingerprint(device_code))


def raise_epoch(house: Installation, login_id: str) -> None:
    """End everything that the member has open."""
    with house.deps.database.write() as connection:
        connection.execute(update(accounts).where(accounts.c.id == house.subjects[login_id]).values(epoch=accounts.c.epoch + 1))
