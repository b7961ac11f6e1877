"""What each client knows a member and a session by: to clients of different sectors nothing that could be put together
(OIDC Core section 8.1)."""

import base64
import binascii
import hmac
import threading

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from idp import vault
from idp.deps import Deps
from idp.domain.client import Client
from idp.tables import lasting_keys

KEY, PLACE, BYTES = "pairwise", "lasting_keys:pairwise", 64


def lasting_key(deps: Deps) -> bytes:
    """The key that every pairwise name comes from, made at its first use. It stays the same whatever becomes of the
    operator's secrets: it is sealed with them, and with the current one as soon as that is another."""
    with deps.database.read() as connection:
        sealed = lasting_keys.find(connection, KEY)
    if sealed is None:
        made = deps.vault.seal(vault.random_bytes(BYTES), PLACE)
        with deps.database.write() as connection:
            sealed = lasting_keys.add(connection, KEY, made)
    found = deps.vault.open(sealed, PLACE)
    if sealed.partition(".")[0] != deps.vault.current_id:
        again = deps.vault.seal(found, PLACE)
        with deps.database.write() as connection:
            lasting_keys.reseal(connection, KEY, sealed, again)
    return found


class Subjects:
    """The names of members and sessions, by client. Names of a sector are made by encryption that always gives the same (AES-SIV,
    RFC 5297), so that we find back from them without a table, and nobody else does."""

    def __init__(self, deps: Deps):
        self._deps, self._lock = deps, threading.Lock()
        self._keys: tuple[AESSIV, bytes] | None = None

    def _known(self) -> tuple[AESSIV, bytes]:
        if self._keys is None:
            with self._lock:
                key = lasting_key(self._deps)
                self._keys = AESSIV(key), hmac.digest(key, b"idp/sid", "sha256")
        return self._keys

    def told(self, client: Client, account_id: str) -> str:
        """The `sub` by which this client knows the account."""
        sector = client.sector
        if sector is None or not account_id:
            return account_id
        return base64.urlsafe_b64encode(self._known()[0].encrypt(account_id.encode(), [sector.encode()])).rstrip(b"=").decode()

    def meant(self, client: Client, subject: str) -> str | None:
        """The id of the account that this client means by a `sub`; None if we have called nobody so. Whether the account is still there is not
        looked up."""
        sector = client.sector
        if sector is None:
            return subject
        try:
            raw = base64.b64decode(subject + "=" * (-len(subject) % 4), altchars=b"-_", validate=True)
            found = self._known()[0].decrypt(raw, [sector.encode()]).decode()
        except (InvalidTag, binascii.Error, ValueError):
            return None
        return found if self.told(client, found) == subject else None  # base64 has several ways to write the same

    def session(self, client: Client, sid: str) -> str:
        """The `sid` by which this client knows the session: one that all clients shared would undo the rest."""
        sector = client.sector
        if sector is None:
            return sid
        digest = hmac.digest(self._known()[1], f"{sector}\n{sid}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
