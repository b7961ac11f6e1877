"""A house with an outbox, and letters for it."""

from pathlib import Path
from typing import Callable, Mapping

from idp.adapters.ephemeral_sqlite import SqliteEphemeral
from idp.config import Settings
from idp.deps import Deps
from idp.domain.letter import Letter
from idp.domain.policy import Policy
from idp.ports import ContractMatch
from idp.tables.database import Database
from idp.vault import Vault

NOW = 1_800_000_000


class NoContracts:
    """The records of an operator without customers."""

    def match(self, facts: Mapping[str, str]) -> ContractMatch | None:
        """Nothing matches."""
        return None

    def ping(self) -> None:
        """Always there."""


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: float = NOW):
        self.now = now

    def __call__(self) -> float:
        return self.now


def house(database: Database, folder: Path, clock: Callable[[], float]) -> Deps:
    """Everything a courier holds, with the ephemeral store in `folder`."""
    return Deps(
        settings=Settings(),
        policy=Policy(version="test"),
        database=database,
        ephemeral=SqliteEphemeral(str(folder / "ephemeral.db")),
        contractors=NoContracts(),
        vault=Vault((("test", bytes(range(32))),)),
        clock=clock,
    )


def letter(number: int = 0, **changes: object) -> Letter:
    """A letter that no field of leaves empty; `changes` by field name."""
    values: dict[str, object] = {
        "key": f"key{number}",
        "account_id": f"account{number}",
        "channel": "mail",
        "recipient": f"member{number}@example.jp",
        "template": "mail.notice.pw",
        "locale": "en",
        "facts": f"test.sealed{number}",
        "priority": 1,
        "due_at": NOW,
        "expires_at": NOW + 3_600,
    }
    return Letter(**{**values, **changes})  # type: ignore[arg-type]
