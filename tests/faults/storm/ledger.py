"""What the load knows: every answer, what was used and what came of it, what has ended, and what must still hold."""

import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, Iterable

import requests

CANARY = "Kanarienvogel"  # every password of the load begins so: it must be found nowhere


@dataclass
class Member:
    """Somebody of the load. `factor`: where codes go, "" for none; `maybe`: passwords that count if an answer that was lost had
    said so; `changed`: (when, password) of each change that was answered."""

    name: str
    password: str
    factor: str = ""
    maybe: list[str] = field(default_factory=list)
    changed: list[tuple[float, str]] = field(default_factory=list)
    made: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.changed.append((self.made, self.password))

    def has(self, password: str) -> None:
        """This one is the password, as an answer says."""
        if password != self.password:
            self.changed.append((time.monotonic(), password))
        self.password, self.maybe = password, []


@dataclass
class Held:
    """A token or session that somebody holds; `family`: what came of the same sign-in. `ended`: why it must not work any more;
    `sure`: whether it must work otherwise (an answer that was lost may have ended it)."""

    kind: str
    value: str
    member: str
    client: dict[str, Any]
    family: str
    ended: str = ""
    sure: bool = True


class Ledger:
    """Written by all threads of the load."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.members: dict[str, Member] = {}
        self.acts: Counter[tuple[str, str]] = Counter()
        self.faults: Counter[str] = Counter()
        self.recovery: dict[str, list[float]] = defaultdict(list)
        self.answers: Counter[int] = Counter()
        self.effects: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.held: list[Held] = []
        self.secrets: set[str] = set()
        # what breaks an invariant, found on the spot
        self.wrong: list[str] = []
        self.leaks: list[str] = []
        self.revived: list[str] = []
        self.unproven: list[str] = []
        self.stuck: list[str] = []
        self.missing: list[str] = []
        self.reasons: Counter[str] = Counter()

    def member(self, one: Member) -> Member:
        """Somebody more, whose account was acknowledged."""
        with self.lock:
            self.members[one.name] = one
        return one

    def act(self, what: str, outcome: str, why: str = "") -> None:
        """Count what was done, and how it ended; `why`: what was met instead of what was expected."""
        with self.lock:
            self.acts[what, outcome] += 1
            if why:
                self.reasons[f"{what}: {why}"] += 1

    def answered(self, method: str, path: str, answer: requests.Response) -> None:
        """Look at an answer: no error of ours, a refusal that says when to come again, and no secret on a page."""
        said = f"{method} {path}: {answer.status_code}"
        with self.lock:
            self.answers[answer.status_code] += 1
            if answer.status_code >= 500 and (answer.status_code != 503 or not answer.headers.get("Retry-After")):
                self.wrong.append(said)
            if CANARY in answer.text + str(answer.headers):
                self.leaks.append(said)

    def used(self, kind: str, thing: str, effect: str) -> None:
        """Something that counts once was used, with this effect."""
        with self.lock:
            self.effects[kind, thing].add(effect)

    def holds(self, kind: str, value: str, member: Member, client: dict[str, Any], family: str) -> Held:
        """Somebody holds it from now on."""
        one = Held(kind, value, member.name, client, family)
        with self.lock:
            self.held.append(one)
            self.secret(value)
        return one

    def secret(self, value: str) -> None:
        """It opens a door, so it may stand nowhere: of a token its signature, of a cookie what only the browser knows."""
        with self.lock:
            self.secrets.add(value.rpartition(".")[2])

    def end(self, why: str, these: Iterable[Held]) -> None:
        """None of these may work any more."""
        with self.lock:
            for one in these:
                one.ended = one.ended or why

    def doubt(self, these: Iterable[Held]) -> None:
        """None of these has to work any more."""
        with self.lock:
            for one in these:
                one.sure = False

    def of(self, *, member: str = "", family: str = "") -> list[Held]:
        """What a member holds, or what came of one sign-in."""
        with self.lock:
            return [one for one in self.held if one.member == member or family and one.family == family]

    def restored(self, backup_at: float) -> None:
        """The installation is again what it was at this moment, and nothing that was given out before now is good."""
        with self.lock:
            self.end("restored", self.held)
            self.members = {name: one for name, one in self.members.items() if one.made < backup_at}
            for one in self.members.values():
                # an answer that was lost before the backup may have become known after it
                one.maybe += [password for when, password in one.changed if when >= backup_at]
                # and what has been undone is not in the next backup either
                one.changed = [known for known in one.changed if known[0] < backup_at]
                one.password = one.changed[-1][1]
