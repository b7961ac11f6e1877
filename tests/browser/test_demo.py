"""The sample portal's pages, by the same checks; they are the first that anybody sees of the house."""

from pathlib import Path
from typing import Iterator

import pytest
from playwright.sync_api import Browser, Page

from idp.demo.pages import MEMBERS
from tests import running, services
from tests.browser.checks import axe_source, violations, width
from tests.browser.visitor import DESKTOP, PHONE
from tests.running import Idp

HANAKO = MEMBERS[0]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """`idp demo`, with a mail in its outbox."""
    folder: Path = tmp_path_factory.mktemp("demo")
    extra = '[mail]\nurl = "folder:mail"\n'
    installed = running.configure(folder, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port(), extra)
    (folder / "mail").mkdir()
    (folder / "mail" / "1.eml").write_text("From: no-reply@idp.localhost\nTo: hanako@example.jp\nSubject: sample\n\nhello\n")
    with running.serving(installed, "demo"):
        yield installed


def looks_well(page: Page) -> None:
    """Check the page on a phone and on a wide screen."""
    page.evaluate(axe_source())
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        assert (violations(page), width(page)) == ([], size["width"])


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_portal_is_for_everybody_too(browser: Browser, demo: Idp, language: str) -> None:
    page = browser.new_page(locale="ja-JP", viewport=PHONE)
    page.goto(f"{demo.issuer}/demo/?lang={language}")
    looks_well(page)
    page.goto(f"{demo.issuer}/demo/sign-in?ask=silent")  # refused: nobody is signed in
    looks_well(page)
    page.goto(f"{demo.issuer}/demo/sign-in")
    assert page.get_attribute("html", "lang") == language
    page.fill("[autocomplete~=username]", HANAKO["login_id"])
    page.fill("[autocomplete=current-password]", HANAKO["password"])
    page.click("button.primary")
    page.wait_for_url(f"{demo.issuer}/demo/")
    looks_well(page)
    page.goto(f"{demo.issuer}/demo/outbox")
    assert "hanako@example.jp" in page.inner_text("body")
    looks_well(page)
    page.context.close()
