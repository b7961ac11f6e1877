"""Takes a picture of every page of every journey into var/pictures, with an index: `make pictures`. Not part of the test suite."""

from html import escape
from typing import Callable, ContextManager

import pytest

from tests.browser.states import STATES
from tests.browser.test_gentle import ANSWERS
from tests.browser.visitor import PHONE, Visitor
from tests.house.tree import TOP

FOLDER = TOP / "var" / "pictures"
LOOKS = {"ja": ("ja-JP", False), "en": ("en-GB", False), "gentle": ("ja-JP", True)}
Visit = Callable[..., ContextManager[Visitor]]


@pytest.mark.parametrize("name", STATES)
def test_picture(new_visit: Visit, name: str) -> None:
    for look, (locale, gentle) in LOOKS.items():
        if gentle and name in ANSWERS:
            continue
        with new_visit(locale, PHONE) as visitor:
            STATES[name](visitor)
            if gentle:
                visitor.page.click(".look a")
            file = FOLDER / look / f"{name}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            visitor.page.screenshot(path=file, full_page=True)
            assert file.stat().st_size > 1_000


def test_index() -> None:
    rows = []
    for name, state in STATES.items():
        cells = "".join(f'<td><img src="{look}/{name}.png" alt="" width="240" loading="lazy"></td>' for look in LOOKS)
        rows.append(f"<tr><th>{name}<br>{escape(state.__doc__ or '')}</th>{cells}</tr>")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "index.html").write_text(f"<!doctype html><meta charset=utf-8><title>Pages</title><table>{''.join(rows)}</table>", encoding="utf-8")
    assert (FOLDER / "index.html").read_text(encoding="utf-8").count("<tr>") == len(STATES)
