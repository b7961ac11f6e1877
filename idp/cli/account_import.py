"""`idp account import`: accounts of an old system from a file of JSON lines, as many as there are."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import BinaryIO, Callable, Iterator, Literal

from marshmallow import ValidationError

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.identifiers import fold_login_id
from idp.domain.policy import Policy
from idp.services import accounts as service
from idp.services.passwords import Hasher
from idp.tables import accounts
from idp.toml_reader import schema_of

MAX_LINE_BYTES = 65_536
BATCH = 64
# one password hash of each scheme; test vectors of crypt_blowfish, glibc, RFC 6070, RFC 7914 and libpass
EXAMPLES = (
    ("bcrypt", "$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
    ("sha256-crypt", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
    ("sha512-crypt", "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"),
    ("pbkdf2-sha1", "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE"),
    ("pbkdf2-sha256", "$pbkdf2-sha256$1$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw"),
    (
        "pbkdf2-sha512",
        "$pbkdf2-sha512$4096$TmFDbC1OYUNsLU5hQ2wtMQ$"
        "rX043C.g9bwQ0WsWZqbIGsvWQZBkR4DWBCdoxJ9tGdkE0bNCcaBnqnl5za2CY8k42T1.DEMU8tZyPX5tOutoJQ",
    ),
    ("ssha", "{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr"),
    ("ssha256", "{SSHA256}4pC8GQJ18WZHlAebrF+2rM1noeiTxuFSHwxmvuINo/YxMjM0NTY3OA=="),
    ("ssha512", "{SSHA512}71ptFMv01SfG3Wcl/YP4vaxZnSCD/UNH3kiugY7UyQUknR5/leN12vO+WIsoB3caRe22WYBR9KYtlBJclAlXtzEyMzQ1Njc4"),
    ("des-crypt", "{CRYPT}CCNf8Sbh3HDfQ"),
)
_FULL = {
    "login_id": "Hanako.01",
    "nickname": "Hanako",
    "password_hash": EXAMPLES[0][1],
    "email": "hanako@example.jp",
    "phone": "090-1234-5678",
    "verified": True,
    "email_login": True,
    "second_factor": "sms",
    "contractor_id": "0001234567",
    "contract_type": "individual",
    "profile": {"name": "SATO Hanako", "birthdate": "1958-04-01"},
}
_ROWS = (_FULL, *({"login_id": name, "password_hash": value} for name, value in EXAMPLES))
HELP = (
    """Add the accounts of a file of JSON lines (- is standard input), one object a line, UTF-8.

\b
login_id       required; any half-width letters, digits and symbols but @
password_hash  the old system's hash; verified as it is, never stored in clear,
               replaced at the first sign-in. Without it: set by password reset
nickname email phone role locale contractor_id contract_type profile
               as in: idp account add
verified       true: address and number are known to be the member's
email_login    true: the address can be typed in place of the login ID
second_factor  "email" or "sms": where codes usually go; switches the second factor on
mailbox        the member's mailbox at the operator itself, offered as a destination

A line that is wrong is named with its number on standard error, and all others are added. A login ID that is there
already is named and skipped, so that the same file can be given again. Ends with 1 if any line was wrong.

\b
A whole line, and one for each scheme of password hashes:
"""
    + "\n".join(json.dumps(row, ensure_ascii=False) for row in _ROWS)
    + "\n"
)

_SAY = {
    "login_id.length": "write {min} to {max} characters",
    "login_id.characters": "use half-width letters, digits and symbols that the policy allows, and never @",
    "login_id.edges": "begin and end with a letter or digit",
    "nickname.length": "write 1 to 20 characters",
    "nickname.characters": "control, invisible or bidirectional characters are not allowed",
    "nickname.reserved": "this names the operator or one of its offices",
    "email.format": "this is not an e-mail address",
    "email.dots": "addresses with such dots are taken by import only, and not for sign-in",
    "email.unproven": "give an e-mail address too, and a verified one",
    "phone.format": "this is not a Japanese phone number",
    "phone.kind": "only mobile numbers (060, 070, 080, 090) take text messages",
    "second_factor.destination": "give that address or number too",
    "password.bytes": "write 1 to 512 bytes",
    "role.unknown": "there is no such role",
    "locale.unknown": "there is no such language",
    "contract_type.unknown": "write individual or corporate",
    "contractor_id.format": "write the customer number, at most 64 half-width characters",
}


@dataclass(frozen=True)
class _Line:
    """One line but for its profile."""

    login_id: str
    password_hash: str | None = None
    nickname: str = ""
    email: str | None = None
    phone: str | None = None
    verified: bool = False
    email_login: bool = False
    second_factor: Literal["email", "sms"] | None = None
    mailbox: str | None = None
    role: str = "member"
    locale: str = "ja"
    contractor_id: str | None = None
    contract_type: Literal["individual", "corporate"] | None = None


_SCHEMA = schema_of(_Line)()


_TAKEN = "email_login: another account signs in with this address"


class _Bad(Exception):
    """A line that is not an account; the text says why without repeating its values."""


@dataclass(frozen=True)
class _There:
    """A line whose login ID has an account already."""

    login_id: str


def say(problems: tuple[service.Problem, ...], policy: Policy) -> list[tuple[str, str]]:
    """Each problem as field and plain English for the operator."""
    rule = policy.login_id
    sizes = {"min": rule.min, "max": rule.max}
    return [(name, _SAY[code].format(**sizes) if code in _SAY else code) for name, code in problems]


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines that are not empty; None for one that is too long."""
    number = 0
    while raw := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        whole = len(raw) <= MAX_LINE_BYTES or raw.endswith(b"\n")
        while not raw.endswith(b"\n") and (more := file.readline(MAX_LINE_BYTES + 1)):
            whole, raw = False, more
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if not whole or raw.strip():
            yield number, raw if whole else None


