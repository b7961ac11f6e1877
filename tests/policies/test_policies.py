"""Policy files: the shipped ones prove themselves, and a loosened or broken copy does not start."""

import random
import re
import string
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from idp.domain import identifiers, password
from idp.domain.policy import Policy
from idp.policy_file import load, shipped_names
from idp.toml_reader import TomlError
from tests.policies.test_policy_explain import SHIPPED, leaves

FOLDER = Path(__file__).resolve().parents[2] / "policies"


def source(name: str) -> str:
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def changed(name: str, old: str, new: str) -> str:
    """The file with one line changed, found by how it begins within the section that `old` names after a slash."""
    section, line = old.split("/")
    body = source(name)
    start = body.index(f"\n[{section}]") if section else 0
    at = re.compile(rf"^{re.escape(line)}\b.*$", re.MULTILINE).search(body, start)
    assert at
    return body[: at.start()] + new + body[at.end() :]


def problems(tmp_path: Path, body: str) -> list[str]:
    (tmp_path / "policy.toml").write_text(body, encoding="utf-8")
    try:
        load("policy.toml", tmp_path)
    except TomlError as error:
        return error.problems
    return []


def test_every_shipped_file_is_found_by_name_and_its_examples_hold(tmp_path: Path) -> None:
    assert shipped_names() == SHIPPED
    for name in SHIPPED:
        read = load(name, tmp_path)
        assert read.version == f"{name}-2" and len(read.example) > 20
        assert problems(tmp_path, source(name)) == []


def test_the_standard_file_is_the_default_of_the_code(tmp_path: Path) -> None:
    default = Policy(version="x")
    read = load("standard", tmp_path)
    for path, value in leaves(read):
        if path[0] not in ("version", "example", "password"):
            assert value == dict(leaves(default))[path], path
    rule = read.password
    assert (rule.min, rule.max, rule.require, rule.min_kinds) == (8, 128, ("upper", "lower", "digit"), 0)
    assert (rule.alternative.enabled, rule.alternative.min) == (True, 15)
    assert (rule.blocklist.common, rule.blocklist.personal, rule.hash) == (True, True, default.password.hash)


def test_the_compatibility_files_hold_what_the_guides_print(tmp_path: Path) -> None:
    eight, two = load("exact-eight", tmp_path), load("two-kinds", tmp_path)
    assert (eight.password.min, eight.password.max, eight.password.charset) == (8, 8, "alphanumeric")
    assert eight.password.require == ("upper", "lower", "digit") and not eight.password.alternative.enabled
    assert (two.password.min, two.password.max, two.password.min_kinds, two.password.charset) == (8, 16, 2, "alphanumeric")
    assert (two.login_id.min, two.login_id.max, set(two.login_id.symbols)) == (5, 30, set(identifiers.ALL_SYMBOLS))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_key_is_spelled_out(name: str) -> None:
    data = tomllib.loads(source(name))
    for path, _ in leaves(Policy(version="x")):
        inner = data
        for key in path:
            assert key in inner, path
            inner = inner[key]


