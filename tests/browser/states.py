"""Every page a member can see, by name: how to get there."""

from typing import Callable

from tests.browser.account_states import ACCOUNT, ACCOUNT_WITH_ERRORS
from tests.browser.closing_states import CLOSING, CLOSING_WITH_ERRORS
from tests.browser.code_states import CODES, CODES_WITH_ERRORS
from tests.browser.device_states import DEVICE, DEVICE_WITH_ERRORS
from tests.browser.mine_states import MINE, MINE_WITH_ERRORS
from tests.browser.passkey_states import PASSKEYS, PASSKEYS_WITH_ERRORS
from tests.browser.recovery_states import RECOVERY, RECOVERY_WITH_ERRORS
from tests.browser.registration_states import REGISTRATION, REGISTRATION_WITH_ERRORS
from tests.browser.settings_states import SETTINGS, SETTINGS_WITH_ERRORS
from tests.browser.visitor import LETTER_PASSWORD, Visitor, stay
from tests.running import PASSWORD


def login(visitor: Visitor) -> None:
    """The sign-in form."""
    visitor.arrive()


def login_empty(visitor: Visitor) -> None:
    """Sent without anything typed."""
    visitor.arrive()
    visitor.send()


def login_wrong(visitor: Visitor) -> None:
    """A wrong password."""
    visitor.arrive()
    visitor.fail(1)


def login_few_left(visitor: Visitor) -> None:
    """A wrong password for an address, with two tries left: the longest list of errors."""
    visitor.arrive()
    visitor.fail(3, "nobody{n}@example.jp")


def login_locked(visitor: Visitor) -> None:
    """Too many wrong passwords."""
    visitor.arrive()
    visitor.fail(5)


def login_suspended(visitor: Visitor) -> None:
    """The right password of a suspended account."""
    visitor.arrive()
    visitor.sign_in(visitor.members["suspended"])


def first_password(visitor: Visitor) -> None:
    """The password of the letter must be replaced."""
    visitor.arrive()
    visitor.sign_in(visitor.members["letter"], LETTER_PASSWORD)


def first_password_refused(visitor: Visitor) -> None:
    """A new password that breaks the rules."""
    first_password(visitor)
    visitor.page.fill("[autocomplete=new-password]", "hanako")
    visitor.send()


def signed_in(visitor: Visitor) -> None:
    """Back at the portal after signing in."""
    visitor.arrive()
    visitor.sign_in(visitor.members["member"])
    visitor.page.wait_for_url(visitor.party.address + "/**")


def choose(visitor: Visitor) -> None:
    """Signed in already, and the portal wants the member to choose."""
    signed_in(visitor)
    visitor.arrive(prompt="select_account")


def consent(visitor: Visitor) -> None:
    """A third party asks for personal facts."""
    visitor.arrive("third", scope="openid profile email phone address")
    visitor.sign_in(visitor.members["member"])


def finished(visitor: Visitor) -> None:
    """Back to a page whose work is done."""
    visitor.arrive()
    address = visitor.page.url
    visitor.sign_in(visitor.members["member"])
    visitor.page.wait_for_url(visitor.party.address + "/**")
    visitor.page.goto(address)


def home(visitor: Visitor) -> None:
    """The provider's own address, not signed in."""
    visitor.goto("/")


def home_signed_in(visitor: Visitor) -> None:
    """The provider's own address, signed in."""
    signed_in(visitor)
    visitor.goto("/")


def signed_out(visitor: Visitor) -> None:
    """After signing out."""
    home_signed_in(visitor)
    visitor.send()


def end_session(visitor: Visitor) -> None:
    """A portal sent the member to sign out, without a hint."""
    signed_in(visitor)
    visitor.goto("/end-session?client_id=" + visitor.party.clients["own"]["client_id"])


def end_session_of_nobody(visitor: Visitor) -> None:
    """Somebody did."""
    signed_in(visitor)
    visitor.goto("/end-session")


def unknown_client(visitor: Visitor) -> None:
    """A request of a portal that nobody registered."""
    visitor.goto("/authorize?client_id=nobody")


def not_found(visitor: Visitor) -> None:
    """An address that there is not."""
    visitor.goto("/nowhere")


def expired(visitor: Visitor) -> None:
    """A sign-in that is over and cannot be taken up again."""
    visitor.goto("/login?j=" + "x" * 43)


def no_cookies(visitor: Visitor) -> None:
    """A form from a browser that keeps no cookies."""
    visitor.arrive()
    visitor.page.context.clear_cookies()
    visitor.sign_in("hanako", PASSWORD)


def form_post(visitor: Visitor) -> None:
    """The page that carries the answer to the portal, held before it leaves."""
    visitor.arrive(response_mode="form_post")
    visitor.page.route(visitor.party.address + "/own/callback", stay)
    visitor.type_in(visitor.members["member"])
    visitor.page.click("button.primary")
    visitor.page.wait_for_selector("input[name=code]", state="attached")


State = Callable[[Visitor], None]
STATES: dict[str, State] = {
    state.__name__: state
    for state in (
        login, login_empty, login_wrong, login_few_left, login_locked, login_suspended, first_password, first_password_refused,
        choose, consent, finished, home, home_signed_in, signed_out, unknown_client, not_found, expired, no_cookies, form_post,
        end_session, end_session_of_nobody,
    )
} | CODES | SETTINGS  # fmt: skip
STATES |= RECOVERY | REGISTRATION | ACCOUNT | MINE | CLOSING | DEVICE | PASSKEYS
WITH_ERRORS = CODES_WITH_ERRORS | SETTINGS_WITH_ERRORS | frozenset("login_empty login_wrong login_few_left login_locked login_suspended first_password_refused".split())
WITH_ERRORS |= RECOVERY_WITH_ERRORS | REGISTRATION_WITH_ERRORS | ACCOUNT_WITH_ERRORS | MINE_WITH_ERRORS | CLOSING_WITH_ERRORS | DEVICE_WITH_ERRORS | PASSKEYS_WITH_ERRORS
