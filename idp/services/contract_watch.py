"""What an import finds, and who looks on while it does."""

from dataclasses import dataclass
from typing import Callable, Literal, Sequence

from sqlalchemy import Connection

from idp.domain.contract import Contract
from idp.services.contract_lease import Refused
from idp.tables.contractors import Stored


@dataclass(frozen=True)
class Counts:
    """What an import finds. `ended`: live contracts that the file does not name; `live`: how many there were before.
    `errors`: rows left out; `duplicates`: rows that say again what an earlier one said; `repaired`: phones that had
    lost their leading zero."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    ended: int = 0
    errors: int = 0
    duplicates: int = 0
    repaired: int = 0
    live: int = 0


class TooManyEnd(Refused):
    """More contracts would end than allowed. `counts` is what the file would have done."""

    def __init__(self, counts: Counts, allowed: float):
        super().__init__(
            f"Stopped, nothing was changed: {counts.ended} of {counts.live} contracts would end, and at most {allowed:g} % may. "
            "Is the file complete? If they really have ended, allow it: --allow-ending PERCENT"
        )
        self.counts = counts


Step = Literal["reading", "writing", "ending", "undoing"]
Problem = Callable[[int, tuple[str, ...]], None]  # line number, codes
Progress = Callable[[Step, int, int], None]  # how much of how much


Verdict = Literal["new", "changed", "unchanged"]


@dataclass(frozen=True)
class Hashed:
    """One row with a customer number, hashed. `numbers`: under every secret, the current one first."""

    line: int
    contract: Contract | None
    numbers: tuple[str, ...]
    row_hash: str


class Watch:
    """Who looks on while the file is checked."""

    def counted(self, counts: Counts) -> None:
        """The whole file has been read."""

    def row(self, connection: Connection, verdict: Verdict, row: Hashed, before: Stored | None) -> None:
        """What would become of a row; `before`: its contract as the register has it."""

    def ending(self, connection: Connection, contracts: Sequence[str]) -> None:
        """In a dry run: contracts, by id, that the file does not name."""
