"""What members see when the service has no place for them, and what nginx says when nobody answers it."""

import contextlib
from typing import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page

from idp import texts
from tests import running, services
from tests.browser.checks import axe_source, cut_off, in_every_look, loaded
from tests.browser.conftest import BRAND
from tests.browser.visitor import DESKTOP, PHONE
from tests.nginx import in_front
from tests.overload.crowd import Crowd, Seen, line, until
from tests.ports.smtp_server import self_made_certificate

THREADS, CROWD = 4, 30


@contextlib.contextmanager
def window(browser: Browser) -> Iterator[Page]:
    """A window on a small phone, in which no page may break its own Content-Security-Policy."""
    context = browser.new_context(locale="ja-JP", viewport=PHONE, ignore_https_errors=True)
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text) if "Failed to load" not in message.text else None)
    page = context.new_page()
    yield page
    assert complaints == []
    context.close()


def says(page: Page) -> None:
    """Both languages, whom to call, and nothing that is cut off, pale or unnamed on any screen."""
    assert page.get_attribute("html", "lang") == "ja"
    for locale in texts.LOCALES:
        said = texts.text(locale, "common.busy")
        assert said in page.inner_text("body")
    assert page.locator("[lang=en]").inner_text() == texts.text("en", "common.busy")
    assert page.inner_text("h1") == "画面を表示できません" and page.title() == "画面を表示できません - My ひかりページ"
    assert page.locator("a[href='tel:0120000000']").is_visible() and "9:00-18:00" in page.inner_text("body")
    page.evaluate(axe_source())
    assert in_every_look(page) == {}
    assert [cut_off(page, size, zoom) for size in (PHONE, DESKTOP) for zoom in ("100%", "200%")] == [[]] * 4
    assert sum(loaded(page).values()) < 60_000


def test_whoever_finds_no_place_is_told_so(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, server = tmp_path_factory.mktemp("crowded"), f"workers = 1\nthreads = {THREADS}\ncourier = false"
    idp = running.configure(folder, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port(), BRAND, server=server)
    with running.serving(idp), window(browser) as page:
        begin = f"{idp.issuer}/authorize?" + urlencode(running.authorization_parameters(idp.client()))
        lines = [line(idp) for _ in range(CROWD)]

        def come(number: int, seen: Seen) -> None:
            lines[number].cookies.clear()
            seen.note(lines[number].get(begin, timeout=30))

        def refused() -> bool:
            answer = page.goto(begin)
            return answer is not None and answer.status == 503

        with Crowd(CROWD, come):
            assert until(refused)
        says(page)
        page.reload()
        assert page.locator("h1").inner_text() != "画面を表示できません", "and may come again"


def test_while_nobody_answers_nginx_says_the_same(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, port = tmp_path_factory.mktemp("away"), services.free_port()
    idp = running.configure(folder, "sqlite:///idp.db", "sqlite:///e.db", services.free_port(), BRAND, server="trusted_proxies = 1")
    idp.config.write_text(idp.config.read_text().replace(idp.issuer, f"https://127.0.0.1:{port}", 1))
    with in_front(idp.config, port, self_made_certificate(folder)), window(browser) as page:
        answer = page.goto(f"https://127.0.0.1:{port}/login")
        assert answer and answer.status == 503
        says(page)
        assert page.evaluate("getComputedStyle(document.body).borderTopWidth") == "8px", "its policy lets it look like this"
