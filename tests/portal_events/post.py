"""An installation, and portals that send it events."""

import base64
import json
import uuid
from pathlib import Path
from typing import Any

from idp.domain.account import Account
from idp.services import accounts, client_registration
from idp.services.accounts import NewAccount
from idp.tables import accounts as table
from tests import running
from tests.input.inside import Inside
from tests.input.wire import Answer, Request

PATH, JSON, SECRET = "/portal/events", "application/json", "s3cret-of-the-portal"


class Post(Inside):
    """Portals: "teller" may send events, by Basic; "poster" too, by a secret in the body; "mute" may not."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        for name, more in {
            "teller": {"may_send_events": True},
            "poster": {"may_send_events": True, "token_endpoint_auth_method": "client_secret_post"},
            "mute": {},
        }.items():
            wish = {"client_id": name, "client_secret": SECRET, "redirect_uris": [running.CALLBACK], **more}
            client_registration.register(self.deps, json.dumps(wish))
        client_registration.register(
            self.deps, json.dumps({"client_id": "open", "redirect_uris": [running.CALLBACK], "token_endpoint_auth_method": "none"})
        )

    def post(self, data: Any, client: str | None = "teller", secret: str = SECRET, kind: str = JSON, **more: Any) -> Answer:
        """Send an event: bytes as they are, the rest as JSON."""
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        basic = "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()
        headers = (("Authorization", basic),) if client else ()
        return self.call(Request("POST", PATH, body=body, content_type=kind, headers=headers, **more))

    def member(self, **more: Any) -> Account:
        """A member whose every address is their own."""
        name = "m" + uuid.uuid4().hex[:10]
        wish = NewAccount(**{"login_id": name, "email": f"{name}@isp.example", "mailbox": f"{name}@isp.example", "verified": True, **more})
        account = accounts.new_account(self.deps, self.house.hasher, wish)
        with self.deps.database.write() as connection:
            accounts.store(connection, self.deps, account, None, "test")
        return self.read(account)

    def read(self, account: Account) -> Account:
        """The account as it is now."""
        with self.deps.database.read() as connection:
            found = table.by_id(connection, account.id, with_destinations=True)
        assert found
        return found


def event(name: str, **members: Any) -> dict[str, Any]:
    """An event that was not sent before."""
    return {"jti": uuid.uuid4().hex, "event": name, **members}
