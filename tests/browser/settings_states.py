"""The pages of the settings, by name: how to get there."""

from typing import Callable

import pyotp

from tests.browser.visitor import APP_SECRET, Visitor
from tests.settings.member import APP, CODES, DEVICES, EDIT, OFF, STATUS, rows


def _signed_in(visitor: Visitor, path: str) -> None:
    visitor.goto(path)
    visitor.sign_in(visitor.members["member"])


def _keyed(visitor: Visitor, path: str, remember: bool = False) -> None:
    """As the member who has an app."""
    rows(visitor.party.idp, "UPDATE totp SET last_step = 0")  # the digits of one step are typed for several pages
    visitor.goto(path)
    visitor.sign_in(visitor.members["keyed"])
    visitor.page.fill("[autocomplete=one-time-code]", pyotp.TOTP(APP_SECRET).now())
    if remember:
        visitor.page.check("[name=remember]")
    visitor.send()
    if remember:
        visitor.goto(path)


def settings(visitor: Visitor) -> None:
    """The second factor is off."""
    _signed_in(visitor, STATUS)


def settings_on(visitor: Visitor) -> None:
    """It is on, with an app."""
    _keyed(visitor, STATUS)


def edit(visitor: Visitor) -> None:
    """Where codes should go."""
    _signed_in(visitor, EDIT)


def edit_refused(visitor: Visitor) -> None:
    """Nothing of it right."""
    edit(visitor)
    visitor.page.fill("[autocomplete=email]", "hanako")
    visitor.page.fill("[autocomplete=tel-national]", "0312345678")
    visitor.send()


def edit_usual(visitor: Visitor) -> None:
    """Two destinations, and none of them usual yet."""
    edit(visitor)
    visitor.page.fill("[autocomplete=email]", "hanako.yamada.no.nagai.adoresu@mail.example.co.jp")
    visitor.page.fill("[autocomplete=tel-national]", "090-1234-5678")
    visitor.page.check("[name=consent]")
    visitor.send()


def verify(visitor: Visitor) -> None:
    """Every destination has to prove itself."""
    edit_usual(visitor)
    visitor.page.check("[name=usual][value=sms]")
    visitor.send()


def sent(visitor: Visitor) -> None:
    """One code is on its way."""
    verify(visitor)
    with visitor.page.expect_navigation():
        visitor.page.click("button[value=send_email]")


def sent_wrong(visitor: Visitor) -> None:
    """A wrong code came back; the other destination waits."""
    sent(visitor)
    visitor.page.fill("[autocomplete=one-time-code]", "12345")
    visitor.send()


def app(visitor: Visitor) -> None:
    """What an app is, and the way to it."""
    _signed_in(visitor, APP)


def scan(visitor: Visitor) -> None:
    """The picture, and the key that can be typed instead."""
    app(visitor)
    visitor.send()
    visitor.page.click(".key summary")


def scan_wrong(visitor: Visitor) -> None:
    """Digits that are none."""
    scan(visitor)
    visitor.page.fill("[autocomplete=one-time-code]", "12")
    visitor.send()


def codes(visitor: Visitor) -> None:
    """Before new recovery codes are made."""
    _keyed(visitor, CODES)


def codes_shown(visitor: Visitor) -> None:
    """The codes, this one time."""
    codes(visitor)
    visitor.send()


def removal(visitor: Visitor) -> None:
    """Before the app is removed."""
    _keyed(visitor, f"{APP}/remove")


def off(visitor: Visitor) -> None:
    """Before the second factor is switched off."""
    _keyed(visitor, OFF)


def devices(visitor: Visitor) -> None:
    """A browser that skips the code."""
    _keyed(visitor, DEVICES, remember=True)


def devices_none(visitor: Visitor) -> None:
    """None does."""
    _signed_in(visitor, DEVICES)


SETTINGS: dict[str, Callable[[Visitor], None]] = {
    state.__name__: state
    for state in (
        settings, settings_on, edit, edit_refused, edit_usual, verify, sent, sent_wrong, app, scan, scan_wrong, codes,
        codes_shown, removal, off, devices, devices_none,
    )
}  # fmt: skip
SETTINGS_WITH_ERRORS = frozenset({"edit_refused", "edit_usual", "sent_wrong", "scan_wrong"})
