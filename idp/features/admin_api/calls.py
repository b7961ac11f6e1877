"""What one operation of the API is, what it is called with, and how it says no."""

from dataclasses import dataclass, field
from typing import Any, Callable, Mapping

from marshmallow import Schema

from idp.domain.account import Account
from idp.domain.client import Client
from idp.web.house import House
from idp.web.machine import MachineRequest, Reply

# what stands in an address: ids of ours, or a client_id of anybody's making (RFC 6749 appendix A.1), slashes and all
PARTS: Mapping[str, str] = {"client_id": "[!-~]{1,200}"}
PART = "[A-Za-z0-9_-]{1,64}"
ACTOR_LONGEST = 64  # characters of an actor in the record; its client stands beside it in full


def part(name: str) -> str:
    """What a part of an address may be, as a regular expression."""
    return PARTS.get(name, PART)


class Problem(Exception):
    """The operation was not done. `status` and `error` are for programs, `words` for people, `problems` name what is wrong
    with what was sent; `retry`: after how many seconds it may be tried again."""

    def __init__(self, status: int, error: str, words: str, problems: tuple[str, ...] = (), retry: int = 0):
        super().__init__(error)
        self.status, self.error, self.words, self.problems, self.retry = status, error, words, problems, retry


@dataclass(frozen=True)
class Call:
    """One call: `named`: parts of the address by name, `query` and `body` as their schemas have read them, `request` for bodies
    that are streamed."""

    house: House
    client: Client
    request: MachineRequest
    named: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def actor(self) -> Account:
        """The client as one of the support desk, who stands above members and below all staff (requirement AD-04)."""
        name = self.client.id
        return Account(f"client:{name}"[:ACTOR_LONGEST], login_id=name, login_id_key="", nickname=self.client.name, role="desk")

    @property
    def why(self) -> dict[str, str]:
        """Reason and ticket for the record."""
        return {name: self.body[name] for name in ("reason", "ticket") if name in self.body}


@dataclass(frozen=True)
class Operation:
    """`act` returns what `answer` describes, or a whole `Reply`; `errors`: statuses that it has beside those of every operation;
    `once`: it sends letters, so that an Idempotency-Key counts; `takes`, `gives`: media types of bodies that are not JSON."""

    name: str
    method: str
    path: str
    scope: str
    summary: str
    act: Callable[[Call], Any]
    answer: type[Schema] | None = None
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    status: int = 200
    errors: tuple[int, ...] = ()
    once: bool = False
    takes: str | None = None
    gives: str | None = None
    words: str = ""


Answer = dict[str, Any] | Reply
