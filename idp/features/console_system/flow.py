"""What `idp check` would say of this installation, as far as a web worker can see it without asking anybody outside."""

import platform
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping

import idp
from idp.deps import Deps
from idp.domain import keys as key_rules
from idp.domain.letter import LISTED
from idp.ports import Unavailable
from idp.services import checks, letters, switches
from idp.tables import keys as key_table
from idp.tables import outbox

OLD = 600  # seconds: nothing should be due for longer
SOON = 3  # a key that ends within so many `publish_before` and has no successor yet is worth a word


@dataclass(frozen=True)
class Finding:
    """Of one part: whether it is well, and the values of its sentence `con.system.<part>.good` or `.bad`."""

    part: str
    good: bool
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The key of the sentence."""
        return f"con.system.{self.part}.{'good' if self.good else 'bad'}"


@dataclass(frozen=True)
class KeyDates:
    """A signing key: since when it signs or from when on it will, and until when by schedule (Unix seconds)."""

    kid: str
    alg: str
    state: str
    starts_at: int
    ends_at: int


def findings(deps: Deps) -> list[Finding]:
    """Every part, in the order in which they are shown; one that does not answer is bad and leaves the others to be told."""
    parts: dict[str, Callable[[], tuple[bool, Mapping[str, Any]]]] = {
        "libraries": _libraries,
        "database": lambda: (deps.database.ping() is None, {}),
        "schema": lambda: _schema(deps),
        "ephemeral": lambda: (checks.keeps(deps.ephemeral), {}),
        "clock": lambda: _clock(deps),
        "keys": lambda: _keys(deps),
        "contracts": lambda: (deps.contractors.ping() is None, {}),
        "courier": lambda: (letters.courier_alive(deps), {}),
        "queue": lambda: _queue(deps),
        "channels": lambda: _channels(deps),
    }
    return [_tried(part, attempt) for part, attempt in parts.items()]


def _tried(part: str, attempt: Callable[[], tuple[bool, Mapping[str, Any]]]) -> Finding:
    try:
        good, values = attempt()
    except Unavailable:
        return Finding("away", False, {"part": f"con.system.part.{part}"})
    return Finding(part, good, values)


def _libraries() -> tuple[bool, Mapping[str, Any]]:
    old = checks.outdated()
    return not old, {"names": ", ".join(f"{name} {found} < {wanted}" for name, found, wanted in old)} if old else {}


def _schema(deps: Deps) -> tuple[bool, Mapping[str, Any]]:
    found = checks.step(deps.database)
    return found.at == found.wanted, {"at": found.at, "wanted": found.wanted}


def _clock(deps: Deps) -> tuple[bool, Mapping[str, Any]]:
    seconds = checks.skew(deps.database, deps.clock())
    return seconds <= checks.MAX_SKEW, {"seconds": f"{seconds:.1f}"}


def _queue(deps: Deps) -> tuple[bool, Mapping[str, Any]]:
    with deps.database.read() as connection:
        depth, age = outbox.depth_and_age(connection, deps.now())
    return age <= OLD, {"n": depth, "minutes": age // 60}


def _channels(deps: Deps) -> tuple[bool, Mapping[str, Any]]:
    paused = switches.state(deps)[0]
    down = [name for name in LISTED if name in paused or letters.channel_down(deps, name)]
    return not down, {"names": [f"con.courier.channel.{name}" for name in down]} if down else {}


def _keys(deps: Deps) -> tuple[bool, Mapping[str, Any]]:
    found, rule = key_dates(deps), deps.policy.keys
    late = [one for one in found if one.state == "current" and one.ends_at - deps.now() < rule.publish_before / SOON]
    late = [one for one in late if not any(other.alg == one.alg and other.state == "next" for other in found)]
    signing = {one.alg for one in found if one.state == "current"}
    return bool(signing) and not late, {"names": ", ".join(sorted({one.alg for one in late} or signing))}


def key_dates(deps: Deps) -> list[KeyDates]:
    """The signing keys in use, with their dates. Raises `Unavailable`."""
    with deps.database.read() as connection:
        stored = key_table.rows(connection)
    rule = deps.policy.keys
    states = key_rules.states(stored, rule, deps.now())
    shown = [KeyDates(key.kid, key.alg, states[key.kid], key.active_from, key.active_from + rule.period) for key in stored if states[key.kid] != "gone"]
    return sorted(shown, key=lambda one: (one.alg, one.starts_at))


def facts(deps: Deps) -> dict[str, str]:
    """What is installed and how it is set up, by key of its name."""
    server = deps.settings.server
    return {
        "con.system.fact.version": idp.__version__,
        "con.system.fact.python": platform.python_version(),
        "con.system.fact.database": deps.database.dialect,
        "con.system.fact.issuer": deps.settings.issuer,
        "con.system.fact.policy": deps.policy.version,
        "con.system.fact.workers": f"{server.workers} × {server.threads}",
    }
