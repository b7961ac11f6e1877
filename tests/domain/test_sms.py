"""What fits into one SMS (japan.md, Phones and SMS)."""

import pytest

from idp.domain import sms


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("", 0),
        ("a", 1),
        ("認証コード", 5),
        ("髙﨑", 2),
        ("𠮷", 2),
        ("😀", 2),
        ("e\u0301", 2),
        ("\n", 2),
        ("\r\n", 2),
        ("\r", 2),
        ("a\n\nb", 6),
        ("a\r\n\nb\r", 8),
        ("\ud800", 1),
        ("あ" * 70, 70),
    ],
)
def test_units(text: str, units: int) -> None:
    assert sms.units(text) == units


@pytest.mark.parametrize("text", ["ｱｲｳ 髙﨑 ① ㈱ ～－￥…― №", "abc~\\|", "0120-000-000（9:00）", ""])
def test_what_survives_shift_jis(text: str) -> None:
    assert sms.strangers(text) == "" and text.encode("cp932").decode("cp932") == text


@pytest.mark.parametrize(
    ("text", "lost"),
    [("a〜b〜", "〜"), ("😀", "😀"), ("𠮷野家", "𠮷"), ("Café", "é"), ("−—", "−—"), ("\u200b", "\u200b"), ("葛\U000e0100", "\U000e0100"), ("\ud800", "\ud800")],
)
def test_what_does_not(text: str, lost: str) -> None:
    assert sms.strangers(text) == lost


def test_the_budget_to_the_unit() -> None:
    assert sms.problems("あ" * 70) == () == sms.problems("あ" * 66 + "\n\n")
    assert sms.problems("あ" * 71) == ("it is 71 units long and 70 fit into one SMS",)
    assert sms.problems("あ" * 67 + "\n\n") == ("it is 71 units long and 70 fit into one SMS",)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("123456\n\n@id.example.jp #123456", True),
        ("123456\n@id.example.jp #123456", True),
        ("123456 @id.example.jp #123456", False),
        ("123456\n@id.example.jp #123456\n", False),
        ("123456\n@id.example.jp #123456 ", False),
        ("123456\n@id.example.jp#123456", False),
        ("123456\n@www.example.jp #123456", False),
        ("123456\n@id.example.jp #654321", False),
        ("123456", False),
    ],
)
def test_a_code_is_bound_to_its_site_by_the_last_line(text: str, good: bool) -> None:
    assert (sms.problems(text, "id.example.jp", "123456") == ()) == good
    assert sms.problems(text, "id.example.jp") == ()


def test_everything_is_told_at_once() -> None:
    assert len(sms.problems("😀" * 36, "id.example.jp", "123456")) == 3
