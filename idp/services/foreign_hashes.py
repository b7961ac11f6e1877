"""Password hashes of the systems that members come from: how each is read at import and computed at sign-in."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Callable

MAX_CHARACTERS = 512
# crypt(3) writes 6 bits in a character; bcrypt orders the same characters in its own way
_H64 = "[./0-9A-Za-z]"
_BCRYPT64 = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_SALTED = {"{SSHA}": "sha1", "{SSHA256}": "sha256", "{SSHA512}": "sha512"}


class ForeignHashError(ValueError):
    """A hash that is not taken; the message is one plain reason that never repeats the hash."""


@dataclass(frozen=True)
class Foreign:
    """A foreign hash in two parts: what is needed to compute it again, and its result, which is a secret."""

    settings: str
    digest: bytes


@dataclass(frozen=True)
class _Scheme:
    """`start`: how its settings begin; `pattern`: groups settings, digest and, where they are counted, rounds;
    `split`: the two texts as `Foreign`; `compute`: settings and password to digest, None if it would not see all of it;
    `rounds`: no system makes fewer, and more would hold a core for seconds at each sign-in."""

    name: str
    start: str
    pattern: re.Pattern[str]
    split: Callable[[str, str], Foreign]
    compute: Callable[[str, bytes], bytes | None]
    rounds: range = range(0)


def _as_text(settings: str, digest: str) -> Foreign:
    return Foreign(settings, digest.encode())


def _split_bcrypt(settings: str, digest: str) -> Foreign:
    # 16 bytes in 22 characters: the last four bits mean nothing, and the library wants them to be zero
    last = _BCRYPT64[_BCRYPT64.index(settings[-1]) & 0b110000]
    return Foreign(settings[:-1] + last, digest.encode())


def _bcrypt(settings: str, password: bytes) -> bytes | None:
    import bcrypt

    # bcrypt sees 72 bytes: whoever types more has not shown that all of it is right
    return bcrypt.hashpw(password, settings.encode())[-31:] if len(password) <= 72 else None


def _sha_pattern(scheme: str, characters: int) -> re.Pattern[str]:
    counted = r"(?:rounds=(?P<rounds>[1-9][0-9]{3,8})\$)?"
    return re.compile(rf"(?P<settings>\${scheme}\${counted}{_H64}{{0,16}})\$(?P<digest>{_H64}{{{characters}}})")


def _sha_crypt(settings: str, password: bytes) -> bytes | None:
    from passlib.hash import sha256_crypt, sha512_crypt  # slow to import, and wanted only by members of old systems

    _, scheme, *counted, salt = settings.split("$")
    rounds = int(counted[0].removeprefix("rounds=")) if counted else 5_000
    handler = sha256_crypt if scheme == "5" else sha512_crypt
    return handler.using(salt=salt, rounds=rounds).hash(password).rsplit("$", 1)[1].encode()


def _ab64(text: str) -> bytes:
    return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4), validate=True)


def _pbkdf2_parts(settings: str) -> tuple[str, int, bytes]:
    _, scheme, rounds, salt = settings.split("$")
    return scheme.removeprefix("pbkdf2").removeprefix("-") or "sha1", int(rounds), _ab64(salt)


def _split_pbkdf2(settings: str, digest: str) -> Foreign:
    name, _, _ = _pbkdf2_parts(settings)
    if len(raw := _ab64(digest)) != hashlib.new(name).digest_size:
        raise ForeignHashError("the hash is too short or too long for its scheme")
    return Foreign(settings, raw)


def _pbkdf2(settings: str, password: bytes) -> bytes | None:
    name, rounds, salt = _pbkdf2_parts(settings)
    return hashlib.pbkdf2_hmac(name, password, salt, rounds)


def _split_salted(settings: str, digest: str) -> Foreign:
    raw = base64.b64decode(digest, validate=True)
    size = hashlib.new(_SALTED[settings]).digest_size
    if not size < len(raw) <= size + 64:
        raise ForeignHashError("the hash is too short or too long for its scheme")
    return Foreign(settings + base64.b64encode(raw[size:]).decode(), raw[:size])


def _salted(settings: str, password: bytes) -> bytes | None:
    name, brace, salt = settings.partition("}")
    return hashlib.new(_SALTED[name + brace], password + base64.b64decode(salt)).digest()


def _des_crypt(settings: str, password: bytes) -> bytes | None:
    from passlib.hash import des_crypt

    # DES crypt sees 8 bytes and drops the top bit of each
    if len(password) > 8 or not password.isascii():
        return None
    return des_crypt.using(salt=settings).hash(password)[2:].encode()


_BCRYPT = re.compile(rf"(?P<settings>\$2[aby]\$(?P<rounds>[0-9]{{2}})\${_H64}{{22}})(?P<digest>{_H64}{{31}})")
_PBKDF2 = re.compile(
    rf"(?P<settings>\$pbkdf2(?:-sha1|-sha256|-sha512)?\$(?P<rounds>[1-9][0-9]{{0,8}})\${_H64}{{0,128}})\$(?P<digest>{_H64}{{27,86}})"
)
_SSHA = re.compile(r"(?P<settings>\{SSHA(?:256|512)?\})(?P<digest>[0-9A-Za-z+/]{28,176}={0,2})")
_DES = re.compile(rf"(?P<settings>{_H64}{{2}})(?P<digest>{_H64}{{11}})")
_SHA_ROUNDS = range(1_000, 1_000_001)
_SCHEMES = (
    _Scheme("bcrypt", "$2", _BCRYPT, _split_bcrypt, _bcrypt, range(4, 15)),
    _Scheme("SHA-256-crypt", "$5$", _sha_pattern("5", 43), _as_text, _sha_crypt, _SHA_ROUNDS),
    _Scheme("SHA-512-crypt", "$6$", _sha_pattern("6", 86), _as_text, _sha_crypt, _SHA_ROUNDS),
    _Scheme("PBKDF2", "$pbkdf2", _PBKDF2, _split_pbkdf2, _pbkdf2, range(1, 2_000_001)),
    _Scheme("salted SHA", "{SSHA", _SSHA, _split_salted, _salted),
    _Scheme("DES crypt", "", _DES, _as_text, _des_crypt),
)


def parse(stored: str) -> Foreign:
    """A hash of another system, taken apart.

    Takes bcrypt ($2a$ $2b$ $2y$), SHA-crypt ($5$ $6$), PBKDF2 as passlib writes it ($pbkdf2$ or $pbkdf2-sha1$,
    $pbkdf2-sha256$, $pbkdf2-sha512$), salted SHA of LDAP directories ({SSHA} {SSHA256} {SSHA512}) and DES crypt
    (13 characters), each also behind {CRYPT} (RFC 2307 section 5.3). Raises `ForeignHashError`, for costs out of
    bounds too.
    """
    text = stored[: MAX_CHARACTERS + 1].strip()
    text = re.sub(r"\A\{\w+\}", lambda name: name[0].upper(), text).removeprefix("{CRYPT}")
    for scheme in _SCHEMES:
        if found := scheme.pattern.fullmatch(text):
            rounds = found.groupdict().get("rounds")
            if rounds and int(rounds) not in scheme.rounds:
                low, high = scheme.rounds[0], scheme.rounds[-1]
                raise ForeignHashError(f"{scheme.name} with a cost of {rounds}; taken are {low} to {high}")
            try:
                return scheme.split(found["settings"], found["digest"])
            except binascii.Error:
                raise ForeignHashError(f"{scheme.name} that is not valid base64") from None
    raise ForeignHashError("the scheme of this hash is not known, or the hash is not whole")


def digest(settings: str, password: bytes) -> bytes | None:
    """What the old system would have made of this password; slow.

    None when the old scheme would not have looked at the whole of it (more than 72 bytes for bcrypt, more than 8 or
    non-ASCII characters for DES crypt, NUL for all), or when the settings are damaged.
    """
    if b"\0" in password:
        return None
    scheme = next(scheme for scheme in _SCHEMES if settings.startswith(scheme.start))
    try:
        return scheme.compute(settings, password)
    except (ValueError, TypeError, KeyError):  # settings damaged in the database: a wrong password, never a traceback
        return None
