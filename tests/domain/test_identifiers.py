"""Login IDs and mail addresses: what folds to what, what a new one may be, and that no input breaks either."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.domain import identifiers
from idp.domain.identifiers import email_verdicts, fold_email, fold_login_id, login_id_verdicts, mask_email, mask_phone, new_login_id
from idp.domain.policy import LoginIdRule

RULE = LoginIdRule()
ANY_TEXT = st.text(st.characters(), max_size=80)
NEARLY_ASCII = st.text(st.sampled_from("aZ09.@_- +\"'\u3000\u200bＡ＠．ｱ\u212aﬁſ@."), max_size=40)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Ｔａｒｏ＿０１", "taro_01"),
        ("taro\u200b01", "taro01"),
        (" Hanako\u300001\t", "hanako01"),
        ("\u202eha\u00adnako\ufeff", "hanako"),
        ("koka!#$%&'*taro", "koka!#$%&'*taro"),
        ("\u212aen01", "ken01"),  # the Kelvin sign is a K to NFKC; only ASCII is lower-cased
        ("hanako@example.jp", "hanako@example.jp"),
        ("a" * 64, "a" * 64),
        ("a" * 65, None),
        ("たろう01", None),
        ("taro\x00", None),
        ("\ud800taro", None),
        ("", None),
        ("\u200b \u3000", None),
    ],
)
def test_a_login_id_is_found_however_it_is_typed(typed: str, key: str | None) -> None:
    assert fold_login_id(typed) == key


@pytest.mark.parametrize(
    ("typed", "verdicts"),
    [
        ("Taro1", ()),
        ("hanako.yamada_01-a", ()),
        ("a" * 30, ()),
        ("taro", ("login_id.length",)),
        ("a" * 31, ("login_id.length",)),
        ("", ("login_id.length",)),
        ("a" * 2_000_000, ("login_id.length",)),
        ("あ" * 400, ("login_id.length",)),
        ("taro@example.jp", ("login_id.characters",)),
        ("たろう01", ("login_id.characters",)),
        ("Ｔａｒｏ０１", ("login_id.characters",)),
        ("taro 01", ("login_id.characters",)),
        ("taro01\n", ("login_id.characters",)),
        ("ta\u200bro01", ("login_id.characters",)),
        ("\u212aenji", ("login_id.characters",)),
        ("groſs1", ("login_id.characters",)),
        ("taro٣٣", ("login_id.characters",)),
        ("taro①①", ("login_id.characters",)),
        ("ﬁnish", ("login_id.characters",)),
        ("tаro01", ("login_id.characters",)),  # Cyrillic
        (".taro", ("login_id.edges",)),
        ("taro-", ("login_id.edges",)),
        ("é+", ("login_id.length", "login_id.characters")),
    ],
)
def test_a_new_login_id_is_ascii_and_never_converted(typed: str, verdicts: tuple[str, ...]) -> None:
    assert login_id_verdicts(typed, RULE) == verdicts


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [
        ("Ｔａｒｏ＿０１", "Taro_01"),
        ("\u3000Taro０１ ", "Taro01"),
        ("ta\u200bro01", "taro01"),
        ("ｔａｒｏ　０１", "taro\u300001"),
        ("taro①①", "taro①①"),
        ("\u212aenji", "\u212aenji"),
        ("たろう01", "たろう01"),
        ("Ａ" * 2_000, "Ａ" * 2_000),
    ],
)
def test_a_new_login_id_is_taken_in_half_width_and_otherwise_as_it_is(typed: str, chosen: str) -> None:
    assert new_login_id(typed) == chosen and fold_login_id(chosen) == fold_login_id(typed)


def test_every_symbol_of_the_rule_may_stand_inside_and_no_other() -> None:
    everything = LoginIdRule(symbols=identifiers.ALL_SYMBOLS)
    for symbol in identifiers.ALL_SYMBOLS:
        assert login_id_verdicts(f"taro{symbol}01", everything) == ()
        assert (login_id_verdicts(f"taro{symbol}01", RULE) == ()) == (symbol in "._-")
    assert login_id_verdicts("taro@01", everything) == ("login_id.characters",)


@given(ANY_TEXT | NEARLY_ASCII)
def test_folding_a_login_id_again_changes_nothing(typed: str) -> None:
    key = fold_login_id(typed)
    assert key is None or (fold_login_id(key) == key and key.isascii() and key == key.lower() and 0 < len(key) <= 64)


@given(ANY_TEXT | NEARLY_ASCII)
def test_what_may_be_a_new_login_id_can_be_found_again(typed: str) -> None:
    if not login_id_verdicts(typed, RULE):
        assert fold_login_id(typed) == typed.lower()


@given(ANY_TEXT | NEARLY_ASCII)
def test_folding_an_address_again_changes_nothing(typed: str) -> None:
    key = fold_email(typed)
    assert key is None or (fold_email(key) == key and key.isascii() and key == key.lower() and key.count("@") == 1)


@given(ANY_TEXT | NEARLY_ASCII | st.emails())
def test_what_may_be_a_new_address_can_be_compared(typed: str) -> None:
    if not email_verdicts(typed):
        assert fold_email(typed) is not None


@given(st.text(st.characters(codec="ascii"), max_size=40) | ANY_TEXT)
def test_masking_never_fails(text: str) -> None:
    mask_email(text)
    mask_phone(text)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Hanako@Docomo.NE.jp ", "hanako@docomo.ne.jp"),
        ("ｈａｎａｋｏ＠ｄｏｃｏｍｏ．ｎｅ．ｊｐ", "hanako@docomo.ne.jp"),
        ("\u200bhanako@example.jp\u200b", "hanako@example.jp"),
        ("a..b@docomo.ne.jp", "a..b@docomo.ne.jp"),
        ("ab.@ezweb.ne.jp", "ab.@ezweb.ne.jp"),
        ("-a/b?c@docomo.ne.jp", "-a/b?c@docomo.ne.jp"),
        (f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 61}", f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 61}"),
        (f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 62}", None),
        (f"{'a' * 65}@example.jp", None),
        ("hanako @example.jp", None),
        ('"a b"@example.jp', None),
        ("a@b@example.jp", None),
        ("a@example.jp,b@example.jp", None),
        ("Hanako <hanako@example.jp>", None),
        ("hanako@example.jp\r\nBcc: x@example.jp", None),
        ("山田@example.jp", None),
        ("hanako@例え.jp", None),
        ("@example.jp", None),
        ("hanako@", None),
        ("hanako", None),
        ("", None),
        ("\ud800@example.jp", None),
        ("a" * 3_000_000 + "@example.jp", None),
    ],
)
def test_addresses_are_compared_as_one_ascii_address(typed: str, key: str | None) -> None:
    assert fold_email(typed) == key


@pytest.mark.parametrize(
    ("typed", "verdicts"),
    [
        ("hanako@example.jp", ()),
        ("Ｈａｎａｋｏ＠example.jp", ()),
        ("a+b/c?d@docomo.ne.jp", ()),
        ("member@portal.test", ()),
        ("a@xn--wgv71a119e.jp", ()),
        ("a..b@docomo.ne.jp", ("email.dots",)),
        ("ab.@ezweb.ne.jp", ("email.dots",)),
        (".ab@ezweb.ne.jp", ("email.dots",)),
        ("hanako", ("email.format",)),
        ("hanako@example", ("email.format",)),
        ("hanako@test", ("email.format",)),
        ("hanako@localhost", ("email.format",)),
        ("hanako@example..jp", ("email.format",)),
        ("hanako@-example.jp", ("email.format",)),
        ("hanako@192.168.0.1", ("email.format",)),
        ("hanako@[192.168.0.1]", ("email.format",)),
        ("a@xn--zzzzzz.jp", ("email.format",)),
        ("\u212aen@example.jp", ("email.format",)),
        ("ﬁsh@example.jp", ("email.format",)),
        ("hanako@ｅxampl\u0435.jp", ("email.format",)),
        ("", ("email.format",)),
    ],
)
def test_a_new_address_has_one_reason_to_be_refused(typed: str, verdicts: tuple[str, ...]) -> None:
    assert email_verdicts(typed) == verdicts


def test_a_megabyte_is_refused_at_once() -> None:
    huge = "\ufdfa" * 1_000_000
    begun = time.process_time()
    assert fold_login_id(huge) is None and fold_email(huge) is None
    assert login_id_verdicts(huge, RULE) and email_verdicts(huge)
    assert time.process_time() - begun < 0.3


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("hanako@docomo.ne.jp", "h****o@docomo.ne.jp"),
        ("hanako.yamada@docomo.ne.jp", "h****a@docomo.ne.jp"),
        ("ab@example.jp", "a****@example.jp"),
        ("a@example.jp", "a****@example.jp"),
        ("ab.@ezweb.ne.jp", "a****.@ezweb.ne.jp"),
    ],
)
def test_a_masked_address_keeps_its_domain(address: str, masked: str) -> None:
    assert mask_email(address) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+819012345678", "090-****-5678"),
        ("09012345678", "090-****-5678"),
        ("060-1234-5678", "060-****-5678"),
        ("+81748660739", "****-0739"),
        ("1234", "****"),
    ],
)
def test_a_masked_number_shows_how_it_begins_and_ends(number: str, masked: str) -> None:
    assert mask_phone(number) == masked


def test_the_hint_is_drawn_from_the_rule() -> None:
    assert identifiers.login_id_rules(RULE)[1] == "login_id.characters"
    assert identifiers.login_id_rules(LoginIdRule(symbols=""))[1] == "login_id.alphanumeric"
    assert identifiers.login_id_rules(LoginIdRule(symbols=identifiers.ALL_SYMBOLS))[1] == "login_id.characters_all"
    assert identifiers.login_id_parameters(RULE) == {"min": 5, "max": 30, "symbols": ". _ -"}
