"""What is asked of a page in a browser, whoever made it."""

from pathlib import Path
from typing import Any, Sequence

import pytest
from playwright.sync_api import Page, ViewportSize

from tests.browser.visitor import DESKTOP, PHONE

AXE = Path(__file__).parents[2] / ".cache" / "node" / "node_modules" / "axe-core" / "axe.min.js"
WCAG = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
LOOKS = ("phone", "desktop", "dark")
VISIBLE = "const visible = (all) => [...document.querySelectorAll(all)].filter((a) => a.checkVisibility() && a.offsetWidth > 1);"
CONTRAST = {"type": "rule", "values": ["color-contrast"]}


def axe_source() -> str:
    """The accessibility checker's script; the test fails with what to install."""
    if not AXE.exists():
        line = "npm install --no-audit --no-fund --ignore-scripts --prefix .cache/node axe-core@4"
        pytest.fail(f"axe-core is missing. Install it: {line}", pytrace=False)
    return AXE.read_text(encoding="utf-8")


def violations(page: Page, only: dict[str, Any] = WCAG) -> list[tuple[str, list[str]]]:
    """What axe-core, loaded into the page by `page.evaluate(axe_source())`, finds: the rule and the elements."""
    run = {"runOnly": only, "resultTypes": ["violations"]}
    found = page.evaluate("(run) => axe.run(document, run).then((result) => result.violations)", run)
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


def in_every_look(page: Page, looks: Sequence[str] = LOOKS) -> dict[str, list[tuple[str, list[str]]]]:
    """What the checker finds in each of these looks that has something to be found; the page is light again afterwards."""
    found = {}
    for look in looks:
        page.emulate_media(color_scheme="dark" if look == "dark" else "light")
        page.set_viewport_size(DESKTOP if look == "desktop" else PHONE)
        found[look] = violations(page, CONTRAST if look == "dark" else WCAG)  # only colours differ in the dark
    page.emulate_media(color_scheme="light")
    return {look: one for look, one in found.items() if one}


def cut_off(page: Page, size: ViewportSize, zoom: str) -> list[str]:
    """What is wider than its place on a screen of this size with letters of this size ("200%"), and how wide the page is if it is
    wider than the screen."""
    page.set_viewport_size(size)
    page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", zoom)
    found: list[str] = page.evaluate(
        VISIBLE + " visible('a, button, h1, p, li, summary').filter((one) => !one.closest('.skip, [role=status]')"
        " && (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display != 'inline')).map((one) => one.outerHTML)"
    )
    wide = width(page)
    page.evaluate("document.documentElement.style.fontSize = ''")
    return found + ([f"{wide} px in place of {size['width']}"] if wide != size["width"] else [])


def width(page: Page) -> int:
    """How wide the page is in CSS pixels, what sticks out included."""
    found: int = page.evaluate("document.documentElement.scrollWidth")
    return found


def loaded(page: Page) -> dict[str, int]:
    """What the page is made of: address and bytes, before they are packed for the way."""
    found = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".filter((one) => !one.name.startsWith('data:')).map((one) => [one.name, one.decodedBodySize])"
    )
    return {name: size for name, size in found}
