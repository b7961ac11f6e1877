"""Randomness, keyed fingerprints and sealing: the one place that holds the operator's secret keys."""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_BYTE_TO_CHARACTER = (ALPHABET * 8).encode()  # 32 characters: every byte stands for one without bias
LETTER_UPPER, LETTER_LOWER, LETTER_DIGIT = "ACDEFGHJKLMNPQRTUVWXYZ", "abcdefghijkmnpqrtuvwxyz", "234679"


class VaultError(Exception):
    """A sealed value that no key of ours opens: changed, moved to another row, or of a lost key."""


def random_token() -> str:
    """An unguessable token of 256 bits, base64url without padding."""
    return secrets.token_urlsafe(32)


def random_bytes(count: int) -> bytes:
    """Fresh random bytes, such as the salt of a password hash."""
    return secrets.token_bytes(count)


def random_id(length: int = 26) -> str:
    """An opaque identifier of 5 bits a character, without look-alikes."""
    return secrets.token_bytes(length).translate(_BYTE_TO_CHARACTER).decode("ascii")


def random_digits(count: int = 6) -> str:
    """A one-time code, leading zeros kept."""
    return f"{secrets.randbelow(10**count):0{count}}"


def fingerprint(token: str) -> str:
    """SHA-256 of an unguessable token, hex: what is stored instead of the token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def equal(one: str, other: str) -> bool:
    """Whether two secrets are the same, in constant time."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


class Vault:
    """Keys derived from the operator's secrets, the first being the current one.

    Takes (key id, 32 bytes or more) pairs. Each purpose has its own derived key, so that what one purpose
    leaks tells nothing about another.
    """

    def __init__(self, keys: tuple[tuple[str, bytes], ...]):
        if not keys:
            raise ValueError("at least one key")
        self.current_id = keys[0][0]
        self._roots = dict(keys)
        self._derived: dict[tuple[str, str], bytes] = {}

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Ids of all keys, the current one first."""
        return tuple(self._roots)

    def key(self, purpose: str, key_id: str | None = None) -> bytes:
        """The 32-byte key of a purpose (HMAC-SHA-256 of the root, RFC 5869 section 2.3 with one block)."""
        name = (purpose, key_id or self.current_id)
        if name not in self._derived:
            if name[1] not in self._roots:
                raise VaultError(f"no secret with id {name[1]}")
            self._derived[name] = hmac.digest(self._roots[name[1]], b"idp/" + purpose.encode() + b"\x01", "sha256")
        return self._derived[name]

    def keyed_hash(self, purpose: str, text: str, key_id: str | None = None) -> str:
        """Keyed hash of text that may be guessable, base64url of 256 bits."""
        digest = hmac.digest(self.key(purpose, key_id), text.encode("utf-8", "surrogatepass"), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def keyed_number(self, purpose: str, text: str, key_id: str | None = None) -> int:
        """A number of 256 bits that only we can tell for this text; hashed once more, as the letters of the keyed hash have a pattern."""
        return int.from_bytes(hashlib.sha256(self.keyed_hash(purpose, text, key_id).encode()).digest())

    def matches(self, purpose: str, text: str, expected: str) -> bool:
        """Whether `expected` is the keyed hash of `text` under any of our keys, in constant time."""
        found = False
        for key_id in self._roots:
            given = expected.encode("utf-8", "replace")
            found |= hmac.compare_digest(self.keyed_hash(purpose, text, key_id).encode(), given)
        return found

    def seal(self, plain: bytes, place: str) -> str:
        """Encrypt for one place (such as a table and row), so that the value cannot be moved to another."""
        nonce = secrets.token_bytes(12)
        box = AESGCM(self.key("seal")).encrypt(nonce, plain, place.encode())
        return f"{self.current_id}.{base64.urlsafe_b64encode(nonce + box).decode()}"

    def open(self, sealed: str, place: str) -> bytes:
        """The plain bytes; raises `VaultError` if changed, moved, or sealed with a key that is gone."""
        key_id, _, body = sealed.partition(".")
        try:
            raw = base64.urlsafe_b64decode(body)
            return AESGCM(self.key("seal", key_id)).decrypt(raw[:12], raw[12:], place.encode())
        except (InvalidTag, ValueError):
            raise VaultError(f"the sealed value of {place} does not open") from None


def random_letter_password() -> str:
    """An initial password for the registration letter: 8 characters, upper, lower and digit, no look-alikes
    (flows.md, Support-desk operations, print rules)."""
    must = [secrets.choice(LETTER_UPPER), secrets.choice(LETTER_LOWER), secrets.choice(LETTER_DIGIT)]
    rest = [secrets.choice(LETTER_UPPER + LETTER_LOWER + LETTER_DIGIT) for _ in range(5)]
    mixed = must + rest
    secrets.SystemRandom().shuffle(mixed)
    return "".join(mixed)


def new_secret(key_id: str) -> str:
    """A fresh line for `[secrets] keys`: id, colon, 32 random bytes in base64."""
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(32)).decode()}"
