"""Holds a policy file against the one in force: the sentences that would differ, and how many members each change would touch."""

from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Iterator, Mapping

from idp import policy_file, vault
from idp.deps import Deps
from idp.domain.policy import Policy
from idp.services import policy_explain
from idp.tables import policy_effect
from idp.tables.policy_effect import Member
from idp.toml_reader import Placed, TomlError

SOURCE = "policy.toml"
SAMPLE = 5_000
SESSIONS_MOST = 100_000


@dataclass(frozen=True)
class Effect:
    """What a change would do, by the key of its sentence and its values."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Counted:
    """Members of the installation; `exact`: all of them were looked at, not a sample."""

    total: int
    exact: bool
    members: tuple[Member, ...]

    def of(self, fits: Any) -> int:
        """How many active members fit, in all."""
        found = sum(1 for one in self.members if one.status == "active" and fits(one))
        return found if self.exact or not self.members else round(found * self.total / len(self.members))


@dataclass(frozen=True)
class Tried:
    """What came of it: `problems` of the file, or what would differ."""

    problems: tuple[Placed, ...] = ()
    differences: tuple[tuple[str, str], ...] = ()
    effects: tuple[Effect, ...] = ()
    counted: Counted | None = None


def counted(deps: Deps) -> Counted:
    """Count or estimate. Raises `Unavailable`."""
    with deps.database.read() as connection:
        total = policy_effect.total(connection)
        members = policy_effect.sample(connection, vault.random_id(), SAMPLE)
    return Counted(total, len(members) >= total, tuple(members))


# of everybody, whatever changes: key of the sentence, and who fits
STANDING: Mapping[str, Any] = {
    "con.policy.count.no_factor": lambda one: not one.second_factor,
    "con.policy.count.sms_only": lambda one: one.kinds == {"sms"},
    "con.policy.count.mail_only": lambda one: one.kinds == {"email"},
    "con.policy.count.nowhere": lambda one: not one.kinds,
    "con.policy.count.letter": lambda one: one.password_state == "letter",
    "con.policy.count.old_rule": lambda one: one.password_state == "old_rule",
}


def standing(found: Counted) -> list[tuple[str, int]]:
    """How many there are of each kind that a policy may touch."""
    return [(key, found.of(fits)) for key, fits in STANDING.items()]


def attempt(deps: Deps, text: str, locale: str) -> Tried:
    """Read the file with its examples and hold it against the policy in force. Nothing is changed. Raises `Unavailable`."""
    try:
        new = policy_file.prove(text, SOURCE)
    except TomlError as error:
        return Tried(problems=tuple(problem for problem in error.problems if isinstance(problem, Placed)))
    old = deps.policy
    found = counted(deps)
    return Tried((), tuple(_differences(old, new, locale)), tuple(_effects(deps, old, new, found)), found)


def _differences(old: Policy, new: Policy, locale: str) -> Iterator[tuple[str, str]]:
    """Sentences of both that are not the same, side by side; "" where one side has none."""
    here, there = policy_explain.explain(old, locale), policy_explain.explain(new, locale)
    for kind, first, last, start, end in SequenceMatcher(a=here, b=there, autojunk=False).get_opcodes():
        if kind != "equal":
            yield from zip_longest(here[first:last], there[start:end], fillvalue="")


def _effects(deps: Deps, old: Policy, new: Policy, found: Counted) -> Iterator[Effect]:
    now, factor = deps.now(), new.second_factor.mode
    if factor == "required" != old.second_factor.mode:
        yield Effect("con.policy.effect.required", {"n": found.of(lambda one: not one.second_factor)})
        yield Effect("con.policy.effect.required_nowhere", {"n": found.of(lambda one: not one.kinds)})
    if factor == "off" != old.second_factor.mode:
        yield Effect("con.policy.effect.off", {"n": found.of(lambda one: one.second_factor)})
    if _sms(old) and not _sms(new):
        yield Effect("con.policy.effect.no_sms", {"n": found.of(lambda one: one.kinds == {"sms"})})
    if new.sessions.absolute < old.sessions.absolute:
        with deps.database.read() as connection:
            many = policy_effect.sessions_between(connection, now - old.sessions.absolute, now - new.sessions.absolute, SESSIONS_MOST)
        yield Effect("con.policy.effect.sessions", {"n": many})
    if new.letters.valid < old.letters.valid:
        late = range(now - old.letters.valid, now - new.letters.valid)
        yield Effect("con.policy.effect.letters", {"n": found.of(lambda one: one.password_state == "letter" and one.password_at in late)})
    if (new.password, new.login_id) != (old.password, old.login_id):
        yield Effect("con.policy.effect.rules")
    if new.password.hash != old.password.hash:
        yield Effect("con.policy.effect.hash")


def _sms(policy: Policy) -> bool:
    """Whether codes can go out by SMS at all."""
    return "JP" in policy.codes.sms_countries and policy.codes.sms_per_country_per_day > 0