LOOSER = [
    ("standard", "login_id/min", "min = 4"),
    ("standard", "login_id/max", "max = 31"),
    ("standard", "login_id/symbols", 'symbols = "._-+"'),
    ("standard", "password/require", 'require = ["lower", "digit"]'),
    ("standard", "password/require", 'require = ["upper", "digit"]'),
    ("standard", "password/require", 'require = ["upper", "lower"]'),
    ("standard", "password/charset", 'charset = "any"'),
    ("standard", "password.blocklist/common", "common = false"),
    ("standard", "password.blocklist/common_size", "common_size = 29000"),
    ("standard", "password.blocklist/personal", "personal = false"),
    ("standard", "password.blocklist/words", "words = []"),
    ("exact-eight", "login_id/min", "min = 4"),
    ("exact-eight", "login_id/max", "max = 31"),
    ("exact-eight", "login_id/symbols", 'symbols = "._-+"'),
    ("exact-eight", "password/max", "max = 9"),
    ("exact-eight", "password/require", 'require = ["lower", "digit"]'),
    ("exact-eight", "password/require", 'require = ["upper", "digit"]'),
    ("exact-eight", "password/require", 'require = ["upper", "lower"]'),
    ("exact-eight", "password/charset", 'charset = "ascii"'),
    ("exact-eight", "password.alternative/enabled", "enabled = true"),
    ("exact-eight", "password.blocklist/common", "common = false"),
    ("exact-eight", "password.blocklist/common_size", "common_size = 4000"),
    ("exact-eight", "password.blocklist/personal", "personal = false"),
    ("exact-eight", "password.blocklist/words", 'words = ["stnet"]'),
    ("exact-eight", "password.blocklist/words", 'words = ["pikara"]'),
    ("two-kinds", "login_id/min", "min = 4"),
    ("two-kinds", "login_id/max", "max = 31"),
    ("two-kinds", "password/max", "max = 17"),
    ("two-kinds", "password/min_kinds", "min_kinds = 1"),
    ("two-kinds", "password/charset", 'charset = "ascii"'),
    ("two-kinds", "password.alternative/enabled", "enabled = true"),
    ("two-kinds", "password.blocklist/common", "common = false"),
    ("two-kinds", "password.blocklist/common_size", "common_size = 4000"),
    ("two-kinds", "password.blocklist/personal", "personal = false"),
    ("two-kinds", "password.blocklist/words", 'words = ["aicom"]'),
    ("two-kinds", "password.blocklist/words", 'words = ["あいコムこうか"]'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new"), LOOSER)
def test_a_loosened_rule_without_a_changed_example_does_not_start(tmp_path: Path, name: str, old: str, new: str) -> None:
    found = problems(tmp_path, changed(name, old, new))
    assert found and all(re.match(r"policy\.toml, line [0-9]+: example\.[0-9]+: ", line) for line in found), found
    assert all("but is accepted" in line or "is to be" in line for line in found)


def test_a_loosened_alternative_does_not_start_either(tmp_path: Path) -> None:
    longer = changed("standard", "password.alternative/max", "max = 127")
    assert any("password.max" in line for line in problems(tmp_path, longer))
    later = changed("standard", "password.alternative/min", "min = 16")
    assert any("password.characters" in line for line in problems(tmp_path, later))


def test_the_problem_names_the_example_and_its_line(tmp_path: Path) -> None:
    body = changed("exact-eight", "password/max", "max = 9")
    row = body[: body.index('input = "Kx7mQ2vnA"')].count("\n")  # lines before it; its [[example]] is 2 above
    found = [line for line in problems(tmp_path, body) if "Kx7mQ2vnA" in line]
    assert found == [
        f'policy.toml, line {row - 1}: example.11: password "Kx7mQ2vnA" is to be password.max, but is accepted; mend the rule or'
        " the example."
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("standard", "password/min", "minimum = 8", r"line 14: password\.minimum: this key is unknown"),
        ("standard", "password/min", 'min = "8"', r"line 14: password\.min: "),
        ("standard", "password/min", "min = 7", r"line 14: password\.min: write a value from 8 to 128"),
        ("standard", "password/max", "max = 129", r"password\.max: write a value from 8 to 128"),
        ("standard", "password/max", "max = 8\nmin_kinds = 9", "Cannot overwrite"),
        ("standard", "login_id/max", "max = 4", r"login_id\.min: 5 must be at most login_id\.max, which is 4"),
        ("standard", "login_id/symbols", 'symbols = ".@"', r'login_id\.symbols: .*never "@"'),
        ("standard", "login_id/symbols", 'symbols = ".."', r"login_id\.symbols: "),
        ("standard", "login_id/symbols", 'symbols = "．"', r"login_id\.symbols: "),
        ("standard", "password/require", 'require = ["upper", "kanji"]', r"password\.require\.1: "),
        ("standard", "password/require", 'require = ["upper", "upper"]', r"password\.require: write each kind once"),
        ("exact-eight", "password/require", 'require = ["symbol"]', r"password\.require: a symbol cannot be required"),
        ("standard", "password/min_kinds", "min_kinds = 4", r"password\.min_kinds: write a value from 0 to 3"),
        ("standard", "password.alternative/min", "min = 14", r"password\.alternative\.min: write a value from 15 to 128"),
        ("standard", "password.blocklist/common_size", "common_size = 10", r"common_size: write a value from 3000 to 30000"),
        ("standard", "password.blocklist/words", 'words = ["abc"]', r'words: "abc" must have 4 to 64 letters'),
        ("standard", "password.hash/time_cost", "time_cost = 1", r"password\.hash: too weak"),
        ("standard", "password.hash/memory_kib", "memory_kib = 64", r"memory_kib: write a value from 7168"),
        ("standard", "waits/first_after", "first_after = 10", r"waits\.first_after: 10 must be less than waits\.long_after"),
        ("standard", "waits/first", 'first = "31m"', r'waits\.first: "31m" must be at most waits\.long, which is "30m"'),
        ("standard", "waits/long", 'long = "0s"', r"waits\.long: write a duration"),
        ("standard", "waits/longest", 'longest = "10m"', r"waits\.long: .* must be at most waits\.longest"),
        ("standard", "rates/pages_per_address_per_minute", "pages_per_address_per_minute = 0", "rates.*: write a value from 1"),
        ("standard", "sessions/idle", 'idle = "13h"', r"sessions\.idle: "),
        ("standard", "tokens/code", 'code = "11m"', r'tokens\.code: write a value from "10s" to "10m"'),
        ("standard", "tokens/id", 'id = "25h"', r'tokens\.id: write a value from "10s" to "1d"'),
        ("standard", "keys/publish_after", 'publish_after = "5m"', r"tokens\.access: .* must be at most keys\.publish_after"),
        ("standard", "keys/period", 'period = "24h"', r"keys\.publish_before: .* must be less than keys\.period"),
        ("standard", "/version", 'version = ""', r"version: write 1 to 64"),
        ("standard", "/version", "", r"version: this key is missing"),
    ],
)
def test_a_broken_file_is_refused_with_the_place_to_mend(tmp_path: Path, name: str, old: str, new: str, expected: str) -> None:
    found = problems(tmp_path, changed(name, old, new))
    assert any(re.search(expected, line) for line in found), found
    assert all(line.endswith(".") and "\n" not in line for line in found)


def test_examples_of_both_rules_and_both_ends_are_demanded(tmp_path: Path) -> None:
    bare = source("standard").split("[[example]]")[0]
    assert len(problems(tmp_path, bare)) == 2
    assert problems(tmp_path, bare + '[[example]]\nrule = "password"\ninput = "Kx7mQ2vn"\n')
    assert "example.0.rule" in problems(tmp_path, bare + '[[example]]\nrule = "mail"\ninput = "x"\n')[0]


def test_a_file_that_cannot_be_read_is_one_plain_sentence(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "huge.toml").write_bytes(b"#" * 2_000_000)
    for name, expected in [
        ("nope", "no such policy; write exact-eight, standard, two-kinds"),
        ("nope.toml", "No such file"),
        ("../policies", "cannot be read"),
        ("binary.toml", "not a UTF-8 text file"),
        ("huge.toml", "larger than 1 MiB"),
        ("a\x00b", "not a UTF-8 text file"),
        ("", "cannot be read"),
    ]:
        with pytest.raises(TomlError) as caught:
            load(name, tmp_path)
        assert len(caught.value.problems) == 1 and expected in caught.value.problems[0]


LETTERS = {"upper": string.ascii_uppercase, "lower": string.ascii_lowercase, "digit": string.digits}
GENERATOR = {
    "standard": "minlength: 8; maxlength: 128; required: upper; required: lower; required: digit; allowed: upper, lower, digit;",
    "exact-eight": "minlength: 8; maxlength: 8; required: upper; required: lower; required: digit; allowed: upper, lower, digit;",
    "two-kinds": "minlength: 8; maxlength: 16; required: upper; required: lower; required: digit; allowed: upper, lower, digit;",
}


def made_up(attribute: str, chance: random.Random, length: int) -> str:
    """A password as a manager makes it up from the attribute `passwordrules`: one of each kind that is required, then any."""
    rows = [(name, value) for name, _, value in (row.strip().partition(": ") for row in attribute.split(";") if row.strip())]
    kinds = {kind: LETTERS.get(kind, kind[1:-1]) for name, value in rows for kind in value.split(", ") if name in ("required", "allowed")}
    first = [chance.choice(kinds[value]) for name, value in rows if name == "required"]
    found = first + chance.choices("".join(kinds.values()), k=length - len(first))
    chance.shuffle(found)
    return "".join(found)


@pytest.mark.parametrize("symbol", [False, True])
@pytest.mark.parametrize("name", SHIPPED)
def test_what_a_password_manager_makes_up_keeps_the_rule(tmp_path: Path, name: str, symbol: bool) -> None:
    rule, chance = load(name, tmp_path).password, random.Random(name)
    if symbol:
        rule = replace(rule, charset="ascii", require=("symbol",))
    attribute = password.generator_rules(rule)
    assert symbol or attribute == GENERATOR[name]
    for length in {rule.min, min(rule.max, 20), rule.max}:
        for _ in range(50):
            assert password.verdicts(made_up(attribute, chance, length), rule, (), lambda _: None) == ()
