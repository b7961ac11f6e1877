"""The clients, kept in process; a new one is known at once, a change is seen by every worker within a second or so."""

import threading
from collections import deque
from dataclasses import replace
from typing import Any, Mapping

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.client import Client
from idp.ports import Unavailable
from idp.services.client_registration import client_from
from idp.services.stamped import Stamped
from idp.tables import clients

ASKED_AGAIN, MISSED_MOST = 1.0, 1_000
LOOKS_MOST = 20  # in that second, for names that nobody has, however many are asked for
USED_EVERY = 3_600  # seconds


_BESIDE = (
    "secret_hash", "old_secret_hash", "old_secret_until", "event_token", "registration_hash", "registration_limits", "created_at",
    "updated_at",
)  # fmt: skip


def client_of(row: Mapping[str, Any]) -> Client:
    """The client of a row of the table, with what is kept beside its metadata."""
    return replace(client_from(row["metadata"], row["id"]), **{name: row[name] for name in _BESIDE})


def _load(connection: Connection) -> Mapping[str, Client]:
    # nobody knows one that was switched off
    return {row["id"]: client_of(row) for row in clients.rows(connection) if not row["disabled_at"]}


class ClientRegister:
    """Clients by client_id, and the web origins they registered."""

    def __init__(self, deps: Deps):
        self._deps = deps
        self._clients: Stamped[Mapping[str, Client]] = Stamped(deps, "clients", _load)
        self._missed: dict[str, float] = {}
        self._missing = threading.Lock()
        self._looks: deque[float] = deque(maxlen=LOOKS_MOST)  # when the last ones were, that found nothing
        self._used: dict[str, int] = {}
        self._origins: tuple[Mapping[str, Client] | None, frozenset[str]] = (None, frozenset())

    def warm(self) -> None:
        """Read the clients now, before the workers fork."""
        self._clients.get()

    def find(self, client_id: str | None) -> Client | None:
        """The client, or None."""
        if not client_id:
            return None
        return self._clients.get().get(client_id) or self._just_added(client_id)

    def _just_added(self, client_id: str) -> Client | None:
        """One that the register may not know yet: looked for once a second, however often a name that is none is asked for; and
        while too many of them are, known as soon as the register is read again, in a second."""
        now = self._deps.clock()
        if 0 <= now - self._missed.get(client_id, 0.0) < ASKED_AGAIN or self._spent(now):
            return None
        with self._missing:
            # whoever was here before has read it, perhaps
            found = self._clients.get().get(client_id)
            if found or self._spent(now):
                return found
            # put down only once it is known to be none: of several who ask at once each is told the truth
            found = self._clients.now().get(client_id)
            if found is None:
                self._looks.append(now)
                if len(self._missed) >= MISSED_MOST:
                    self._missed = {}
                self._missed[client_id] = now
            return found

    def _spent(self, now: float) -> bool:
        return len(self._looks) == LOOKS_MOST and 0 <= now - self._looks[0] < ASKED_AGAIN

    def used(self, client_id: str) -> None:
        """Put on record that the client has just had tokens: once an hour in each process, which costs nothing between. Never
        raises: a token that was made is good whatever the database says."""
        now = self._deps.now()
        if 0 <= now - self._used.get(client_id, -USED_EVERY) < USED_EVERY:
            return
        self._used[client_id] = now
        try:
            with self._deps.database.write() as connection:
                clients.used(connection, client_id, now)
        except Unavailable:
            return

    def secret_matches(self, client: Client | None, secret: str) -> bool:
        """Whether this is the client's secret, or the one before while that counts; the same work for a client that does not
        exist."""
        expected = (client.secret_hash if client else None) or ""
        if self._deps.vault.matches("client_secret", secret, expected) and expected:
            return True
        old = client.old_secret_hash if client and self._deps.now() < client.old_secret_until else None
        return old is not None and self._deps.vault.matches("client_secret", secret, old)

    def known_origin(self, origin: str) -> bool:
        """Whether some client registered an address of this web origin."""
        known = self._clients.get()
        if self._origins[0] is not known:
            self._origins = (known, frozenset(o for client in known.values() for o in client.origins))
        return origin in self._origins[1]
