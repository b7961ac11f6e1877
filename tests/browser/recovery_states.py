"""The pages of recovery and of the new password, by name: how to get there."""

import itertools
import re
from typing import Callable

from tests import services
from tests.browser.visitor import Visitor
from tests.settings.member import rows

_numbers = itertools.count(10)


def _open(visitor: Visitor, kind: str) -> None:
    """From the portal, over the link on the sign-in page."""
    visitor.arrive()
    with visitor.page.expect_navigation():
        visitor.page.click(f"a[href^='/recovery?kind={kind}']")


def recovery(visitor: Visitor) -> None:
    """The form, for a forgotten login ID."""
    _open(visitor, "id")


def recovery_password(visitor: Visitor) -> None:
    """The same for a forgotten password: the login ID is enough."""
    _open(visitor, "pw")


def recovery_company(visitor: Visitor) -> None:
    """The same for a company."""
    _open(visitor, "id")
    visitor.page.check("[name=type][value=corporate]")


def recovery_refused(visitor: Visitor) -> None:
    """Nothing of it right."""
    _open(visitor, "id")
    visitor.page.fill("[autocomplete=bday-year]", "33")
    visitor.send()


def recovery_quick_refused(visitor: Visitor) -> None:
    """Neither login ID nor destination."""
    _open(visitor, "pw")
    visitor.send()


def _fill(visitor: Visitor, dest: str) -> None:
    page = visitor.page
    page.fill("[autocomplete=family-name]", "山田")
    page.fill("[autocomplete=given-name]", "花子")
    for token, typed in (("year", "昭和33"), ("month", "4"), ("day", "1")):
        page.fill(f"[autocomplete=bday-{token}]", typed)
    page.fill("[autocomplete=email]", "hanako.yamada.no.nagai.adoresu@mail.example.co.jp")
    page.check(f"[name=dest][value={dest}]")
    visitor.send()


def recovery_confirm(visitor: Visitor) -> None:
    """What was typed, before it is sent."""
    _open(visitor, "id")
    _fill(visitor, "isp")


def recovery_done(visitor: Visitor) -> None:
    """The same page for everybody."""
    recovery_confirm(visitor)
    visitor.send()


def recovery_code(visitor: Visitor) -> None:
    """With a box for the code of an SMS."""
    _open(visitor, "pw")
    visitor.page.fill("[autocomplete~=username]", "nobody")
    visitor.page.check("[name=dest][value=sms]")
    visitor.send()
    visitor.send()


def recovery_code_wrong(visitor: Visitor) -> None:
    """A code that is none."""
    recovery_code(visitor)
    visitor.page.fill("[autocomplete=one-time-code]", "12345")
    visitor.send()


def _link(visitor: Visitor, name: str) -> None:
    """Ask by the login ID, and open the link of the mail."""
    idp, address = visitor.party.idp, f"{name}@mail.example.ne.jp"
    rows(idp, "DELETE FROM quotas")
    before = _links(visitor, address)
    _open(visitor, "pw")
    visitor.page.fill("[autocomplete~=username]", name)
    visitor.page.check("[name=dest][value=mail]")
    visitor.send()
    visitor.send()
    services.wait_until(lambda: len(_links(visitor, address)) > len(before))  # what came before may be told of late
    visitor.page.goto(_links(visitor, address)[-1])


def _links(visitor: Visitor, address: str) -> list[str]:
    return [link for mail in visitor.party.idp.mails(address) for link in re.findall(r"http://\S+/reset/\S+", mail.get_content())]


def reset(visitor: Visitor) -> None:
    """A new password."""
    _link(visitor, visitor.members["forgetful"])


def reset_refused(visitor: Visitor) -> None:
    """One that breaks the rules."""
    reset(visitor)
    visitor.page.fill("[autocomplete=new-password]", "hanako")
    visitor.send()


def reset_changed(visitor: Visitor) -> None:
    """It is set."""
    reset(visitor)
    visitor.page.fill("[autocomplete=new-password]", f"Sumire{next(_numbers)}Kawa")
    visitor.send()


def reset_held(visitor: Visitor) -> None:
    """It is set, by the only destination of a member with a second factor."""
    rows(visitor.party.idp, "UPDATE accounts SET second_factor = 1 WHERE login_id = :name", name=visitor.members["forgetful"])
    reset_changed(visitor)
    rows(visitor.party.idp, "UPDATE accounts SET second_factor = 0 WHERE login_id = :name", name=visitor.members["forgetful"])


def reset_ways(visitor: Visitor) -> None:
    """A member with a second factor proves more than the mail."""
    _link(visitor, visitor.members["several"])


def reset_second(visitor: Visitor) -> None:
    """A code by SMS."""
    reset_ways(visitor)
    visitor.page.locator("[name=way]").nth(1).check()
    visitor.send()


def reset_second_wrong(visitor: Visitor) -> None:
    """Digits that are none."""
    reset_second(visitor)
    visitor.page.fill("[autocomplete=one-time-code]", "12")
    visitor.send()


def reset_app(visitor: Visitor) -> None:
    """The digits of the app."""
    reset_ways(visitor)
    visitor.send()


def reset_again(visitor: Visitor) -> None:
    """A link that is spent, too old or replaced."""
    visitor.goto("/reset/nothing")


RECOVERY: dict[str, Callable[[Visitor], None]] = {
    state.__name__: state
    for state in (
        recovery, recovery_password, recovery_company, recovery_refused, recovery_quick_refused, recovery_confirm, recovery_done,
        recovery_code, recovery_code_wrong, reset, reset_refused, reset_changed, reset_held, reset_ways, reset_second,
        reset_second_wrong, reset_app, reset_again,
    )
}  # fmt: skip
RECOVERY_WITH_ERRORS = frozenset({"recovery_refused", "recovery_quick_refused", "recovery_code_wrong", "reset_refused", "reset_second_wrong"})
_FORM = ["username", "family-name", "given-name", "bday-year", "bday-month", "bday-day", "organization", "email", "off"]
_CODE, _PASSWORD = ["one-time-code"], ["username", "new-password"]
# the tokens of the fields on each page
RECOVERY_TOKENS = {name: _FORM for name in RECOVERY if name.startswith("recovery")} | {
    **dict.fromkeys(("recovery_code", "recovery_code_wrong", "reset_second", "reset_second_wrong", "reset_app"), _CODE),
    **dict.fromkeys(("reset", "reset_refused"), _PASSWORD),
    **dict.fromkeys(("recovery_confirm", "recovery_done", "reset_changed", "reset_held", "reset_ways", "reset_again"), []),
}
