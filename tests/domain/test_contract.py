"""Facts of a contract: which keys they have, which of them agree, and what a row of the operator's file says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.domain.contract import COLUMNS, FACTS, askable, column_of, fact_keys, is_name_key, read_row

ROW = {
    "customer_number": "0001234567",
    "type": "個人",
    "phone": "0748-66-0739",
    "kana_name": "ﾔﾏﾀﾞ ﾊﾅｺ",
    "kanji_name": "山田 花子",
    "birth_date": "昭和33年4月1日",
    "isp_mail": "Hanako@Example.JP",
}


def agree(typed_kind, typed, column, stored, contract_type):
    """Whether what a member types is what the operator's column says."""
    return bool(set(fact_keys(typed_kind, typed)) & set(fact_keys(column, stored, contract_type)))


@pytest.mark.parametrize(
    "kind, typed, column, stored, contract_type, same",
    [
        ("customer_number", "1234567", "customer_number", "００-1234567", "individual", True),
        ("customer_number", "1234568", "customer_number", "1234567", "individual", False),
        ("phone", "+81 748 66 0739", "phone", "(0748)66-0739", "individual", True),
        ("isp_mail", "ＨＡＮＡＫＯ＠example.jp", "isp_mail", "hanako@example.jp", "individual", True),
        ("birth_date", "昭和33-4-1", "birth_date", "1958/04/01", "individual", True),
        ("birth_date", "大正15-1-1", "birth_date", "1926-01-01", "individual", True),
        ("birth_date", "33-4-1", "birth_date", "1958-04-01", "individual", False),
        # kana, whatever way each side writes it
        ("kana_name", "しゅんすけ やまだ", "kana_name", "ｼﾕﾝｽｹﾔﾏﾀﾞ", "individual", True),
        ("kana_name", "ヤマダ シュンスケ", "kana_name", "ヤマダシュンスケ", "individual", True),
        ("kana_name", "ヤマダ ハナエ", "kana_name", "ヤマダ ハナコ", "individual", False),
        # any script in any box, by the column that has it (portals P-23a)
        ("kanji_name", "やまだ はなこ", "kana_name", "ﾔﾏﾀﾞ ﾊﾅｺ", "individual", True),
        ("kana_name", "髙橋一郎", "kanji_name", "高橋 一郎", "individual", True),
        ("kanji_name", "John Smith", "kanji_name", "SMITH, John", "individual", True),
        ("kanji_name", "ジョン・スミス", "kana_name", "ｼﾞﾖﾝｽﾐｽ", "individual", True),
        ("kanji_name", "渡邊 さくら", "kanji_name", "渡邉さくら", "individual", True),
        # companies
        ("kana_name", "カブシキカイシャアラブンチョ", "kana_name", "ｱﾗﾌﾞﾝﾁﾖ(ｶ", "corporate", True),
        ("corporate_name", "甲賀電機株式会社", "kanji_name", "㈱甲賀電機", "corporate", True),
        ("corporate_name", "ソニ－", "kanji_name", "ソニー株式会社", "corporate", True),
        ("corporate_name", "アラブンチョ", "kana_name", "ｶ)ｱﾗﾌﾞﾝﾁﾖ", "corporate", True),
        ("corporate_name", "ａｂｃ", "kanji_name", "A.B.C.㈱", "corporate", True),
        ("corporate_name", "甲賀電気", "kanji_name", "㈱甲賀電機", "corporate", False),
        # a person is not a company of the same name, and the other way round
        ("kanji_name", "甲賀電機", "kanji_name", "㈱甲賀電機", "corporate", False),
        ("corporate_name", "山田花子", "kanji_name", "山田花子", "individual", False),
    ],
)
def test_facts_agree(kind, typed, column, stored, contract_type, same):
    assert agree(kind, typed, column, stored, contract_type) is same


def test_several_keys_per_name_say_how_it_agreed():
    assert fact_keys("kana_name", "シュン", "individual") == ("kana:シュン", "bank:シユン")
    assert fact_keys("kanji_name", "髙橋", "individual") == ("kanji:高橋",)
    assert fact_keys("kana_name", "ｶ)ｼｭﾝ", "corporate") == ("company:シュン", "company_kana:シユン")
    assert all(map(is_name_key, fact_keys("kana_name", "シュン")))
    assert not is_name_key("phone:0748660739")


def test_one_number_is_not_taken_for_another():
    assert not set(fact_keys("customer_number", "0748660739")) & set(fact_keys("phone", "0748660739"))


def test_only_facts_with_something_in_them_can_be_asked():
    assert askable({"phone": "1", "kana_name": "ア"})
    assert not askable({})
    assert not askable({"phone": "1", "kana_name": " \u3000\u200b"})
    assert not askable({"kana_name": "ア" * 342})
    with pytest.raises(KeyError):
        askable({"shoe_size": "24"})
    with pytest.raises(KeyError):
        fact_keys("shoe_size", "24")


@given(st.sampled_from(FACTS), st.text(), st.sampled_from([None, "individual", "corporate"]))
def test_any_text_has_keys_or_none(kind, text, contract_type):
    assert all(level and key for level, _, key in (one.partition(":") for one in fact_keys(kind, text, contract_type)))


