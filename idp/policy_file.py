"""Reads a policy file, holds its numbers against each other, and lets its examples prove it before anything
starts; in one file because its bounds are read as one list."""

import importlib.resources
import re
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Iterator, get_type_hints

from idp import common_passwords, toml_reader
from idp.domain import contract, identifiers, password
from idp.domain.policy import Example, Policy, Seconds
from idp.domain.problem import Problem as Sentence
from idp.domain.romaji import spellings
from idp.toml_reader import TomlError

Problem = tuple[tuple[Any, ...], Sentence]

MINUTE, HOUR, DAY = 60, 3_600, 86_400
# Argon2id: the weakest of the equivalent settings of the OWASP Password Storage Cheat Sheet is 7168 KiB five times
_ARGON2_LEAST_KIB, _ARGON2_LEAST_WORK = 7_168, 35_840
_RANGES: dict[tuple[str, ...], tuple[int, int]] = {
    ("login_id", "min"): (3, identifiers.LOGIN_ID_MAX),
    ("login_id", "max"): (3, identifiers.LOGIN_ID_MAX),
    ("login_id", "change_every"): (0, 400 * DAY),
    ("password", "min"): (8, 128),  # NIST SP 800-63B-4 section 3.1.1.2: never fewer than 8
    ("password", "max"): (8, 128),  # 128 characters of 4 bytes are the 512 bytes that are read at all
    ("password", "min_kinds"): (0, 3),
    ("password", "alternative", "min"): (15, 128),  # the same section: 15 without a second factor
    ("password", "alternative", "max"): (64, 128),  # the same section: accept at least 64
    ("password", "blocklist", "common_size"): (3_000, 30_000),  # ASVS 6.2.4: at least the top 3000
    ("password", "hash", "memory_kib"): (_ARGON2_LEAST_KIB, 1_048_576),
    ("password", "hash", "time_cost"): (1, 20),
    ("password", "hash", "parallelism"): (1, 16),
    ("waits", "first_after"): (1, 20),
    ("waits", "long_after"): (2, 100),  # NIST SP 800-63B-4 section 3.2.2: at most 100 tries in a row
    ("waits", "first"): (1, DAY),
    ("waits", "long"): (1, DAY),
    ("waits", "longest"): (MINUTE, 30 * DAY),
    ("waits", "warn_from"): (0, 20),
    ("rates", "sign_ins_per_address_per_minute"): (1, 100_000),
    ("rates", "pages_per_address_per_minute"): (1, 100_000),
    ("rates", "pages_per_minute_before_friction"): (1, 1_000_000),
    ("rates", "failures_per_minute_before_friction"): (1, 1_000_000),
    ("rates", "sign_ins_per_address_under_friction"): (1, 100_000),
    ("rates", "device_codes_per_address_per_minute"): (1, 100_000),
    ("rates", "device_failures_per_minute_before_friction"): (1, 1_000_000),
    ("rates", "device_codes_per_address_under_friction"): (1, 100_000),
    ("second_factor", "remember"): (DAY, 400 * DAY),  # browsers keep no cookie for longer than 400 days
    ("second_factor", "remember_most"): (1, 100),
    ("second_factor", "offer_every"): (DAY, 365 * DAY),
    ("second_factor", "step_up"): (MINUTE, HOUR),
    ("second_factor", "passkeys_most"): (1, 100),
    ("codes", "sms"): (2 * MINUTE, 10 * MINUTE),  # NIST SP 800-63B-4 section 3.1.3.2: 10 minutes at most
    ("codes", "mail"): (5 * MINUTE, HOUR),  # mail may take 10 minutes to arrive (portals, finding 2)
    ("codes", "resend"): (10, 10 * MINUTE),
    ("codes", "per_destination_per_hour"): (2, 100),
    ("codes", "per_account_per_hour"): (2, 100),
    ("codes", "per_account_per_day"): (2, 1_000),
    ("codes", "per_address_per_hour"): (2, 100_000),
    ("codes", "sms_yen_per_day"): (0, 1_000_000_000),
    ("codes", "sms_per_country_per_day"): (0, 100_000_000),
    ("code_waits", "first_after"): (1, 20),
    ("code_waits", "long_after"): (2, 100),
    ("code_waits", "first"): (1, DAY),
    ("code_waits", "long"): (1, DAY),
    ("code_waits", "longest"): (MINUTE, 30 * DAY),
    ("sessions", "idle"): (MINUTE, 30 * DAY),
    ("sessions", "absolute"): (MINUTE, 90 * DAY),
    ("sessions", "staff_idle"): (MINUTE, 12 * HOUR),
    ("sessions", "page"): (MINUTE, DAY),
    ("tokens", "code"): (10, 10 * MINUTE),  # RFC 6749 section 4.1.2: 10 minutes at most
    ("tokens", "pushed_request"): (5, 10 * MINUTE),
    ("tokens", "device_code"): (10, 30 * MINUTE),
    ("tokens", "access"): (10, DAY),
    ("tokens", "id"): (10, DAY),
    ("tokens", "refresh_idle"): (10, 400 * DAY),
    ("tokens", "refresh"): (10, 400 * DAY),
    ("keys", "period"): (HOUR, 1_000 * DAY),
    ("keys", "publish_before"): (MINUTE, 90 * DAY),
    ("keys", "publish_after"): (MINUTE, 90 * DAY),
    ("letters", "valid"): (DAY, 365 * DAY),
    ("contract_checks", "per_contract_per_day"): (1, 100),
    ("contract_checks", "per_address_per_hour"): (1, 100_000),
    ("contract_checks", "failures_per_hour_before_friction"): (1, 1_000_000),
    ("contract_checks", "per_address_under_friction"): (1, 100_000),
    ("registration", "verified"): (5 * MINUTE, DAY),
    ("registration", "valid"): (HOUR, 7 * DAY),
    ("registration", "password_tries"): (1, 20),
    ("registration", "id_checks"): (1, 1_000),
    ("registration", "resend"): (10, HOUR),
    ("registration", "sends"): (1, 20),
    ("recovery", "mail"): (5 * MINUTE, DAY),  # NIST SP 800-63B-4 section 4.2.1.2: 24 hours at most
    ("recovery", "sms"): (2 * MINUTE, 10 * MINUTE),  # the same section: 10 minutes at most
    ("recovery", "code_tries"): (1, 20),
    ("recovery", "hold"): (0, 30 * DAY),
    ("closing", "undo"): (DAY, 90 * DAY),
    ("closing", "after_contract"): (0, 730 * DAY),
    ("alarm", "freeze"): (HOUR, 30 * DAY),
    ("alarm", "undo"): (HOUR, 30 * DAY),
    ("alarm", "tries_per_address_per_hour"): (1, 100_000),
}
# (lower, higher, whether they may be equal)
_ORDER: tuple[tuple[str, str, bool], ...] = (
    ("login_id.min", "login_id.max", True),
    ("password.min", "password.max", True),
    ("password.min", "password.alternative.min", True),
    ("password.alternative.min", "password.alternative.max", True),
    ("waits.warn_from", "waits.first_after", True),
    ("waits.first_after", "waits.long_after", False),
    ("waits.first", "waits.long", True),
    ("waits.long", "waits.longest", True),
    ("code_waits.first_after", "code_waits.long_after", False),
    ("code_waits.first", "code_waits.long", True),
    ("code_waits.long", "code_waits.longest", True),
    ("codes.resend", "codes.sms", False),
    ("codes.resend", "codes.mail", False),
    ("codes.per_account_per_hour", "codes.per_account_per_day", True),
    ("rates.sign_ins_per_address_under_friction", "rates.sign_ins_per_address_per_minute", True),
    ("rates.sign_ins_per_address_per_minute", "rates.pages_per_address_per_minute", True),
    ("sessions.idle", "sessions.absolute", True),
    ("sessions.staff_idle", "sessions.idle", True),
    ("keys.publish_before", "keys.period", False),
    ("tokens.access", "keys.publish_after", True),
    ("tokens.id", "keys.publish_after", True),
    ("tokens.access", "tokens.refresh_idle", True),
    ("tokens.refresh_idle", "tokens.refresh", True),
    ("contract_checks.per_address_under_friction", "contract_checks.per_address_per_hour", True),
)


