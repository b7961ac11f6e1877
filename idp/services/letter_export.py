"""First passwords for printed letters: made, written to the print file, and only then stored, a few at a time."""

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable, Iterator, Sequence

from sqlalchemy import Connection

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.identifiers import fold_login_id
from idp.domain.reading import reading
from idp.services import letter_codes, letters, logouts, portal_events
from idp.services.accounts import record
from idp.services.passwords import Hasher
from idp.services.print_file import PrintFile, Refused, Row, marked, open_print_file, unfit
from idp.tables import accounts, letter_requests

BATCH, _PAGE = 64, 2_000
Progress = Callable[[int, int], None]  # letters so far, and of about how many


@dataclass(frozen=True)
class Wish:
    """Whose letters: members by login ID, and all active members `without_password`, all whose letter has `expired` before
    they ever replaced its password, and all whom the desk has promised one (`requested`)."""

    login_ids: tuple[str, ...] = ()
    without_password: bool = False
    expired: bool = False
    requested: bool = False


@dataclass(frozen=True)
class Made:
    """`letters` are in the file, `before` of them since an earlier export that was cut off; `marked` of the new ones hold an
    apostrophe that is no part of a login ID or number; `gone`: login IDs that could not get a letter any more."""

    letters: int
    before: int
    marked: int
    gone: tuple[str, ...]


class _Changed(Exception):
    """An account is not any more as it was read; nothing of its batch is stored."""


def _named(connection: Connection, wish: Wish) -> dict[str, str]:
    """The accounts that the wish names: id by login ID. Raises `Refused` with a sentence for each that cannot get a letter."""
    ids: dict[str, str] = {}
    wrong = []
    for typed in dict.fromkeys(wish.login_ids):
        found = accounts.by_login_id(connection, fold_login_id(typed) or "")
        if found is None:
            wrong.append(f"{typed[:100]!a}: no account has this login ID.")
        elif found.status == "closed":
            wrong.append(f"{found.login_id_key}: this account is closed for good.")
        elif found.status == "closing":
            wrong.append(f"{found.login_id}: this account is closed. Give it back first: idp account reopen {found.login_id}")
        elif found.status != "active":
            wrong.append(f"{found.login_id}: this account is locked. Give it back first: idp account unlock {found.login_id}")
        else:
            ids[found.login_id] = found.id
    if wrong:
        raise Refused("\n".join(wrong) + "\nNo letter was made.")
    return ids


def row_of(deps: Deps, account: Account, password: str, now: int) -> Row:
    """What is printed for this account, if the password is made now."""
    return Row(
        contractor_id=account.contractor_id or "",
        login_id=account.login_id,
        first_password=password,
        reading=reading(password),
        # the last day that is over before the password is: "until" holds to its end
        valid_until=letters.day(account.locale, now + deps.policy.letters.valid + 1 - 86_400),
        address=deps.settings.issuer,
        desk_code=letter_codes.code_of(deps, account.id, now),
    )


def give(connection: Connection, deps: Deps, account: Account, new_hash: str, now: int, actor: str, how: str) -> bool:
    """Make it the account's password, in the caller's transaction; false, and nothing is done, if the account is not any more as
    it was read."""
    if not accounts.put_letter(connection, account, new_hash, now):
        return False
    letter_requests.drop(connection, account.id)
    record(connection, deps, account, "letter_password_made", actor, {"how": how})
    changed = {"credential_type": "password", "change_type": "update"}
    portal_events.tell(connection, deps, account.id, "credential_changed", "admin", **changed)
    logouts.all_ended(connection, deps, account.id)
    return True


