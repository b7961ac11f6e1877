"""Nicknames and mobile numbers as people type them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp import texts
from idp.domain import nickname, phone
from idp.domain.nickname import characters, fold_nickname, nickname_verdicts
from idp.domain.phone import dialled, fold_mobile, mobile_verdicts

WORDS = ("ひかりネット", "J:COM", *(word for locale in texts.LOCALES for word in texts.text(locale, "nickname.words").split()))


@pytest.mark.parametrize(
    "typed, count",
    [
        ("太郎", 2),
        ("ﾀﾞﾛｳ", 3),
        ("が", 1),
        ("か\u3099", 1),
        ("葛\U000e0100城", 2),
        ("👨‍👩‍👧‍👦", 1),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 1),
        ("🇯🇵🇯🇵", 2),
        ("👍🏽", 1),
        ("❤️‍🔥", 1),
        ("🙂‍↔️", 1),
        ("1️⃣", 1),
        ("각", 1),
        ("\U0001fae8", 1),  # newer than the Unicode of Python 3.11
        ("Nguyễn", 6),
        ("あ" * 20, 20),
        ("👨‍👩‍👧‍👦" * 20, 20),
    ],
)
def test_people_count_what_they_see(typed: str, count: int) -> None:
    assert characters(fold_nickname(typed)) == count
    assert nickname_verdicts(typed, WORDS) == ()


@pytest.mark.parametrize("typed", ["", " ", "　", "あ" * 21, "👨‍👩‍👧‍👦" * 21, "a" * 161, "a" * 1_000_000, "🇯🇵" * 21])
def test_length(typed: str) -> None:
    assert nickname_verdicts(typed) == ("nickname.length",)


@pytest.mark.parametrize(
    "typed",
    [
        "a\nb", "a\tb", "a\0b", "a\u202eb", "a\u2066b", "a\u200bb", "a\u200db", "a\u00adb", "\ufeffa", "a\u2028b", "a\u00a0b",
        "a\ue000b", "\ud800a", "a\ufffe", "ㅤa", "\u2800a", "a\u034f\u0301", "\u0301a", "a" + "\u0301\u0302\u0303\u0304\u0305" * 2,
        "👍\u200d", "a👍\u200d", "\U000e0041a",
    ],
)  # fmt: skip
def test_what_cannot_be_seen_or_turns_the_line_around_is_refused(typed: str) -> None:
    assert "nickname.characters" in nickname_verdicts(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "管理者", "管理者です", "管 理 者", "管・理・者", "ｻﾎﾟｰﾄ", "さぽーと", "サポ一ト", "サポート係", "ひかりネット", "ヒカリネット",
        "ひかり　ねっと", "admin", "ADMIN", "ａｄｍｉｎ", "a.d.m.i.n", "The Admin", "j:com", "JCOM", "運営より", "お客様センター",
    ],
)  # fmt: skip
def test_nobody_is_called_by_the_brand_or_an_office(typed: str) -> None:
    assert "nickname.reserved" in nickname_verdicts(typed, WORDS)


@pytest.mark.parametrize("typed", ["サポーター", "badminton", "admins2", "ひかり", "ネット好き", "理者管", "一"])
def test_names_that_only_resemble_one_are_free(typed: str) -> None:
    assert nickname_verdicts(typed, WORDS) == ()


@given(st.text(max_size=200) | st.text(st.sampled_from("aあ \u3000\u200d\ufe0f👍🏽🇯🇵👩❤\u0301ﾞ1\u20e3"), max_size=60))
def test_any_text_gets_a_verdict_and_what_passes_is_plain(typed: str) -> None:
    verdicts = nickname_verdicts(typed, WORDS)
    assert set(verdicts) <= set(nickname.VERDICTS)
    if not verdicts:
        name = fold_nickname(typed)
        assert 1 <= characters(name) <= 20 and name == fold_nickname(name) == unicodedata.normalize("NFC", name)
        assert nickname_verdicts(name, WORDS) == ()
        assert not any(unicodedata.category(char) in ("Cc", "Cs", "Co", "Zl", "Zp") for char in name)


@given(st.text(st.characters(categories=["Lo", "Lu", "Ll", "Nd"]), min_size=1, max_size=20))
def test_letters_are_never_counted_double(typed: str) -> None:
    assert characters(typed) <= len(typed)


@pytest.mark.parametrize(
    "typed, e164",
    [
        ("090-1234-5678", "+819012345678"),
        ("０９０ー１２３４ー５６７８", "+819012345678"),
        ("090−1234−5678", "+819012345678"),
        ("+81 090-1234-5678", "+819012345678"),
        ("+81(0)80-1234-5678", "+818012345678"),
        ("0081 70 1234 5678", "+817012345678"),
        ("060-1234-5678", "+816012345678"),
        ("+818012345678", "+818012345678"),
    ],
)
def test_mobile_numbers(typed: str, e164: str) -> None:
    assert fold_mobile(typed) == e164 and mobile_verdicts(typed) == ()
    assert fold_mobile(e164) == e164


@pytest.mark.parametrize("typed", ["0612345678", "0748-66-0739", "050-1234-5678", "020-1234-5678", "0120-123-456", "0800-123-4567"])
def test_numbers_that_take_no_message(typed: str) -> None:
    assert fold_mobile(typed) is None and mobile_verdicts(typed) == ("phone.kind",)


@pytest.mark.parametrize("typed", ["", "090-1234-567", "090-1234-56789", "110", "+12025550100", "٠٩٠١٢٣٤٥٦٧٨", "090-1234-567a", "0" * 100_000])
def test_what_is_no_number(typed: str) -> None:
    assert fold_mobile(typed) is None and mobile_verdicts(typed) == ("phone.format",)


@given(st.text(max_size=40) | st.text("0123456789+-() ー", max_size=20))
def test_any_text_is_a_mobile_number_or_has_a_verdict(typed: str) -> None:
    found, verdicts = fold_mobile(typed), mobile_verdicts(typed)
    assert bool(found) != bool(verdicts) and set(verdicts) <= set(phone.VERDICTS)
    if found:
        assert len(found) == 13 and found.isascii() and found[:4] in ("+816", "+817", "+818", "+819") and fold_mobile(found) == found


@pytest.mark.parametrize("locale", texts.LOCALES)
@pytest.mark.parametrize("code", [*nickname.VERDICTS, *phone.VERDICTS])
def test_every_verdict_has_a_text(locale: str, code: str) -> None:
    assert texts.text(locale, f"verdict.{code}")


READ = [("+819012345678", "090-1234-5678"), ("+816012345678", "060-1234-5678"), ("+81312345678", "0312345678"), ("+12025550123",) * 2]


@pytest.mark.parametrize("number, read", READ)
def test_a_mobile_number_is_read_with_hyphens(number: str, read: str) -> None:
    assert dialled(number) == read
