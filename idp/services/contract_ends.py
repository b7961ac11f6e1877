"""What follows for members when the register says that contracts have ended or are back (requirement AC-04)."""

from typing import Protocol, Sequence

from sqlalchemy import Connection

from idp.deps import Deps
from idp.services import closing
from idp.tables import accounts
from idp.tables import closing as table

ACTOR = "register"


class Follow(Protocol):
    """Does it, in the transaction that makes it true. Contracts are named by their ids."""

    def ended(self, connection: Connection, contracts: Sequence[str]) -> None:
        """These contracts live no more."""

    def returned(self, connection: Connection, contracts: Sequence[str]) -> None:
        """These had ended, and live again for the same holder."""


class Nobody:
    """`Follow` for a register that stands for itself."""

    def ended(self, connection: Connection, contracts: Sequence[str]) -> None:
        """Nothing."""

    def returned(self, connection: Connection, contracts: Sequence[str]) -> None:
        """Nothing."""


class Members:
    """`Follow` for members: their accounts close some time after their contract, and do not if it comes back."""

    def __init__(self, deps: Deps):
        self._deps = deps

    def ended(self, connection: Connection, contracts: Sequence[str]) -> None:
        """Begin the time after which the accounts of these contracts close."""
        for account_id, _ in table.of_contracts(connection, keys(contracts)):
            if account := accounts.by_id(connection, account_id, with_destinations=True):
                closing.end_contract(connection, self._deps, account, None, ACTOR)

    def returned(self, connection: Connection, contracts: Sequence[str]) -> None:
        """Take that back."""
        for account_id, key in table.of_contracts(connection, keys(contracts), former=True):
            if account := accounts.by_id(connection, account_id, with_destinations=True):
                closing.return_contract(connection, self._deps, account, key, ACTOR)


def affected(connection: Connection, contracts: Sequence[str]) -> int:
    """How many members `Members.ended` would write to."""
    return len(table.of_contracts(connection, keys(contracts)))


def keys(contracts: Sequence[str]) -> list[str]:
    """What accounts call these contracts of the register."""
    return [f"k:{contract}" for contract in contracts]
