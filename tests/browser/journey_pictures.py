"""Takes the pictures of each journey that lie in tests/browser/pictures: `python -m pytest tests/browser/journey_pictures.py`. Not part
of the test suite."""

import base64
from pathlib import Path
from typing import Callable, ContextManager

import pytest

from tests.browser.states import STATES
from tests.browser.take_pictures import light
from tests.browser.visitor import Visitor

Visit = Callable[..., ContextManager[Visitor]]
FOLDER = Path(__file__).parent / "pictures"
SCREEN = {"width": 320, "height": 600}
MOST_BYTES = 80_000
# the pages of a journey in their order; behind "+" in the gentle mode
JOURNEYS = {
    "sign-in": ("login", "login_wrong", "code", "code_ways"),
    "gentle": ("+login", "+login_wrong", "+code", "+account_card"),
    "passkeys": ("passkey_offer", "passkey_add", "passkeys_list", "passkey_code"),
    "second-factor": ("edit", "sent", "settings_on", "devices"),
    "registration": ("register", "details", "confirm", "done"),
    "recovery": ("recovery", "recovery_done", "reset", "reset_changed"),
    "account": ("account", "account_sessions", "account_history", "account_not_me"),
    "television": ("device", "device_confirm", "device_done", "consent"),
}
SHEET = '<body style="margin:0;display:flex;gap:12px;background:#ccc;padding:12px">{}</body>'


@pytest.mark.parametrize("name", JOURNEYS)
def test_journey(new_visit: Visit, name: str) -> None:
    shots = []
    for state in JOURNEYS[name]:
        with new_visit(size=SCREEN) as visitor:
            STATES[state.removeprefix("+")](visitor)
            if state.startswith("+"):
                visitor.page.click(".look a")
            shots.append(base64.b64encode(visitor.page.screenshot()).decode())
    with new_visit(size={"width": len(shots) * 332 + 12, "height": 624}) as visitor:
        visitor.page.set_content(SHEET.format("".join(f'<img src="data:image/png;base64,{one}">' for one in shots)))
        visitor.page.wait_for_function("[...document.images].every((one) => one.complete)")
        assert visitor.page.context.browser
        picture = light(visitor.page.context.browser, visitor.page.screenshot())
    assert 5_000 < len(picture) < MOST_BYTES
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.png").write_bytes(picture)
