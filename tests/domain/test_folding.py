"""Input folding: the verified examples of japan.md as vectors, and the properties every rule keeps."""

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from idp.domain import era, folding
from idp.domain.kanji_variants import USUAL

# (rule, what people type, the one key)
SAME_KEY = [
    (folding.fold, ["Ａ１＠．", "A1@."], "A1@."),
    (folding.fold, ["ｶﾞｷﾞ", "ガギ", "カ゛キ゛", "カ\u3099キ\u3099", "カ\u200b゛キ゛"], "ガギ"),
    (folding.fold, ["か゛", "が", "か\u3099"], "が"),
    (folding.fold, ["は゜", "ぱ"], "ぱ"),
    (folding.fold, ["ta\u00adro\u200b \u3000 ０１\ufeff", " taro\u202e 01\n"], "taro 01"),
    (folding.fold, ["㈱ ㈲ ㍿", "(株) (有) 株式会社"], "(株) (有) 株式会社"),
    (folding.fold, ["㍻ ㍼ ㋿", "平成 昭和 令和"], "平成 昭和 令和"),
    (folding.fold, ["葛\U000e0100城", "葛\ufe00城", "葛城"], "葛城"),
    (folding.kana, ["ｱｲｺﾑ ﾀﾛｳ", "あいこむ たろう", "アイコムタロウ", "アイコム　タロウ", "アイコム・タロウ", "ｱｲｺﾑ･ﾀﾛｳ"], "アイコムタロウ"),
    (folding.kana, [f"サ{dash}バ{dash}" for dash in "ーｰ－−‐‑–—―─━〜～-"], "サーバー"),
    (folding.kana, ["い゛", "ｲﾞ", "イ"], "イ"),
    (folding.bank_kana, ["シュンスケ", "ｼﾕﾝｽｹ", "しゅんすけ"], "シユンスケ"),
    (folding.bank_kana, ["キャッチ", "ｷﾔﾂﾁ"], "キヤツチ"),
    (folding.bank_kana, ["ジェー・アール", "ｼﾞｴ-ｱ-ﾙ"], "ジエーアール"),
    (folding.bank_kana, ["ヴァイオリン", "ｳﾞｱｲｵﾘﾝ", "バイオリン"], "バイオリン"),
    (folding.bank_kana, ["カヲル", "カオル"], "カオル"),
    (folding.bank_kana, ["ヰド", "イド"], "イド"),
    (folding.bank_kana, ["チヂミ", "チジミ"], "チジミ"),
    (folding.bank_kana, ["ミヅキ", "ミズキ"], "ミズキ"),
    (
        folding.company_kana,
        ["カブシキカイシャアラブンチョ", "ｶ)ｱﾗﾌﾞﾝﾁﾖ", "アラブンチョ（カ", "アラブンチヨ(カ)", "ｶﾌﾞｼｷｶﾞｲｼﾔ ｱﾗﾌﾞﾝﾁﾖ", "㈱アラブンチョ"],
        "アラブンチヨ",
    ),
    (folding.company_kana, ["ユウゲンガイシャコウカ", "ｺｳｶ(ﾕ", "ユ）コウカ", "こうか ゆうげんがいしゃ"], "コウカ"),
    (folding.company_kana, ["ゴウドウガイシャコウカ", "ﾄﾞ)ｺｳｶ"], "コウカ"),
    (folding.kanji, ["髙橋　一郎", "高橋 一郎", "高橋一郎"], "高橋一郎"),
    (folding.kanji, ["山﨑", "山崎"], "山崎"),
    (folding.kanji, ["渡邉", "渡邊", "渡辺", "渡邉\U000e0101"], "渡辺"),
    (folding.kanji, ["𠮷田", "吉田"], "吉田"),
    (folding.kanji, ["濵田", "濱田", "浜田"], "浜田"),
    (folding.kanji, ["德川", "徳川"], "徳川"),
    (folding.kanji, ["塚本晴神\ufa12\ufa10", "塚本晴神晴塚"], "塚本晴神晴塚"),
    (folding.kanji, ["葛\U000e0100西", "葛西"], "葛西"),
    (folding.kanji, ["齋藤", "齊藤", "斉藤", "斎藤"], "斎藤"),
    (folding.company, ["㈱甲賀電機", "（株）甲賀電機", "株式会社　甲賀電機", "甲賀電機株式会社", "株式會社甲賀電機"], "甲賀電機"),
    (folding.company, ["Ａ．Ｂ＆Ｃ－Ｄ㈱", "abcd", "ABCD株式会社"], "abcd"),
    (folding.company, ["ハロ－サ−バ‐", "㈲ハローサーバー"], "ハローサーバー"),
    (folding.company, ["医療法人社団 甲賀会", "甲賀会", "（医）甲賀会"], "甲賀会"),
    (folding.latin, ["SMITH, John", "John Smith", "ｊｏｈｎ　ｓｍｉｔｈ", "smith john"], "john smith"),
    (folding.latin, ["José O’Brien-Díaz", "Diaz Jose OBrien"], "diaz jose obrien"),
    (folding.customer_number, ["0001234567", "１２３４５６７", "00-1234567", "1234567", "123 4567", "００ー１２３４５６７"], "1234567"),
    (
        folding.phone,
        ["０９０ー１２３４ー５６７８", "090−1234−5678", "+81 090-1234-5678", "+819012345678", "0081-90-1234-5678", "010 81 90 1234 5678"],
        "09012345678",
    ),
    (folding.phone, ["(0748)66-0739", "0748660739", "０７４８（６６）０７３９", "+81 748 66 0739"], "0748660739"),
    (folding.code, ["４８２ ９１３", "482-913", " 482913 "], "482913"),
    (folding.code, ["０１２３４５", "012345"], "012345"),
]
NOTHING = [
    (folding.fold, " 　\u200b", ""),
    (folding.kana, "・ 　", None),
    (folding.customer_number, "0", None),
    (folding.customer_number, "000", None),
    (folding.customer_number, "12A4567", None),
    (folding.customer_number, "1.23457E+09", None),
    (folding.customer_number, "٣٤٥", None),  # digits, but not of this script
    (folding.customer_number, "9" * 33, None),
    (folding.phone, "9012345678", None),
    (folding.phone, "090123456789", None),
    (folding.phone, "+1 212 555 0100", None),
    (folding.phone, "0000000000", None),
    (folding.phone, "0100000000", None),
    (folding.code, "12345", None),
    (folding.code, "1234567", None),
    (folding.code, "12345O", None),
    (folding.company, "＆", None),
]
RULES = [
    folding.fold, folding.kana, folding.bank_kana, folding.company_kana, folding.kanji, folding.company, folding.latin,
    folding.customer_number, folding.phone, folding.code,
]  # fmt: skip


