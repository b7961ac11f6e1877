"""The few things a flow may hold."""

from dataclasses import dataclass
from typing import Callable

from idp.config import Settings
from idp.domain.policy import Policy
from idp.ports import Contractors, Ephemeral
from idp.tables.database import Database
from idp.vault import Vault


@dataclass(frozen=True)
class Deps:
    """`clock` returns Unix seconds as a float; tests pass their own."""

    settings: Settings
    policy: Policy
    database: Database
    ephemeral: Ephemeral
    contractors: Contractors
    vault: Vault
    clock: Callable[[], float]

    def now(self) -> int:
        """Unix time in whole seconds, rounded down."""
        return int(self.clock())