@given(st.sampled_from([kind for kind in FACTS if kind != "birth_date"]), st.text(max_size=20))
def test_both_sides_fold_alike(kind, text):
    for contract_type in ("individual", "corporate"):
        stored = set(fact_keys(kind, text, contract_type))
        typed = set(fact_keys("kana_name" if kind.endswith("_name") else kind, text))
        assert stored <= typed


def test_a_row_is_a_contract():
    row = read_row(ROW)
    assert row.problems == () and row.number == "1234567" and not row.repaired
    assert row.contract.contract_type == "individual"
    assert row.contract.keys == (
        "bank:ヤマダハナコ", "birth_date:1958-04-01", "customer_number:1234567", "isp_mail:hanako@example.jp",
        "kana:ヤマダハナコ", "kanji:山田花子", "phone:0748660739",
    )  # fmt: skip


def test_the_order_and_dress_of_a_row_do_not_matter():
    dressed = {name: f'="{text}"' for name, text in reversed(ROW.items())} | {"phone": "'0748-66-0739", "type": " Individual "}
    assert read_row(dressed) == read_row(ROW)


def test_empty_columns_are_no_facts():
    row = read_row({"customer_number": "1", "type": "法人", "kana_name": "ｶ)ｱ", "phone": "", "birth_date": " "})
    assert row.contract.keys == ("company:ア", "company_kana:ア", "customer_number:1")


def test_a_company_has_no_birth_date():
    assert read_row(ROW | {"type": "法人", "birth_date": "nonsense"}).contract.keys[0] == "company:ヤマダハナコ"


@pytest.mark.parametrize(
    "typed, whole",
    [
        ("9012345678", "09012345678"),
        ("8012345678", "08012345678"),
        ("7012345678", "07012345678"),
        ("6012345678", "06012345678"),
        ("5012345678", "05012345678"),
        ("748660739", "0748660739"),
        ("312345678", "0312345678"),
        ("120123456", "0120123456"),
        ("８００1234567", "08001234567"),
    ],
)
def test_the_zero_that_excel_took_is_put_back(typed, whole):
    row = read_row(ROW | {"phone": typed})
    assert row.repaired and f"phone:{whole}" in row.contract.keys


@pytest.mark.parametrize("phone", ["12345678", "4012345678", "74866073", "110", "+9012345678", "7.48661E+08"])
def test_a_number_damaged_otherwise_is_not_guessed(phone):
    row = read_row(ROW | {"phone": phone})
    assert row.contract is None and not row.repaired and row.problems[0].startswith("phone.")


def test_several_phones_and_addresses():
    keys = read_row(ROW | {"phone": "0748-66-0739；9012345678;", "isp_mail": "a@example.jp; b@example.jp"}).contract.keys
    assert {"phone:0748660739", "phone:09012345678", "isp_mail:a@example.jp", "isp_mail:b@example.jp"} <= set(keys)


@pytest.mark.parametrize(
    "change, problems, number",
    [
        ({"customer_number": ""}, ("customer_number.missing",), None),
        ({"customer_number": "0000"}, ("customer_number.invalid",), None),
        ({"customer_number": "1.23457E+09"}, ("customer_number.rounded",), None),
        ({"customer_number": "1" * 2000}, ("customer_number.long",), None),
        ({"type": ""}, ("type.missing",), "1234567"),
        ({"type": "家族"}, ("type.invalid",), "1234567"),
        ({"kana_name": "", "kanji_name": " "}, ("name.missing",), "1234567"),
        ({"kana_name": "山田花子"}, ("kana_name.kanji",), "1234567"),
        ({"kana_name": "ヤマダ\udc83ハナコ"}, ("kana_name.encoding",), "1234567"),
        ({"kanji_name": "山\ufffd花子"}, ("kanji_name.encoding",), "1234567"),
        ({"kanji_name": "山" * 400}, ("kanji_name.long",), "1234567"),
        ({"birth_date": "33/4/1"}, ("birth_date.era",), "1234567"),
        ({"birth_date": "1958-02-30"}, ("birth_date.invalid",), "1234567"),
        ({"birth_date": "21276"}, ("birth_date.invalid",), "1234567"),
        ({"isp_mail": "hanako"}, ("isp_mail.invalid",), "1234567"),
        ({"isp_mail": "a@example.jp;b"}, ("isp_mail.invalid",), "1234567"),
        ({"type": "家族", "phone": "110"}, ("type.invalid", "phone.invalid"), "1234567"),
    ],
)
def test_a_row_with_a_problem(change, problems, number):
    row = read_row(ROW | change)
    assert (row.problems, row.number, row.contract) == (problems, number, None)


@given(st.dictionaries(st.sampled_from(list(COLUMNS)), st.text()))
def test_any_row_is_answered(cells):
    row = read_row(cells)
    assert (row.contract is None) == bool(row.problems)


@pytest.mark.parametrize(
    "heading, column",
    [
        ("customer_number", "customer_number"),
        ("Customer Number", "customer_number"),
        ("お客様番号", "customer_number"),
        ("\ufeffお客様番号", "customer_number"),
        ("契約者名（カナ）", "kana_name"),
        ("契約者名(漢字)", "kanji_name"),
        ("契約者名", "kanji_name"),
        ("ＴＥＬ", "phone"),
        ("生年月日", "birth_date"),
        ("備考", None),
        ("", None),
    ],
)
def test_headings(heading, column):
    assert column_of(heading) == column
