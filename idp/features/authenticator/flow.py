"""Adding and removing an authenticator app, and making printed codes (requirements MF-09, MF-12)."""

from dataclasses import dataclass
from typing import Literal

from idp import vault
from idp.deps import Deps
from idp.domain import folding
from idp.domain.account import Account
from idp.domain.assurance import PASSKEY
from idp.domain.device import Caller
from idp.domain.kept import read_as
from idp.services import drafts, factor_changes, factors, members
from idp.services.factor_changes import Changed
from idp.tables import factors as table
from idp.tables.database import Connection
from idp.vault import fingerprint

DRAFT = "app"


@dataclass(frozen=True)
class Draft:
    """A secret that no code has proven yet."""

    id: str
    secret: str

    @property
    def groups(self) -> str:
        """The secret as it is read aloud and typed."""
        return " ".join(self.secret[start : start + 4] for start in range(0, len(self.secret), 4))


@dataclass(frozen=True)
class Set:
    """What came of a code typed for a draft: with `ok`, what changed and the printed codes, shown this one time."""

    result: Literal["ok", "empty", "format", "wrong", "gone"]
    changed: Changed | None = None
    codes: tuple[str, ...] = ()


def begin(deps: Deps, owner: str) -> None:
    """A fresh secret, in place of any other of this owner that was not proven yet. Raises `Unavailable`."""
    drafts.put(deps, DRAFT, owner, {"id": vault.random_id(), "secret": factors.new_secret()})


def find(deps: Deps, owner: str) -> Draft | None:
    """The owner's secret that waits for its code. Raises `Unavailable`."""
    found = drafts.get(deps, DRAFT, owner)
    return read_as(Draft, found) if found else None


def confirm(deps: Deps, account: Account, owner: str, draft_id: str, typed: str, who: Caller) -> Set:
    """Make the draft the account's app if its code was typed, with fresh printed codes. Of parallel callers one does, and
    its step counts as used. Raises `Unavailable`."""
    draft = find(deps, owner)
    if draft is None or draft.id != draft_id:
        return Set("gone")
    if not typed.strip():
        return Set("empty")
    if folding.code(typed) is None:
        return Set("format")
    # guesses are not counted: whoever sees this page sees the secret too
    step = factors.step_of(deps, draft.secret, typed)
    if step is None:
        return Set("wrong")
    taken = drafts.take(deps, DRAFT, owner)
    if taken is None or taken["id"] != draft.id:
        return Set("gone")
    codes: list[str] = []

    def work(connection: Connection) -> None:
        factors.set_app(connection, deps, account.id, draft.secret, step)
        codes.extend(factors.new_codes(connection, deps, account.id))

    changed = factor_changes.change(deps, account, "app_added", who, work, on=True)
    return Set("ok", changed, tuple(codes)) if changed else Set("gone")


def _methods(deps: Deps, account: Account) -> frozenset[str]:
    found = members.with_factors(deps, account.id)
    return found[1].methods if found else frozenset()


def has_app(deps: Deps, account: Account) -> bool:
    """Whether the account has an app."""
    return "totp" in _methods(deps, account)


def codes_left(deps: Deps, account: Account) -> int:
    """How many printed codes the account still has."""
    with deps.database.read() as connection:
        return table.codes_left(connection, account.id)


def removal(deps: Deps, account: Account) -> Literal["yes", "last", "needed", "staff", "none"]:
    """Whether the app may go. `last`: the second factor goes with it; `needed`: the policy wants one; `staff`: never the last
    of app and passkeys."""
    methods = _methods(deps, account)
    if "totp" not in methods:
        return "none"
    if account.staff:
        return "yes" if PASSKEY in methods else "staff"
    if methods & {"sms", "email"}:
        return "yes"
    return "needed" if deps.policy.second_factor.mode == "required" else "last"


def remove(deps: Deps, account: Account, who: Caller) -> Changed | None:
    """Remove the app, if `removal` lets it go; with the last factor the printed codes go too, which only stand in for
    one. None if it must stay or the account was changed meanwhile."""
    verdict = removal(deps, account)
    if verdict not in ("yes", "last"):
        return None

    def work(connection: Connection) -> None:
        table.drop_app(connection, account.id)
        if verdict == "last":
            table.drop_codes(connection, account.id)

    return factor_changes.change(deps, account, "app_removed", who, work, on=False if verdict == "last" else None)


def make_codes(deps: Deps, account: Account, once: str, who: Caller) -> tuple[Changed, tuple[str, ...]] | None:
    """Fresh printed codes in place of all earlier ones; None if the page named by `once` has made some before, or the
    account was changed meanwhile. Raises `Unavailable`."""
    if not once or not deps.ephemeral.add("printed:" + fingerprint(f"{account.id}|{once}"), b"1", drafts.LIFE):
        return None
    codes: list[str] = []

    def work(connection: Connection) -> None:
        codes.extend(factors.new_codes(connection, deps, account.id))

    changed = factor_changes.change(deps, account, "printed_made", who, work)
    return (changed, tuple(codes)) if changed else None
