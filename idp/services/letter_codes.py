"""The number on a printed letter that its reader reads out to the support desk: a code that was sent to the registered address
(flows.md 2.12, identity level 2). It is made of what the account keeps of the letter, and is good for one call."""

from sqlalchemy import Connection

from idp import vault
from idp.deps import Deps
from idp.domain import folding
from idp.domain.account import Account
from idp.tables import quotas

DIGITS = 8
_PURPOSE = "desk letter"
DAY = 86_400


def code_of(deps: Deps, account_id: str, made_at: int, key_id: str | None = None) -> str:
    """Eight digits, for the letter whose password was made at `made_at` (Unix seconds). The first is no 0, which a spreadsheet would
    take away."""
    least = 10 ** (DIGITS - 1)
    return str(least + deps.vault.keyed_number(_PURPOSE, f"{account_id}:{made_at}", key_id) % (9 * least))


def is_out(deps: Deps, account: Account) -> bool:
    """Whether this member has a letter that they can read from: its password was neither used nor replaced, nor is it too old."""
    return account.password_state == "letter" and deps.now() < account.password_at + deps.policy.letters.valid


def matches(deps: Deps, account: Account, typed: str) -> bool:
    """Whether that is what stands on the member's letter, however it is written."""
    read = folding.code(typed, DIGITS) or ""
    codes = [code_of(deps, account.id, account.password_at, key_id) for key_id in deps.vault.key_ids]
    return any([vault.equal(read, code) for code in codes]) and is_out(deps, account)


def claim(connection: Connection, deps: Deps, account: Account) -> bool:
    """Use the number up: of many at once one does. `account`: as it was when `matches` was asked."""
    name = "desk-letter-used:" + deps.vault.keyed_hash(_PURPOSE, f"used:{account.id}:{account.password_at}")[:22]
    return quotas.spend(connection, [(name, 1, deps.policy.letters.valid + DAY)], deps.now()) is None
