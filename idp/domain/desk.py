"""What the support desk does to a member's account, and what must be true before (flows.md 2.12: S2 to S10)."""

from dataclasses import dataclass
from typing import Literal, Mapping, get_args

from idp.domain.account import Status
from idp.domain.staff import Right

LEVEL_SECONDS = 900  # how long a caller stays identified, for one agent and one member
REQUEST_SECONDS = 86_400  # how long a request waits for a second person

Level = Literal[0, 1, 2]
# who calls: the member, somebody of the family, who acts for a company
Relation = Literal["self", "family", "company"]
RELATIONS: tuple[Relation, ...] = get_args(Relation)
# why an account is suspended
Why = Literal["taken_over", "lost", "asked", "misuse", "other"]
WHYS: tuple[Why, ...] = get_args(Why)
# what a second person has to approve
Two = Literal["desk_factor_off", "desk_destination", "desk_contract"]
TWO: tuple[Two, ...] = get_args(Two)
OPEN: tuple[Status, ...] = ("active",)
NOT_CLOSED: tuple[Status, ...] = ("active", "suspended")


@dataclass(frozen=True)
class Operation:
    """`name` is its event in the audit record; `level`: of the caller's identity; `on`: states of the account in which it can be
    done; `fresh`: the agent has to have proven themselves a moment ago; `two`: somebody else has to approve it."""

    name: str
    level: Level = 0
    right: Right = "desk.act"
    on: tuple[Status, ...] = OPEN
    fresh: bool = False

    @property
    def slug(self) -> str:
        """How addresses name it."""
        return self.name.removeprefix("desk_").replace("_", "-")

    @property
    def two(self) -> bool:
        """Whether a second person has to approve it."""
        return self.name in TWO


_ALL = (
    Operation("desk_unlock", 1),
    Operation("desk_login_id", 1),
    Operation("desk_reset", 1),
    Operation("desk_letter", 1),
    Operation("desk_sign_out"),
    Operation("desk_factor_off", 2, fresh=True),
    Operation("desk_destination", 2, fresh=True),
    Operation("desk_suspend"),
    Operation("desk_resume", 2, "desk.approve", ("suspended",)),
    Operation("desk_contract", fresh=True, on=NOT_CLOSED),
    Operation("desk_close", 2, on=NOT_CLOSED, fresh=True),
    Operation("desk_reopen", 2, on=("closing",)),
)
OPERATIONS: Mapping[str, Operation] = {one.name: one for one in _ALL}
# the five that answer most calls, and the others
FIRST = ("desk_unlock", "desk_login_id", "desk_reset", "desk_letter", "desk_sign_out")
OTHERS = tuple(name for name in OPERATIONS if name not in FIRST)


def level_needed(operation: Operation, contract_ended: bool) -> Level:
    """The identity that a caller must have proven. A member whose contract has ended is closed without one (S10)."""
    return 0 if operation.name == "desk_close" and contract_ended else operation.level
