"""Password hashes: made, verified and bounded in number, so that neither a flood nor a timing tells or breaks anything."""

import base64
import binascii
import hmac
import re
import threading
import unicodedata
from dataclasses import dataclass, replace
from typing import Callable, TypeVar

from idp import vault as randomness
from idp.domain.policy import Argon2Cost
from idp.services import argon2, foreign_hashes
from idp.vault import Vault

T = TypeVar("T")
MAX_BYTES = 512
_FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]")
_ENCODED = re.compile(r"\$argon2id\$v=19\$m=([0-9]{1,7}),t=([0-9]{1,2}),p=([0-9]{1,2})\$([0-9A-Za-z+/]{11,64})\$([0-9A-Za-z+/]{16,86})")


class Busy(Exception):
    """More passwords are being checked than the machine can take; the request ends in 503 with Retry-After."""


@dataclass(frozen=True)
class Checked:
    """`ok`: the password is right. `stale`: and it should be hashed anew as typed, and the new hash stored."""

    ok: bool
    stale: bool


@dataclass(frozen=True)
class _Stored:
    """A stored hash taken apart; `settings` is None for our own hashes, else those of the foreign scheme beneath."""

    key_id: str
    settings: str | None
    cost: Argon2Cost
    salt: bytes
    digest: bytes


