"""An installation with SMS gateways, and letters that these have taken."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from idp.tables import outbox
from tests.courier.house import letter
from tests.input.inside import Inside
from tests.input.wire import Answer, Request

SECRET, JSON = "0123456789abcdef-receipts", "application/json"
HEAD = '[sms]\nurl = "http://127.0.0.1:9/"\n[sms.gateway]\n'
FIRST, SECOND = "/sms/receipts", "/sms/receipts/fallback"
BEARER = (("Authorization", f"Bearer {SECRET}"),)


class Post(Inside):
    """An installation with gateways, and letters that these have taken."""

    def __init__(self, folder: Path, sms: str):
        super().__init__(folder, extra=HEAD + sms)
        self._count = 0

    def taken(self, provider_id: str, gateway: str = "gateway") -> None:
        """An SMS that the gateway knows by this id."""
        self._count += 1
        with self.deps.database.write() as connection:
            now = self.deps.now()
            outbox.queue(connection, letter(self._count, channel="sms", due_at=now, expires_at=now + 99), now)
            (held,) = outbox.claim(connection, "a", now, 60, 1, "sms")
            outbox.finish(connection, held.id, "a", "accepted", now, provider_id, "", gateway)

    def post(self, data: Any, path: str = FIRST, kind: str = JSON, headers: tuple[tuple[str, str], ...] = BEARER, **more: Any) -> Answer:
        """Report: bytes as they are, the rest as JSON or a form."""
        body = data if isinstance(data, bytes) else (json.dumps(data) if kind == JSON else urlencode(data)).encode()
        return self.call(Request("POST", path, body=body, content_type=kind, headers=headers, **more))

    def outcomes(self) -> dict[str, str]:
        """By the gateway's id."""
        ids = self.column("SELECT provider_id FROM outbox WHERE channel = 'sms' ORDER BY id")
        return dict(zip(ids, self.column("SELECT outcome FROM outbox WHERE channel = 'sms' ORDER BY id")))
