"""The sockets: what the product asks of the outside world, with at least two plugs each in `idp.adapters`."""

from dataclasses import dataclass
from typing import Literal, Mapping, Protocol


class Unavailable(Exception):
    """An outside part does not answer; the request ends in 503 with Retry-After, never in a guess."""


@dataclass(frozen=True)
class Spent:
    """What `Ephemeral.spend` found: the value, and whether this call was the first to spend it."""

    value: bytes
    first: bool


class Ephemeral(Protocol):
    """Short-lived facts shared by all worker processes; losing them costs a member one retry at most.

    Keys are ASCII strings of at most 200 characters, values at most 64 KiB, lifetimes whole seconds > 0.
    Every method raises `Unavailable` when the store does not answer. Each is one atomic statement.
    """

    def put(self, key: str, value: bytes, seconds: int, *also: tuple[str, bytes, int]) -> None:
        """Store or replace the value and its lifetime; `also`: others, in the same step."""

    def add(self, key: str, value: bytes, seconds: int) -> bool:
        """Store only if no live value is there; true for exactly one of many parallel callers."""

    def get(self, key: str) -> bytes | None:
        """The live value, or None."""

    def take(self, key: str) -> bytes | None:
        """The live value, removed: exactly one of many parallel callers gets it."""

    def spend(self, key: str, keep_seconds: int) -> Spent | None:
        """Mark the live value as spent; the first call keeps it for `keep_seconds`, so that reuse is recognised."""

    def drop(self, key: str) -> None:
        """Remove the value; nothing happens if there is none."""

    def hit(self, key: str, window_seconds: int) -> int:
        """Count one event and return the count within the window that the first event opened.

        Counts live apart from values: get, take, put and drop of the same key do not see them."""

    def ping(self) -> None:
        """Return if the store works."""

    def mistakes(self) -> list[str]:
        """What in its server's settings forgets what must be remembered, or remembers what must be forgotten: a plain clause each."""

    def forget_connections(self) -> None:
        """In a forked child: drop what the parent opened."""


# parked: refused for good, and kept for an operator to look at
Outcome = Literal["accepted", "delivered", "unreachable", "rejected", "failed", "unknown", "parked"]


@dataclass(frozen=True)
class Sent:
    """What the far side said of one message: an outcome, its own id for the message, a short reason, and which of several
    far sides it was."""

    outcome: Outcome
    provider_id: str = ""
    reason: str = ""
    gateway: str = ""


class Mail(Protocol):
    """Sends one plain-text mail to one recipient."""

    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        """Raises `Unavailable` when it is worth trying again later."""

    def ping(self) -> None:
        """Return if the mail system works; raises `Unavailable`."""


class Sms(Protocol):
    """Sends one text message to one Japanese mobile number."""

    def send(self, to_e164: str, body: str, expires_at: int, idempotency_key: str) -> Sent:
        """`expires_at` is the Unix time after which it must not arrive. Raises `Unavailable`."""

    def ping(self) -> None:
        """Return if the gateway works; raises `Unavailable`."""


@dataclass(frozen=True)
class ContractMatch:
    """A contract whose facts all matched.

    `contractor_id`: what the operator calls it, for claims. The register keeps no number in clear, so it can say the
    folded customer number only when that was among the facts; otherwise it is the `contract_key`.
    `contract_key`: the same for one contract whatever facts were given, so that an account made from one set of facts
    is found again by another; "k:…" from the register, the operator's own id from a customer system.
    `name_level`: how the name agreed, for the audit trail: kana, bank, kanji, latin, company, company_kana, or "".
    """

    contractor_id: str
    contract_type: Literal["individual", "corporate"]
    contract_key: str
    name_level: str = ""


class Contractors(Protocol):
    """The operator's contract records, asked one yes-or-no question about all facts together."""

    def match(self, facts: Mapping[str, str]) -> ContractMatch | None:
        """`facts` by name (`idp.domain.contract.FACTS`), as typed. None unless every fact given belongs to one and the
        same live contract, and to no second one; None for no facts, blank ones and ones longer than 1 KiB. Raises
        `Unavailable`, and KeyError for a fact of another name."""

    def ping(self) -> None:
        """Return if the records can be read; raises `Unavailable`."""


class NotFetched(Exception):
    """An address that is not connected to, or an answer that is not taken: to ask again would not help."""


@dataclass(frozen=True)
class Fetched:
    """An answer of whatever status; `content_type` in lower case without parameters."""

    status: int
    content_type: str
    body: bytes


class Fetcher(Protocol):
    """Asks addresses that clients have registered, and reaches nothing else by them (requirement DC-02): https to public
    addresses, no redirects, bounded time and size."""

    def get(self, url: str, accept: str) -> Fetched:
        """What stands there. Raises `Unavailable` when it is worth trying again later, else `NotFetched`."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Fetched:
        """What is answered to the body; `headers` name its type. Raises the same."""


class TxtRecords(Protocol):
    """Asks DNS for the TXT records of a name."""

    def txt(self, name: str) -> tuple[str, ...]:
        """Every record, each of one line; none where there are none. Raises `Unavailable` without an answer in time."""
