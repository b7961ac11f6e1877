"""New passwords: the boundaries of each rule, personal and common words, and that no input breaks or stalls it."""

import dataclasses
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp import common_passwords
from idp.domain import password
from idp.domain.password import parameters, personal_words, rules
from idp.domain.policy import Blocklist, PassphraseRule, PasswordRule
from idp.domain.romaji import spellings

ALL_THREE = ("upper", "lower", "digit")
STANDARD = PasswordRule(require=ALL_THREE, alternative=PassphraseRule(enabled=True))
EXACT = PasswordRule(
    min=8, max=8, require=ALL_THREE, charset="alphanumeric", blocklist=Blocklist(common_size=5_000, words=("pikara",))
)
TWO_KINDS = PasswordRule(min=8, max=16, min_kinds=2, charset="alphanumeric")
HANAKO = personal_words(
    login_id="taro.yamada01",
    emails=["mitsuko_s@example.jp", ""],
    nickname="はなちゃん",
    names=["ヤマダ　サツキ"],
    birth_date="1958-04-01",
    phones=["+819023456789"],
    customer_number="0007654321",
)


def verdicts(typed: str, rule: PasswordRule = STANDARD, words: tuple[str, ...] = ()) -> tuple[str, ...]:
    return password.verdicts(typed, rule, words, common_passwords.rank)


@pytest.mark.parametrize(
    ("rule", "typed", "expected"),
    [
        (STANDARD, "Kx7mQ2vn", ()),
        (STANDARD, "Kx7mQ2v", ("password.min",)),
        (STANDARD, "", ("password.min", "password.upper", "password.lower", "password.digit")),
        (STANDARD, "kx7mq2vn", ("password.upper",)),
        (STANDARD, "KX7MQ2VN", ("password.lower",)),
        (STANDARD, "KxamQbvn", ("password.digit",)),
        (STANDARD, "ＫxamQbv９", ("password.characters", "password.digit")),  # full-width digits are none
        (STANDARD, "correct horses", ("password.upper", "password.digit")),
        (STANDARD, "correct horse s", ()),
        (STANDARD, "にわにはにわにわとりがいるよね", ()),
        (STANDARD, "Kx7mQ2vn\n", ("password.characters",)),
        (STANDARD, "correct horse ba\ttery", ("password.characters",)),
        (STANDARD, "correct horse \ud800battery", ("password.characters",)),
        (STANDARD, "correct horse battery".ljust(128, "x"), ()),
        (STANDARD, "correct horse battery".ljust(129, "x"), ("password.max",)),
        (STANDARD, "あ" * 170 + "xxx", ("password.bytes",)),
        (STANDARD, "x" * 513, ("password.bytes",)),
        (EXACT, "Kx7mQ2vn", ()),
        (EXACT, "Abcdefg1", ()),  # PW-L1
        (STANDARD, "Abcdefg1", ("password.common",)),  # PW-L1
        (EXACT, "Kx7mQ2v", ("password.min",)),
        (EXACT, "Kx7mQ2vna", ("password.max",)),
        (EXACT, "Kx7mQ2v+", ("password.characters",)),
        (EXACT, "Kx7mQ2v ", ("password.characters",)),
        (EXACT, "Passw0rd", ("password.common",)),  # PW-L5
        (EXACT, "Pikara01", ("password.common",)),  # PW-L5
        (EXACT, "P1kara99", ("password.common",)),
        (TWO_KINDS, "kx7mq2vn", ()),
        (TWO_KINDS, "KXAMqbvn", ()),
        (TWO_KINDS, "kxamqbvn", ("password.kinds",)),
        (TWO_KINDS, "Kx7mQ2vnKa9rTe4w", ()),
        (TWO_KINDS, "Kx7mQ2vnKa9rTe4wa", ("password.max",)),
        (TWO_KINDS, "kxamqbv+", ("password.characters", "password.kinds")),
        (PasswordRule(require=("symbol",)), "kxamqbvn", ("password.symbol",)),
        (PasswordRule(require=("symbol",)), "kxam-qbvn", ()),
    ],
)
def test_each_rule_at_its_boundary(rule: PasswordRule, typed: str, expected: tuple[str, ...]) -> None:
    assert verdicts(typed, rule) == expected


def test_a_passphrase_is_taken_beside_the_exact_rule_once_switched_on() -> None:  # PW-L2
    both = dataclasses.replace(EXACT, alternative=PassphraseRule(enabled=True))
    assert verdicts("the ferry comes at 9", both) == ()
    assert verdicts("the ferry comes at 9", EXACT) != ()
    assert verdicts("Kx7mQ2vnKx7mQ2", both) == ("password.max",)


@pytest.mark.parametrize(
    "typed",
    ["Qwer1234", "P@ssw0rd", "Password2026!", "Sakura2026!", "!!Doraemon1", "ぱすわーど2026", "himitsuHIMITSU1", "Testtest12",
     "123456789012345", "zyxwvutsrqponmlk", "aaaaaaaaaaaaaaaa", "abcabcabcabcabcabc", "qwertyuiopasdfg"],
)  # fmt: skip
def test_common_passwords_are_refused(typed: str) -> None:
    assert "password.common" in verdicts(typed)


