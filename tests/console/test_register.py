"""The pages of an import: from the columns to its undoing, by two people."""

import re
import threading

import pytest

from idp.services import contract_work
from tests.console.conftest import Built
from tests.console.files import send
from tests.console.people import Inside
from tests.contractor.files import JAPANESE, contract, text

ROWS = [contract(number) for number in range(1, 21)]
COLUMNS = ["customer_number", "type", "phone", "kana_name", "kanji_name", "birth_date", "isp_mail"]
CHOSEN = {f"col{at}": name for at, name in enumerate(COLUMNS)}


def bring(who: Inside, rows: list, **form: str) -> str:
    """A file sent and tried; returns the page's address."""
    where = send(who, text(rows, JAPANESE).encode("cp932")).headers["Location"]
    assert who.post(where, action="check", **{**CHOSEN, **form}).status_code == 303
    return str(where)


def work(built: Built) -> None:
    assert contract_work.run_next(built.deps, threading.Event())


def test_from_the_file_to_its_undoing(built: Built) -> None:
    anna, ben = built.colleague("supervisor"), built.colleague("supervisor")
    where = bring(anna, [*ROWS, ROWS[0], contract(99, phone="110")])
    waiting = anna.get(where)
    assert waiting.headers["Refresh"] == "5" and "順番を待っています" in waiting.text
    work(built)
    shown = anna.get(where)
    assert "確認が終わりました" in shown.text and "ほかの責任者がこのページを開いて" in shown.text and 'value="apply"' not in shown.text
    refused = anna.post(where, action="apply", reason="月次")
    assert refused.status_code == 400 and "ファイルを用意した人は" in refused.text
    assert "理由を200文字以内で入力してください" in ben.post(where, action="apply", reason=" ").text
    assert ben.post(where, action="apply", reason="月次").status_code == 303
    work(built)
    done = ben.get(where)
    assert "反映しました" in done.text and done.text.count("取り込み前に戻す") == 1
    assert ben.post(where, action="apply", reason="again").status_code == 400, "once"
    listed = built.colleague("viewer").get("/console/contracts").text
    assert "反映済み" in listed and anna.account.login_id in listed
    assert ben.post(where, action="undo", reason="まちがい").status_code == 303
    work(built)
    assert "取り消しました" in ben.get(where).text


def test_who_named_the_columns_is_told_that_somebody_else_has_to_apply(built: Built) -> None:
    anna, ben, clara = (built.colleague("supervisor") for _ in range(3))
    where = send(anna, text([*ROWS, ROWS[0]], JAPANESE).encode("cp932")).headers["Location"]
    assert ben.post(where, action="check", **CHOSEN).status_code == 303
    assert ben.get("/console/contracts").status_code == ben.get(where).status_code == 200
    work(built)
    for who, may in ((anna, False), (ben, False), (clara, True)):
        page = who.get(where)
        assert ("ほかの責任者がこのページを開いて" in page.text, 'value="apply"' in page.text) == (not may, may)
    assert "ファイルを用意した人は" in ben.post(where, action="apply", reason="月次").text


def test_rows_left_out_are_a_file_without_persons(built: Built, staff: dict[str, Inside]) -> None:
    where = bring(staff["supervisor"], [ROWS[0] | {"kanji_name": "=cmd|' /C calc'!A0"}, ROWS[1] | {"phone": "=1+1"}])
    work(built)
    answer = staff["viewer"].get(where + "/rows.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8" and "attachment" in answer.headers["Content-Disposition"]
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert lines[0] == '"行","列","理由"' and '3,"電話番号","読み取れません"' in lines
    assert not any(re.match('"?[=+@-]', cell) for line in lines for cell in line.split(","))
    assert staff["viewer"].get("/console/contracts/nobody/rows.csv").status_code == 404


@pytest.mark.parametrize(("form", "words"), [({"col0": ""}, "お客様番号の列"), ({"col1": "x"}, "契約種別の列"), ({"col2": "isp_mail"}, "同じ読み方の列")])
def test_columns_that_cannot_be_are_told(staff: dict[str, Inside], form: dict[str, str], words: str) -> None:
    where = send(staff["supervisor"], text(ROWS, JAPANESE).encode()).headers["Location"]
    answer = staff["supervisor"].post(where, action="check", **{**CHOSEN, **form})
    assert answer.status_code == 400 and words in answer.text and answer.text.count("<select") == 7


def test_it_can_be_given_up_and_then_nothing_more(staff: dict[str, Inside]) -> None:
    who = staff["supervisor"]
    where = send(who, text(ROWS, JAPANESE).encode()).headers["Location"]
    assert who.post(where, action="drop").status_code == 303
    assert "取りやめました" in who.get(where).text
    for action in ("check", "again", "apply", "undo", "drop"):
        assert who.post(where, action=action, reason="r", **CHOSEN).status_code == 400
    for action in ("", "x", "done"):
        assert who.post(where, action=action).status_code == 400


def test_whoever_only_looks_sees_no_cells(staff: dict[str, Inside]) -> None:
    where = send(staff["supervisor"], text(ROWS, JAPANESE).encode()).headers["Location"]
    page = staff["viewer"].get(where)
    assert page.status_code == 200 and "<select" not in page.text and "9999999999" not in page.text and 'name="action"' not in page.text