def _wish(raw: bytes | None) -> service.NewAccount:
    if raw is None:
        raise _Bad(f"longer than {MAX_LINE_BYTES} bytes")
    try:
        values = json.loads(raw)
    except (ValueError, RecursionError):
        raise _Bad("not valid JSON in UTF-8") from None
    if not isinstance(values, dict):
        raise _Bad("not a JSON object")
    profile = values.pop("profile", {})
    try:
        line = asdict(_SCHEMA.load(values))
    except ValidationError as error:
        why = [f"{str(name)[:40]!a}: {' '.join(said).rstrip('.')}" for name, said in error.messages.items()]
        raise _Bad("; ".join(why)) from None
    return service.NewAccount(usual=line.pop("second_factor"), imported=True, profile=profile, **line)


def _prepare(deps: Deps, hasher: Hasher, raw: bytes | None, dry_run: bool) -> Account | _There | str:
    """The account to add, or what else there is to say about a line: its login ID is there, or it is wrong.
    A dry run leaves out the hashing."""
    try:
        wish = _wish(raw)
        if there := _there(deps, wish.login_id):
            return there
        if dry_run:
            if wrong := service.problems(deps, wish):
                raise service.Rejected(wrong)
            wish = replace(wish, password_hash=None)
        return service.new_account(deps, hasher, wish)
    except _Bad as error:
        return str(error)
    except service.Rejected as error:
        return "; ".join(f"{name}: {message}" for name, message in say(error.problems, deps.policy))


def _there(deps: Deps, login_id: str) -> _There | None:
    if key := fold_login_id(login_id):
        with deps.database.read() as connection:
            if accounts.by_login_id(connection, key):
                return _There(key)
    return None


def _store(deps: Deps, account: Account, actor: str) -> _There | str | None:
    try:
        with deps.database.write() as connection:
            service.store(connection, deps, account, actor, "import")
    except accounts.Taken:
        return _there(deps, account.login_id) or _TAKEN
    return None


def _pretend(deps: Deps, account: Account, names: set[str]) -> _There | str | None:
    """What `_store` would answer; `names` holds the login IDs and addresses of the lines before."""
    if account.login_id_key in names:
        return _There(account.login_id_key)
    if email := account.email_login_key:
        with deps.database.read() as connection:
            if email in names or accounts.by_email_login(connection, email):
                return _TAKEN
    names |= {account.login_id_key, account.email_login_key or ""}
    return None


def run(
    deps: Deps, hasher: Hasher, file: BinaryIO, actor: str, dry_run: bool, tell: Callable[[str], None]
) -> dict[str, int]:
    """Add every account of the file that can be added; returns how many were added, skipped and failed.

    `tell` is given one sentence for each line skipped or failed. A dry run says the same and changes nothing.
    """
    counts = {"added": 0, "skipped": 0, "failed": 0}
    lines, names = _lines(file), set[str]()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        while batch := list(islice(lines, BATCH)):
            prepared = pool.map(lambda line: _prepare(deps, hasher, line[1], dry_run), batch)
            for (number, _), found in zip(batch, prepared):
                if isinstance(found, Account):
                    found = _pretend(deps, found, names) if dry_run else _store(deps, found, actor)
                kind = "added" if found is None else "skipped" if isinstance(found, _There) else "failed"
                counts[kind] += 1
                if isinstance(found, _There):
                    tell(f"line {number}: skipped, {found.login_id} is there already.")
                elif found:
                    tell(f"line {number}: {found}.")
    return counts