@pytest.mark.parametrize("rule, typed, key", [(rule, typed, key) for rule, all_typed, key in SAME_KEY for typed in all_typed])
def test_what_people_type_has_one_key(rule, typed, key):
    assert rule(typed) == key


@pytest.mark.parametrize("rule, typed, answer", NOTHING)
def test_what_cannot_be_compared_has_no_key(rule, typed, answer):
    assert rule(typed) == answer


def test_strict_kana_keeps_apart_what_bank_kana_joins():
    assert folding.kana("シュンスケ") != folding.kana("シユンスケ")
    assert folding.kana("カヲル") != folding.kana("カオル")


@pytest.mark.parametrize("form", ["株式会社", "カブシキガイシャ", "(株)", "㈲"])
def test_a_company_that_is_called_like_a_form_keeps_a_key(form):
    assert folding.company(form) and folding.company_kana(form)


@pytest.mark.parametrize(
    "number, kind",
    [
        ("06012345678", "mobile"),
        ("07012345678", "mobile"),
        ("09012345678", "mobile"),
        ("0612345678", "landline"),
        ("0748660739", "landline"),
        ("05012345678", "ip"),
        ("02012345678", "m2m"),
        ("0120123456", "toll_free"),
        ("08001234567", "toll_free"),
        ("0570012345", "shared_cost"),
        ("00012345678", None),
        ("119", None),
    ],
)
def test_phone_kind(number, kind):
    assert folding.phone_kind(number) == kind
    assert folding.phone(number) == (number if kind else None)


@pytest.mark.parametrize("name, written", [("髙橋", "kanji"), ("鈴木サクラ", "kanji"), ("さくら", "kana"), ("ｻｸﾗ", "kana"), ("Smith", "latin"), ("김", "other"), ("", "other")])  # fmt: skip
def test_script(name, written):
    assert folding.script(name) == written


@pytest.mark.parametrize("rule", RULES)
def test_length_is_capped_in_bytes_before_any_work(rule):
    assert rule("あ" * 342) in (None, "")  # 1,026 bytes
    assert rule("1" * 10_000_000) in (None, "")


def test_exactly_one_kibibyte_is_still_read():
    assert folding.kana("ア" * 341 + "x") == "ア" * 341 + "x"


