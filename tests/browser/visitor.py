"""A person before the screen: one browser context that goes where members go and watches what the pages do."""

import contextlib
import itertools
from dataclasses import dataclass, field
from typing import Any, Iterator

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route, ViewportSize, expect

from tests import services
from tests.browser.relying_party import RelyingParty
from tests.running import PASSWORD

LETTER_PASSWORD = "Letter2pass"
APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
PHONE: ViewportSize = {"width": 320, "height": 640}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
LONGEST = 1_000 * services.START_SECONDS  # milliseconds for what is expected of a page
_names = itertools.count(1)
expect.set_options(timeout=LONGEST)


def chromium_path() -> str:
    """Where the browser is; the test fails with what to install."""
    return services.program("chromium", "chromium")


@dataclass
class Visitor:
    """`page` is the window, `members` the login IDs by kind; `seen` and `complaints` is what happened in it."""

    page: Page
    party: RelyingParty
    members: dict[str, str]
    locale: str
    seen: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def arrive(self, name: str = "own", **parameters: str) -> None:
        """Come from the portal to the sign-in page."""
        self.page.goto(self.party.start(name, **parameters))

    def sign_in(self, identifier: str, password: str = PASSWORD) -> None:
        """Fill in the sign-in form and send it."""
        self.type_in(identifier, password)
        self.send()

    def type_in(self, identifier: str, password: str = PASSWORD) -> None:
        """Fill in the sign-in form."""
        self.page.fill("[autocomplete~=username]", identifier)
        self.page.fill("[autocomplete=current-password]", password)

    def send(self) -> None:
        """Press the page's one main button and wait for what comes."""
        with self.page.expect_navigation():
            self.page.click("button.primary")

    def fail(self, times: int, name: str = "nobody{n}") -> None:
        """Type a wrong password for a name that nobody has, several times."""
        identifier = name.format(n=next(_names))
        for _ in range(times):
            self.sign_in(identifier, "Wrong1wrong")

    def goto(self, path: str) -> None:
        """Open an address of the provider."""
        self.page.goto(self.party.idp.issuer + path)

    def portal_says(self) -> str:
        """The heading of the portal's page, once the browser has come back to it."""
        self.page.wait_for_url(self.party.address + "/**")
        return self.page.inner_text("h1")

    def foreign(self) -> list[str]:
        """What was asked of hosts other than the provider and the portal."""
        home = (self.party.idp.issuer + "/", self.party.address + "/", "data:")
        return [request.url for request in self.seen if not request.url.startswith(home)]

    def words(self) -> str:
        """What the page says."""
        return self.page.inner_text("body")


@contextlib.contextmanager
def visit(
    browser: Browser, party: RelyingParty, members: dict[str, str], locale: str, size: ViewportSize = PHONE, **options: Any
) -> Iterator[Visitor]:
    """A visitor with a fresh browser profile. At the end no page may have asked any other host for anything, broken its
    own Content-Security-Policy, or had an error in a script (requirement WB-05)."""
    context = browser.new_context(locale=locale, viewport=size, **options)
    context.set_default_timeout(LONGEST)
    visitor = Visitor(context.new_page(), party, members, locale)

    def said(message: ConsoleMessage) -> None:
        # a page that answers 400 is a "failed resource" to the console
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            visitor.complaints.append(message.text)

    context.on("request", lambda request: visitor.seen.append(request))  # noqa: PLW0108 (it takes no built-in)
    context.on("console", said)
    context.on("weberror", lambda error: visitor.complaints.append(str(error.error)))
    try:
        yield visitor
    finally:
        context.close()
    assert (visitor.complaints, visitor.foreign()) == ([], [])


def stay(route: Route) -> None:
    """Answer so that the browser stays on the page that asked."""
    route.fulfill(status=204)