def _shipped() -> Traversable:
    try:
        return importlib.resources.files("idp.policies")
    except ModuleNotFoundError:  # a bare checkout, where the folder lies beside the package
        return Path(__file__).resolve().parent.parent / "policies"


def shipped_text(name: str) -> str:
    """The text of a policy that comes with the product; empty for any other name."""
    return _text_of(name, Path()) if name in shipped_names() else ""


def shipped_names() -> tuple[str, ...]:
    """Names of the policies that come with the product."""
    return tuple(sorted(item.name[:-5] for item in _shipped().iterdir() if item.name.endswith(".toml")))


def _text_of(name_or_path: str, base: Path) -> str:
    if name_or_path in shipped_names():
        return _shipped().joinpath(f"{name_or_path}.toml").read_text(encoding="utf-8")
    if re.fullmatch("[A-Za-z0-9-]+", name_or_path) and not (base / name_or_path).is_file():
        known = ", ".join(shipped_names())
        raise TomlError([f"{name_or_path}: no such policy; write {known}, or the path of a policy file such as ./policy.toml."])
    try:
        with (base / name_or_path).open("rb") as file:
            return file.read(toml_reader.MAX_BYTES + 1).decode("utf-8")
    except OSError as error:
        raise TomlError([f"{name_or_path}: cannot be read: {error.strerror}."]) from None
    except (UnicodeDecodeError, ValueError):
        raise TomlError([f"{name_or_path}: this is not a UTF-8 text file."]) from None