@pytest.mark.parametrize("variant", [chr(code) for code in USUAL])
def test_variants_fold_once_and_stay_after_nfkc(variant):
    assert folding.fold(variant) == variant, "NFKC does this one already"
    assert ord(USUAL[ord(variant)]) not in USUAL
    assert folding.kanji(variant) == folding.kanji(USUAL[ord(variant)])


_PIECES = st.one_of(
    st.text(max_size=12),
    st.text(st.sampled_from("アイオカガヂヅッャュヴヰヱヲヷーｰ゛゜\u3099\u309aｶﾞﾞﾟ・ -−〜()（）カユド株有&.,ー\u200b0123456789+８１髙﨑邉𠮷AaＡé"), max_size=16),
    st.lists(st.sampled_from(["株式会社", "(株)", "カ)", "(カ", "カブシキガイシャ", "ユウゲンカイシャ", "甲賀", "医療法人", "社団", "-", "ア", "゛", " ", "NPO法人"]), max_size=6).map("".join),
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=300)
@given(text=_PIECES)
@example(text="か\u200b゛ \u3099")
@example(text="ッ゛ ヴ ァ")
@example(text="チ)゛")
@example(text="(カ)(カ)アカブシキ(カ)ガイシャ")
def test_folding_twice_changes_nothing(rule, text):
    once = rule(text)
    if once:
        assert rule(once) == once


@pytest.mark.parametrize("rule", RULES)
@given(text=_PIECES)
def test_unseen_characters_and_width_never_matter(rule, text):
    assert rule("\ufeff".join(text)) == rule(text)
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert rule(wide) == rule(text)


@pytest.mark.parametrize("rule", RULES)
@given(text=st.text())
def test_any_text_is_answered(rule, text):
    assert rule(text) is None or isinstance(rule(text), str)


@pytest.mark.parametrize(
    "typed, day",
    [
        (("昭和33", "4", "1"), date(1958, 4, 1)),
        (("1958", "04", "01"), date(1958, 4, 1)),
        (("S33", "4", "1"), date(1958, 4, 1)),
        (("ｓ３３", "４", "１"), date(1958, 4, 1)),
        (("昭33", "4月", "1日"), date(1958, 4, 1)),
        (("㍼33年", "4", "1"), date(1958, 4, 1)),
        (("令和元", "5", "1"), date(2019, 5, 1)),
        (("平成元", "1", "1"), date(1989, 1, 1)),
        (("昭和64", "12", "31"), date(1989, 12, 31)),
        (("昭和元", "1", "1"), date(1926, 1, 1)),
        (("大正15", "12", "31"), date(1926, 12, 31)),
        (("明治45", "1", "1"), date(1912, 1, 1)),
        (("2000", "2", "29"), date(2000, 2, 29)),
        (("1900", "2", "29"), None),
        (("33", "4", "1"), None),
        (("昭和65", "4", "1"), None),
        (("昭和0", "4", "1"), None),
        (("1958", "13", "1"), None),
        (("1958", "4", "0"), None),
        (("1066", "4", "1"), None),
        (("", "", ""), None),
    ],
)
def test_birth_date(typed, day):
    assert era.birth_date(*typed) == day


@pytest.mark.parametrize("text", ["1958-04-01", "1958/4/1", "19580401", "昭和33年4月1日", "S33.4.1", "Ｓ３３．４．１", "昭和33-4-1", "1958−4−1"])
def test_a_birth_date_in_one_text(text):
    parts = era.split_date(text)
    assert parts and era.birth_date(*parts) == date(1958, 4, 1)


@pytest.mark.parametrize("year, missing", [("33", True), ("３３年", True), ("昭和33", False), ("1958", False), ("", False)])
def test_a_bare_year_asks_for_the_era(year, missing):
    assert era.era_missing(year) is missing


@pytest.mark.parametrize(
    "day, shown",
    [
        (date(1958, 4, 1), ("昭和", 33)),
        (date(1926, 12, 24), ("大正", 15)),
        (date(1926, 12, 25), ("昭和", 1)),
        (date(1989, 1, 7), ("昭和", 64)),
        (date(1989, 1, 8), ("平成", 1)),
        (date(2019, 5, 1), ("令和", 1)),
    ],
)
def test_both_forms_of_a_date(day, shown):
    assert era.era_year(day) == shown
    name, year = shown
    assert era.birth_date(f"{name}{year}", str(day.month), str(day.day)) == day


@given(st.text(), st.text(), st.text())
def test_any_date_is_answered(year, month, day):
    era.birth_date(year, month, day)
    parts = era.split_date(year)
    assert parts is None or len(parts) == 3
