"""The way to every form of the settings, for the attack on them."""

from typing import Any

import pyotp

from idp.services import factors
from idp.tables import accounts, grants, passkeys
from tests.input.wire import Page, Request
from tests.running import Form

SECOND_FACTOR, APP, EMAIL = "/account/second-factor", "/account/app", "/account/email-sign-in"


def settings_pages(inside: Any, plain: Any, keyed: Any, enrolling: Any) -> dict[str, Page]:
    """Pages of a member without a second factor, of one with an app, and of one who sets it up while signing in."""
    found = _of_plain(inside, plain) | _of_keyed(inside, keyed)
    offer = enrolling.page(enrolling.sign_in(inside.portal, "enrolling"))
    edit = enrolling.page(enrolling.go(offer.request(fields={"action": "set_up"})))
    kept = {name: edit.form.fields[name] for name in ("csrf", "j")}
    return found | {"start": Page(Form(f"{SECOND_FACTOR}/start", "post", {**kept, "action": "next"}), edit.cookies)}


def _of_plain(inside: Any, plain: Any) -> dict[str, Page]:
    plain.sign_in(inside.portal, "hanako")
    edit = plain.page(plain.go(Request("GET", f"{SECOND_FACTOR}/edit")))
    verify = plain.page(plain.go(edit.request(fields={"email": "new@mail.example", "consent": "yes"})))
    app = plain.page(plain.go(Request("GET", APP)))
    passkey = plain.page(plain.go(Request("GET", "/account/passkeys/add")))
    return {"edit": edit, "verify": verify, "passkey_add": passkey, "app": app, "scan": plain.page(plain.go(app.request())), **_of_account(plain)}


def _of_account(plain: Any) -> dict[str, Page]:
    paths = {"password": "password", "nickname": "nickname", "login_id": "login-id", "sessions": "sessions", "not_me": "not-me", "close": "close"}
    found = {name: plain.page(plain.go(Request("GET", f"/account/{path}"))) for name, path in paths.items()}
    confirm = plain.page(plain.go(found["login_id"].request(fields={"login_id": "hanako-new", "action": "next"})))
    address = plain.page(plain.go(Request("GET", f"{EMAIL}/address")))
    code = plain.page(plain.go(address.request(fields={"email": "hanako@mail.example"})))
    paths = {"language": "/account/language", "undo": "/undo"}
    found |= {name: plain.page(plain.go(Request("GET", path))) for name, path in paths.items()}
    return {**found, "login_id_confirm": confirm, "email_address": address, "email_code": code}


def _of_keyed(inside: Any, keyed: Any) -> dict[str, Page]:
    deps, secret = inside.deps, factors.new_secret()
    with deps.database.write() as connection:
        account = accounts.by_login_id(connection, "keyed")
        factors.set_app(connection, deps, account.id, secret, 0)
        accounts.change(connection, account.id, deps.now(), email_login="keyed@mail.example", email_login_key="keyed@mail.example")
        grants.consent(connection, account.id, inside.third["client_id"], frozenset({"openid"}), deps.now())
        one = passkeys.Passkey("something", account.id, "c", "pQ", 0, "internal", False, False, "n", "ios.safari", deps.now())
        passkeys.add(connection, one)
    code = keyed.page(keyed.sign_in(inside.portal, "keyed"))
    keyed.go(code.request(fields={"code": pyotp.TOTP(secret).now(), "remember": "yes"}))
    paths = {"off": f"{SECOND_FACTOR}/off", "codes": "/account/recovery-codes", "remove": f"{APP}/remove", "devices": "/account/devices"}
    paths |= {"passkey_name": "/account/passkeys/something", "passkey_remove": "/account/passkeys/something/remove"}
    paths |= {"email_off": f"{EMAIL}/off", "consents": "/account/consents"}
    return {name: keyed.page(keyed.go(Request("GET", path))) for name, path in paths.items()}
