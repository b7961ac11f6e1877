"""What is asked of a page in a browser, whoever made it."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / ".cache" / "node" / "node_modules" / "axe-core" / "axe.min.js"
WCAG = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
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
