"""A member's or staff account and what its states allow."""

from dataclasses import dataclass, field
from typing import Any, Literal, Mapping

# closing: can still be given back; closed: for good
Status = Literal["active", "suspended", "closing", "closed"]
Role = Literal["member", "viewer", "desk", "supervisor", "administrator"]
# letter: printed on paper, to be replaced at first sign-in; old_rule: imported with a foreign hash
PasswordState = Literal["none", "letter", "old_rule", "current"]

STAFF: frozenset[str] = frozenset({"viewer", "desk", "supervisor", "administrator"})


@dataclass(frozen=True)
class Destination:
    """A mail address or mobile number that codes, notices and claims use once it is proven."""

    id: str
    account_id: str
    kind: Literal["email", "sms"]
    address: str
    verified_at: int | None = None
    usual: bool = False


@dataclass(frozen=True)
class Account:
    """`id` is the OIDC subject: opaque, stable and never reused (OIDC Core section 2). Times are Unix seconds.
    `mailbox` is the operator's own mailbox of this member; `offered_at` when the second factor was last offered, `passkey_offered_at` when a passkey was;
    `login_id_at` when the member last changed the login ID; `contract_key` names the contract in the operator's records, whatever it is called in claims, and
    `former_contract` is that name once it has ended; until `held_until` codes
    by mail or SMS are no second factor for portals; until `frozen_until` nothing that is a key can be changed. `closes_at`: when
    it closes because its contract has ended, `erase_at`: when what it holds is erased because it is closing; 0: not at all."""

    id: str
    login_id: str
    login_id_key: str
    nickname: str
    status: Status = "active"
    role: Role = "member"
    locale: str = "ja"
    epoch: int = 0
    email_login: str | None = None
    email_login_key: str | None = None
    password_hash: str | None = None
    password_state: PasswordState = "none"
    password_at: int = 0
    contractor_id: str | None = None
    contract_type: Literal["individual", "corporate"] | None = None
    contract_key: str | None = None
    former_contract: str | None = None
    profile: Mapping[str, Any] = field(default_factory=dict)
    second_factor: bool = False
    mailbox: str | None = None
    offered_at: int = 0
    passkey_offered_at: int = 0
    login_id_at: int = 0
    held_until: int = 0
    closes_at: int = 0
    erase_at: int = 0
    frozen_until: int = 0
    created_at: int = 0
    updated_at: int = 0
    destinations: tuple[Destination, ...] = ()

    @property
    def staff(self) -> bool:
        """Whether the stricter rules for staff hold."""
        return self.role in STAFF

    def channel_of(self, item: Destination) -> Literal["mail", "mailbox", "sms"]:
        """What kind of destination this one of the account's is; `mailbox` is the operator's own."""
        if item.kind == "sms":
            return "sms"
        return "mailbox" if self.mailbox and item.address.casefold() == self.mailbox.casefold() else "mail"