@pytest.mark.parametrize(
    "typed",
    ["Mitsuko58", "MITSUKO_S", "1TaroYamada!", "taro.yamada01", "yamada-SATUKI", "Satsuki19580401", "19580401", "Ab580401",
     "S33.4.1!", "S330401a9", "0401-0401", "090-2345-6789", "+8190-2345-6789", "23456789ab", "7654321aB", "Hanachan77",
     "はなちゃん2026", "ハナチャン2026", "Hanatyan77", "MitsukoXy9"],
)  # fmt: skip
def test_words_of_the_person_are_refused(typed: str) -> None:
    assert "password.personal" in verdicts(typed, words=HANAKO)


@pytest.mark.parametrize(
    "typed", ["Kx7mQ2vn", "Kx0401vQ", "mitsuko likes red lamps", "Yam4Kx7mQ2", "58Kx7mQ2vn", "satsuki 1958 to the blue sea"]
)
def test_a_word_of_the_person_inside_something_else_is_not(typed: str) -> None:
    assert verdicts(typed, words=HANAKO) == ()


def test_the_blocklist_can_be_switched_off_part_by_part() -> None:
    off = dataclasses.replace(STANDARD, blocklist=Blocklist(common=False, personal=False))
    assert verdicts("Passw0rd", off) == verdicts("Mitsuko58", off, HANAKO) == ()
    words = dataclasses.replace(STANDARD, blocklist=Blocklist(common=False, personal=False, words=("ピカラ",)))
    assert verdicts("Pikara01", words) == verdicts("ぴから", words)[-1:] == ("password.common",)


def test_birth_dates_in_the_spellings_people_use() -> None:
    words = personal_words(birth_date="1958-04-01")
    assert {"19580401", "580401", "0401", "s33", "s330401", "330401", "s3341", "01041958"} <= set(words)
    assert {"h31", "r1", "r01"} <= set(personal_words(birth_date="2019-05-01"))
    assert {"t15", "s1"} <= set(personal_words(birth_date="1926-12-25"))
    assert personal_words(birth_date="昭和33年") == personal_words() == ()


@pytest.mark.parametrize(
    ("kana", "latin"),
    [
        ("ヤマダ", {"yamada"}),
        ("ｻﾄｳ", {"satou", "sato"}),
        ("しゅんすけ", {"shunsuke", "syunsuke"}),
        ("はっとり", {"hattori"}),
        ("まっちゃ", {"matcha", "mattya"}),
        ("つちや", {"tsuchiya", "tutiya"}),
        ("ジョージ", {"joji", "zyozi"}),
        ("Taro", {"taro"}),
    ],
)
def test_kana_in_the_latin_spellings_people_type(kana: str, latin: set[str]) -> None:
    assert set(spellings(kana)) == latin


def test_the_rule_list_says_what_is_checked() -> None:
    assert [code for code, _ in rules(STANDARD)] == [
        "password.length", "password.upper", "password.lower", "password.digit", "password.characters.ascii",
        "password.alternative", "password.personal", "password.common",
    ]  # fmt: skip
    assert rules(EXACT)[0] == ("password.exact", {"min": 8})
    assert ("password.kinds", {"kinds": 2}) in rules(TWO_KINDS)
    assert parameters(TWO_KINDS) == {"min": 8, "max": 16, "kinds": 2}


RULES = st.builds(
    PasswordRule,
    min=st.integers(8, 12),
    max=st.integers(12, 128),
    require=st.lists(st.sampled_from(["upper", "lower", "digit", "symbol"]), unique=True).map(tuple),
    min_kinds=st.integers(0, 3),
    charset=st.sampled_from(["alphanumeric", "ascii", "any"]),
    alternative=st.builds(PassphraseRule, enabled=st.booleans(), min=st.integers(15, 20), max=st.integers(64, 128)),
)
ASCII = st.text(st.characters(codec="ascii"), max_size=30)
TYPED = st.text(st.characters(), max_size=200) | ASCII | st.from_regex(r"[A-Za-z0-9]{8,16}")


@given(TYPED, RULES)
def test_nothing_breaks_it_and_every_verdict_is_a_known_code(typed: str, rule: PasswordRule) -> None:
    found = verdicts(typed, rule, HANAKO)
    assert set(found) <= set(password.VERDICTS) and len(set(found)) == len(found)


@given(TYPED, RULES)
def test_a_refusal_is_of_a_rule_that_the_page_lists(typed: str, rule: PasswordRule) -> None:
    listed = {code for code, _ in rules(rule)}
    if "password.length" in listed or "password.exact" in listed:
        listed |= {"password.min", "password.max", "password.bytes"}
    if f"password.characters.{rule.charset}" in listed:
        listed.add("password.characters")
    assert set(verdicts(typed, rule, HANAKO)) <= listed


@given(st.text(max_size=40), st.lists(st.text(max_size=20), max_size=3), st.text(max_size=12))
def test_no_fact_about_a_person_breaks_it(name: str, several: list[str], date: str) -> None:
    words = personal_words(name, several, name, several, date, several, name)
    assert all(len(word) > 1 for word in words)
    verdicts("Kx7mQ2vn", words=words)


@pytest.mark.parametrize("typed", ["x" * 1_000_000, "e" + "\u0301" * 80_000, "\ufdfa" * 170, "ガ" * 170, "0401" * 128])
def test_the_longest_input_costs_little(typed: str) -> None:
    verdicts("warm")
    begun = time.process_time()
    assert verdicts(typed, words=HANAKO)
    assert time.process_time() - begun < 0.3  # PW-06