def _at(policy: Policy, path: tuple[str, ...]) -> Any:
    value: Any = policy
    for name in path:
        value = getattr(value, name)
    return value


def _shown(policy: Policy, path: tuple[str, ...], value: int) -> str:
    if get_type_hints(type(_at(policy, path[:-1])))[path[-1]] is not Seconds:
        return str(value)
    unit = max((u for u, length in toml_reader.UNITS.items() if value % length == 0), key=toml_reader.UNITS.__getitem__)
    return f'"{value // toml_reader.UNITS[unit]}{unit}"'


def _number_problems(policy: Policy) -> Iterator[Problem]:
    for path, (low, high) in _RANGES.items():
        if not low <= _at(policy, path) <= high:
            shown = {"low": _shown(policy, path, low), "high": _shown(policy, path, high)}
            yield path, Sentence("range", "write a value from {low} to {high}", **shown)
    for lower, higher, equal in _ORDER:
        path, other = tuple(lower.split(".")), tuple(higher.split("."))
        small, great = _at(policy, path), _at(policy, other)
        if small > great or (small == great and not equal):
            shown = {"low": _shown(policy, path, small), "other": higher, "high": _shown(policy, other, great)}
            if equal:
                yield path, Sentence("order_most", "{low} must be at most {other}, which is {high}", **shown)
            else:
                yield path, Sentence("order_less", "{low} must be less than {other}, which is {high}", **shown)


def _proof_problems(policy: Policy) -> Iterator[Problem]:
    """A proof of one fact alone could be guessed; one of names alone is no secret."""
    registration, recovery = policy.registration, policy.recovery
    sets = {("registration", "proof"): registration.proof, ("recovery", "individual"): recovery.individual, ("recovery", "corporate"): recovery.corporate}
    for path, facts in sets.items():
        names = [name for fact in facts for name in fact.split("|")]
        if unknown := [name for name in names if name not in contract.FACTS]:
            words = '"{fact}" is no fact; write {facts}, or two with | between'
            yield path, Sentence("fact_unknown", words, fact=unknown[0][:40], facts=", ".join(contract.FACTS))
        elif len(set(names)) != len(names):
            yield path, Sentence("facts_once", "write each fact once")
        elif len(facts) < 2 or not set(names) & contract.IDENTIFYING:
            yield path, Sentence("facts_two", "write two facts or more, and among them one of {facts}", facts=", ".join(sorted(contract.IDENTIFYING)))


