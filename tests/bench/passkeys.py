"""Sign-ins with a passkey; the authenticator is the load's own."""

import html
import json
import re
from typing import Any

from idp import config, parts, vault
from idp.tables import accounts, passkeys
from tests.bench.load import Answer, Browser, Line, Portal, Shown, code_of, each
from tests.passkeys.authenticator import Authenticator, cose_bytes, text
from tests.running import form_of

_devices: dict[str, Authenticator] = {}


def give(settings_file: str, login_ids: list[str]) -> None:
    """A passkey for each of these members."""
    deps = parts.open_deps(*config.load(settings_file))
    for login_id in login_ids:
        device = _devices[login_id] = Authenticator(deps.settings.issuer)
        with deps.database.write() as connection:
            account = accounts.by_login_id(connection, login_id)
            assert account
            device.owner = account.id
            key, now = text(cose_bytes(device)), deps.now()
            passkeys.add(connection, passkeys.Passkey(vault.random_id(), account.id, text(device.id), key, 0, "internal", False, False, "n", "mac.safari", now))
    parts.close_deps(deps)


def sign_ins(portal: Portal, login_ids: list[str]) -> tuple[float, list[dict[str, Any]]]:
    """Whole journeys, each in a fresh browser: authorization, page, passkey, code, tokens."""

    def journey(line: Line, login_id: str) -> dict[str, Any]:
        browser = Browser(line, portal)
        page: Answer = browser.ask("GET", portal.authorization())
        body = page.body.decode()
        form = form_of(Shown(body, f"http://{portal.host}/login"))  # type: ignore[arg-type]
        options = json.loads(html.unescape(re.findall(r'data-options="([^"]*)"', body)[0]))
        said = json.dumps(_devices[login_id].answer(options))
        answer = browser.ask("POST", "/login/passkey", {**form.fields, "credential": said})
        found: dict[str, Any] = json.loads(line.ask(portal.exchange(code_of(answer))).body)
        assert found["id_token"]
        return found

    return each(portal.port, login_ids, journey)
