"""What staff may do in the console: four roles, each holding the rights of those below it (interface.md, Admin console)."""

from typing import Literal, Mapping, get_args

from idp.domain.account import Account, Role

RANK: Mapping[Role, int] = {"member": 0, "viewer": 1, "desk": 2, "supervisor": 3, "administrator": 4}

Right = Literal[
    "look", "members.look", "members.reveal", "desk.act", "desk.approve", "register.look", "register.import", "clients.look",
    "clients.change", "keys.look", "keys.rotate", "policy.look", "courier.look", "courier.act", "texts.look", "letters.look",
    "letters.print", "staff.look", "staff.change", "audit.look", "audit.export",
]  # fmt: skip
RIGHTS: tuple[Right, ...] = get_args(Right)

# the lowest role that has a right
NEEDS: Mapping[Right, Role] = {
    "look": "viewer",
    "members.look": "viewer",
    "members.reveal": "desk",
    "desk.act": "desk",
    "desk.approve": "supervisor",
    "register.look": "viewer",
    "register.import": "supervisor",
    "clients.look": "viewer",
    "clients.change": "administrator",
    "keys.look": "viewer",
    "keys.rotate": "administrator",
    "policy.look": "viewer",
    "courier.look": "viewer",
    "courier.act": "supervisor",
    "texts.look": "viewer",
    "letters.look": "desk",
    "letters.print": "supervisor",
    "staff.look": "supervisor",
    "staff.change": "administrator",
    "audit.look": "supervisor",
    "audit.export": "supervisor",
}


def may(role: Role, right: Right) -> bool:
    """Whether this role has the right."""
    return RANK[role] >= RANK[NEEDS[right]]


def over(actor: Account, target: Account) -> bool:
    """Whether the actor may act on this account: on members and on staff of a lower role, never on themselves
    (requirement AD-04)."""
    return actor.id != target.id and RANK[actor.role] > RANK[target.role]


def manages(actor: Account, target: Account) -> bool:
    """Whether the actor may change the role of this account or disable it: of nobody above them, and never their own
    (requirement AD-04)."""
    return actor.id != target.id and RANK[actor.role] >= RANK[target.role]


def may_give(actor: Account, role: Role) -> bool:
    """Whether the actor may give this role to somebody: none above their own (requirement AD-04)."""
    return RANK[role] <= RANK[actor.role]