class _Export:
    def __init__(self, deps: Deps, hasher: Hasher, file: PrintFile, wish: Wish, actor: str, progress: Progress):
        self.deps, self.hasher, self.file, self.wish = deps, hasher, file, wish
        self.actor, self.progress = actor, progress
        self.marked, self.total = 0, 0
        self.gone: list[str] = []
        self.promised: set[str] = set()

    def settle(self) -> None:
        """Take off what an export wrote at the end that was cut off before it could store it: nobody could sign in with
        that. A batch is stored as a whole, so it is either all of these rows or none."""
        while self.file.last:
            at, row = self.file.last.pop()
            with self.deps.database.read() as connection:
                found = accounts.by_login_id(connection, fold_login_id(row.login_id) or "")
            if found and found.password_state == "letter" and self.hasher.verify(found.password_hash, row.first_password).ok:
                return
            self.file.cut(at, 1)
            self.file.there.discard(row.login_id)

    def before(self) -> int | None:
        """Letters made before this time have expired; None if they are not asked for."""
        return self.deps.now() - self.deps.policy.letters.valid if self.wish.expired else None

    def fits(self, account: Account) -> bool:
        """Whether the account still is one of those that the wish describes."""
        before = self.before()
        late = before is not None and account.password_state == "letter" and account.password_at < before
        wanted = late or account.id in self.promised or (self.wish.without_password and account.password_state == "none")
        return account.status == "active" and wanted

    def described(self) -> Iterator[str]:
        """Ids of the accounts that the wish describes, page by page."""
        yield from self.requested()
        if self.wish.without_password or self.wish.expired:
            last = ""
            while True:
                with self.deps.database.read() as connection:
                    ids = accounts.without(connection, self.wish.without_password, self.before(), last, _PAGE)
                if not ids:
                    return
                yield from (one for one in ids if one not in self.promised)  # those have one by now
                last = ids[-1]

    def requested(self) -> Iterator[str]:
        """Ids of the accounts that the desk has promised a letter, page by page."""
        last = ""
        while self.wish.requested:
            with self.deps.database.read() as connection:
                ids = letter_requests.waiting(connection, last, _PAGE)
            if not ids:
                return
            self.promised |= set(ids)
            yield from ids
            last = ids[-1]

    def count(self, named: Sequence[str]) -> None:
        """How many letters there will be, about."""
        self.total = self.file.rows + len(named)
        if self.wish.requested:
            with self.deps.database.read() as connection:
                self.total += letter_requests.count(connection)
        if self.wish.without_password or self.wish.expired:
            with self.deps.database.read() as connection:
                self.total += accounts.count_without(connection, self.wish.without_password, self.before())

    def read(self, ids: Sequence[str], by_name: bool) -> list[Account]:
        """The accounts as they are now, without those that cannot have a letter any more or do not need one."""
        with self.deps.database.read() as connection:
            found = [account for one in ids if (account := accounts.by_id(connection, one))]
        kept = [one for one in found if (one.status == "active" if by_name else self.fits(one))]
        if by_name:
            self.gone += [one.login_id for one in found if one.status != "active" and one.login_id not in self.gone]
        return kept

    def make(self, pool: ThreadPoolExecutor, ids: Sequence[str], by_name: bool) -> None:
        """Letters for these accounts: on the disk first, then in the database, all or none of them."""
        while found := self.read(ids, by_name):
            passwords = [vault.random_letter_password() for _ in found]
            hashed, now = list(pool.map(self.hasher.hash, passwords)), self.deps.now()
            rows = [row_of(self.deps, account, password, now) for account, password in zip(found, passwords)]
            began = self.file.add(rows)
            try:
                self.store(found, hashed, now)
            except _Changed:
                self.file.cut(began, len(rows))
                continue
            self.marked += sum(map(marked, rows))
            self.progress(self.file.rows, max(self.total, self.file.rows))
            return

    def store(self, found: Sequence[Account], hashed: Sequence[str], now: int) -> None:
        with self.deps.database.write() as connection:
            for account, new_hash in zip(found, hashed):
                if not give(connection, self.deps, account, new_hash, now, self.actor, "print_file"):
                    raise _Changed



def run(
    deps: Deps, hasher: Hasher, path: str, wish: Wish, actor: str, progress: Progress = lambda done, total: None
) -> Made:
    """Make a first password for everybody in the wish and write it to the new file at `path` (requirement PW-08).

    The password before, and with it the letter before, is void; every session of the account ends. A password is on the
    disk before it is stored, and nowhere else. The file is called `path`.part until it is complete; an export that was cut
    off goes on when it is run again. Raises `Refused`, OSError and `Unavailable`.
    """
    if sentence := unfit(path):
        raise Refused(sentence)
    with deps.database.read() as connection:
        named = _named(connection, wish)
    with open_print_file(path, BATCH, named) as file:
        job = _Export(deps, hasher, file, wish, actor, progress)
        job.settle()
        before, todo = file.rows, [one for login_id, one in named.items() if login_id not in file.there]
        job.count(todo)
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for ids, by_name in ((iter(todo), True), (job.described(), False)):
                while batch := list(itertools.islice(ids, BATCH)):
                    job.make(pool, batch, by_name)
        if file.rows:
            file.finish()
        return Made(file.rows, before, job.marked, tuple(job.gone))
