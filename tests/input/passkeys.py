"""The forms that passkeys answer, for the attack on them."""

from typing import Any

from idp.tables import accounts, passkeys
from tests.input.wire import Page
from tests.running import PASSWORD, Form


def passkey_pages(inside: Any, login: Page, offered: Any, coded: Any) -> dict[str, Page]:
    """The sign-in form as a passkey sends it, the offer, and a passkey in place of a code."""
    form = login.form.fields
    sign_in = Page(Form("/login/passkey", "post", {**{name: form[name] for name in ("csrf", "j", "sealed")}, "credential": "{}"}), login.cookies)
    begun = offered.page(offered.authorize(inside.portal))
    offer = offered.page(offered.go(begun.request(fields={"identifier": "hanako", "password": PASSWORD, "passkeys": "yes"})))
    with inside.deps.database.write() as connection:
        account = accounts.by_login_id(connection, "hanako")
        accounts.change(connection, account.id, inside.deps.now(), passkey_offered_at=inside.deps.now())
        passkeys.add(connection, passkeys.Passkey("coded", account.id, "d", "pQ", 0, "", False, False, "n", "ios.safari", inside.deps.now()))
    page = coded.authorize(inside.portal, acr_values="urn:x-idp:acr:3")
    code = coded.page(coded.go(coded.page(page).request(fields={"identifier": "hanako", "password": PASSWORD})))
    return {"passkey_sign_in": sign_in, "passkey_offer": offer, "passkey_code": Page(code.form, code.cookies)}