def _other_problems(policy: Policy) -> Iterator[Problem]:
    yield from _proof_problems(policy)
    symbols, rule, hash_cost = policy.login_id.symbols, policy.password, policy.password.hash
    if not re.fullmatch("[A-Za-z0-9._-]{1,64}", policy.version):
        yield ("version",), Sentence("version", "write 1 to 64 letters, digits, dots, - or _; it stands in audit records")
    if set(symbols) - set(identifiers.ALL_SYMBOLS) or len(set(symbols)) != len(symbols):
        yield ("login_id", "symbols"), Sentence("symbols", 'write ASCII symbols once each, and never "@", which tells addresses from IDs')
    if len(set(rule.require)) != len(rule.require):
        yield ("password", "require"), Sentence("kinds_once", "write each kind once")
    if rule.charset == "alphanumeric" and "symbol" in rule.require:
        yield ("password", "require"), Sentence("kinds_symbol", 'a symbol cannot be required where charset is "alphanumeric"')
    for word in rule.blocklist.words:
        if len(word) > 64 or min(map(len, spellings(word))) < password.WORD_MIN:
            words = '"{word}" must have 4 to 64 letters (kana counted as Latin letters)'
            yield ("password", "blocklist", "words"), Sentence("word", words, word=word[:64])
    if not policy.codes.sms_countries or not all(re.fullmatch("[A-Z]{2}", one) for one in policy.codes.sms_countries):
        yield ("codes", "sms_countries"), Sentence("countries", 'write country codes of two letters, such as "JP"')
    if hash_cost.memory_kib * hash_cost.time_cost < _ARGON2_LEAST_WORK:
        yield ("password", "hash"), Sentence("hash_weak", "too weak: memory_kib times time_cost must be at least {low}", low=_ARGON2_LEAST_WORK)


def verdicts_of(policy: Policy, example: Example) -> tuple[str, ...]:
    """What the policy says of an example's input, as codes; empty if it is accepted."""
    if example.rule == "login_id":
        return identifiers.login_id_verdicts(example.input, policy.login_id)
    return password.verdicts(example.input, policy.password, example.words, common_passwords.rank)


def _example_problems(policy: Policy) -> Iterator[Problem]:
    for number, example in enumerate(policy.example):
        found = verdicts_of(policy, example)
        if set(found) != set(example.verdicts):
            said, wanted = (" + ".join(codes) or "accepted" for codes in (found, example.verdicts))
            shown = example.input if len(example.input) <= 40 else example.input[:40] + "…"
            words = '{rule} "{input}" is to be {wanted}, but is {said}; mend the rule or the example'
            yield ("example", number), Sentence("example", words, rule=example.rule, input=shown, wanted=wanted, said=said)
    for rule in ("login_id", "password"):
        rows = [example for example in policy.example if example.rule == rule]
        if not any(row.verdicts for row in rows) or all(row.verdicts for row in rows):
            yield ("example",), Sentence("examples", "write at least one accepted and one refused [[example]] of {rule}", rule=rule)


def load(name_or_path: str, base: Path) -> Policy:
    """The policy of a shipped name ("standard") or of a file, relative to `base`.

    Raises `TomlError` with one sentence per problem: unreadable, unknown key, a number out of range or at odds with
    another, or an example that the rules no longer bear out.
    """
    return prove(_text_of(name_or_path, base), name_or_path)


def prove(text: str, source: str) -> Policy:
    """The policy of a file's text; `source` is what its problems call it. Raises `TomlError` as `load` does."""
    policy = toml_reader.read(Policy, text, source)
    problems = [*_number_problems(policy), *_other_problems(policy)] or list(_example_problems(policy))
    if problems:
        raise TomlError([toml_reader.problem(text, source, path, message) for path, message in problems[: toml_reader.MOST]])
    return policy