def _plain(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def _encoded(cost: Argon2Cost, salt: bytes, digest: bytes) -> str:
    texts = (base64.b64encode(part).rstrip(b"=").decode() for part in (salt, digest))
    return f"$argon2id$v=19$m={cost.memory_kib},t={cost.time_cost},p={cost.parallelism}${'$'.join(texts)}"


def _read(stored: str | None) -> _Stored | None:
    kind, _, rest = (stored or "").partition(":")
    parts = rest.split(":")
    if (kind, len(parts)) not in (("argon2", 2), ("wrapped", 3)):
        return None
    if not (found := _ENCODED.fullmatch(parts[-1])):
        return None
    try:
        salt, digest = _plain(found[4]), _plain(found[5])
    except binascii.Error:
        return None
    cost = Argon2Cost(int(found[1]), int(found[2]), int(found[3]))
    return _Stored(parts[0], parts[1] if kind == "wrapped" else None, cost, salt, digest)


def _raw(password: str) -> bytes | None:
    if len(password) > MAX_BYTES:
        return None
    raw = password.encode("utf-8", "surrogatepass")
    return raw if len(raw) <= MAX_BYTES else None


class Hasher:
    """Argon2id (RFC 9106) over an HMAC of the password under a key from outside the database (the pepper).

    Takes the cost of new hashes, the vault, how many hashes may run at once (as many as this process has cores), how
    many callers may wait for one, and for how many seconds. Every method raises `Busy` when that many wait already,
    or when it waited that long. `runs` and `foreign_runs` count the Argon2 and the foreign computations so far, `filled` the
    memory that Argon2 went through for them, in KiB times passes.

    Stored forms: `argon2:<pepper key id>:<argon2 encoded>`, and for passwords imported with a foreign hash, which is
    itself never stored, `wrapped:<pepper key id>:<foreign settings without digest>:<argon2 encoded of the digest>`.
    """

    def __init__(self, cost: Argon2Cost, vault: Vault, slots: int, waiting: int, patience: float = 5.0):
        self._cost, self._vault, self._patience = cost, vault, patience
        self._places = threading.BoundedSemaphore(slots + waiting)
        self._slots, self._rooms = threading.BoundedSemaphore(slots), [argon2.Room() for _ in range(slots)]
        self._counting = threading.Lock()
        self.runs = self.foreign_runs = self.filled = 0
        # no password has this hash: 256 zero bits
        self._nobody = _Stored("", None, cost, bytes(16), bytes(argon2.LENGTH))

    def hash(self, password: str) -> str:
        """The stored form of a new password, taken as it is. Raises ValueError over 512 bytes (check it before)."""
        if (raw := _raw(password)) is None:
            raise ValueError(f"over {MAX_BYTES} bytes")
        return self._run(lambda room: f"argon2:{self._vault.current_id}:{self._encode(room, raw)}")

    def wrap(self, foreign: str) -> str:
        """The stored form of a foreign hash (see `foreign_hashes.parse`). Raises `ForeignHashError`."""
        parsed = foreign_hashes.parse(foreign)
        kept = f"wrapped:{self._vault.current_id}:{parsed.settings}:"
        return self._run(lambda room: kept + self._encode(room, parsed.digest))

    def verify(self, stored: str | None, password: str, ghost: str | None = None) -> Checked:
        """Whether the password as typed is the stored one; over 512 bytes it never is.

        Typed full-width ASCII (the input method was on) is tried a second time after NFKC. The number of Argon2 runs
        depends on the typed text alone: `stored` may be None (no such member, no password) or damaged, and the same
        work is done on a hash that nobody has. A hash costs what it was made with until it is replaced, and a foreign one
        its own digest besides; so does `ghost`, the stored hash of somebody whose work stands for an unknown name.
        """
        if (raw := _raw(password)) is None:
            return Checked(False, False)
        record = _read(stored)
        tries = [raw, _raw(unicodedata.normalize("NFKC", password))] if _FULL_WIDTH.search(password) else [raw]
        right = self._run(lambda room: self._verify(room, record, tries, ghost))
        # only the text as typed is hashed anew: what matched after NFKC would be stored full-width
        return Checked(any(right), right[0] and record is not None and self._stale(record))

    def _verify(self, room: argon2.Room, record: _Stored | None, tries: list[bytes | None], ghost: str | None) -> list[bool]:
        likeness = record or _read(ghost)
        nobody = replace(self._nobody, cost=likeness.cost) if likeness else self._nobody
        if record is None and likeness and likeness.settings is not None:
            for attempt in tries:
                self._digest(likeness.settings, attempt or b"")
        return [self._matches(room, record, attempt, nobody) for attempt in tries]

    def _matches(self, room: argon2.Room, record: _Stored | None, raw: bytes | None, nobody: _Stored) -> bool:
        held, secret = nobody, b""
        if record and raw is not None:
            digest = raw if record.settings is None else self._digest(record.settings, raw)
            if digest is not None and record.key_id in self._vault.key_ids:
                held, secret = record, self._peppered(digest, record.key_id)
        self._count(held.cost)
        found = room.digest(secret, held.salt, held.cost, len(held.digest))
        return found is not None and hmac.compare_digest(found, held.digest)

    def _stale(self, record: _Stored) -> bool:
        weaker = record.cost.memory_kib < self._cost.memory_kib or record.cost.time_cost < self._cost.time_cost
        return weaker or record.key_id != self._vault.current_id or record.settings is not None

    def _encode(self, room: argon2.Room, raw: bytes) -> str:
        self._count(self._cost)
        salt = randomness.random_bytes(16)
        digest = room.digest(self._peppered(raw, self._vault.current_id), salt, self._cost)
        if digest is None:
            raise ValueError("the policy's cost is none that Argon2 knows")
        return _encoded(self._cost, salt, digest)

    def _peppered(self, raw: bytes, key_id: str) -> bytes:
        return base64.b64encode(hmac.digest(self._vault.key("pepper", key_id), raw, "sha256"))

    def _count(self, cost: Argon2Cost) -> None:
        with self._counting:
            self.runs += 1
            self.filled += cost.memory_kib * cost.time_cost

    def _digest(self, settings: str, raw: bytes) -> bytes | None:
        with self._counting:
            self.foreign_runs += 1
        return foreign_hashes.digest(settings, raw)

    def _run(self, job: Callable[[argon2.Room], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            if not self._slots.acquire(timeout=self._patience):
                raise Busy
            room = self._rooms.pop()
            try:
                return job(room)
            finally:
                self._rooms.append(room)
                self._slots.release()
        finally:
            self._places.release()
