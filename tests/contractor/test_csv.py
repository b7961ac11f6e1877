"""The operator's file as Excel and billing systems make it: encodings, headings, broken rows, and files that are none."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.services.contractor_csv import ContractFile, Unreadable
from tests.contractor.files import HEADINGS, JAPANESE, contract, text

ROWS = [contract(1), contract(2, kanji_name="𠮷田 﨑"), contract(3, type="法人", kana_name="ｶ)ｱﾗﾌﾞﾝﾁﾖ", kanji_name="㈱甲賀電機")]
CP932_ROWS = [contract(1), contract(2, kanji_name="髙﨑 ①"), ROWS[2]]


@pytest.fixture
def opened(tmp_path):
    files = []

    def opened(content, encoding="auto"):
        path = tmp_path / f"{len(files)}.csv"
        path.write_bytes(content)
        files.append(open(path, "rb"))
        return ContractFile(files[-1], encoding)

    yield opened
    for file in files:
        file.close()


def numbers(file):
    return [(line.number, line.row.number, line.row.problems) for line in file.rows()]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("headings", [HEADINGS, JAPANESE])
@pytest.mark.parametrize("encoding, rows", [("utf-8", ROWS), ("utf-8-sig", ROWS), ("cp932", CP932_ROWS)])
def test_encodings(opened, encoding, rows, headings, end):
    file = opened(text(rows, headings, end).encode(encoding))
    assert file.encoding == encoding and file.ignored == ()
    assert numbers(file) == [(2, "1", ()), (3, "2", ()), (4, "3", ())]
    assert list(file.rows()) == list(file.rows())
    again = opened(text(rows, HEADINGS, "\n").encode())
    assert [line.row for line in again.rows()] == [line.row for line in file.rows()]


def test_the_encoding_can_be_said(opened):
    assert opened(text(CP932_ROWS).encode("cp932"), "cp932").encoding == "cp932"
    assert opened(text(ROWS).encode("utf-8-sig"), "cp932").encoding == "utf-8-sig"  # a BOM is a BOM
    wrong = opened(text(CP932_ROWS).encode("cp932"), "utf-8")
    assert all("kana_name.encoding" in problems for _, _, problems in numbers(wrong))


@pytest.mark.parametrize("encoding, rows", [("utf-8", ROWS), ("cp932", CP932_ROWS)])
def test_bytes_that_are_no_text_spoil_one_row(opened, encoding, rows):
    content = text(rows, JAPANESE).encode(encoding)
    place = content.index("花子1".encode(encoding))
    file = opened(content[:place] + b"\x80\xff" + content[place:])
    assert file.encoding == encoding
    assert numbers(file) == [(2, "1", ("kanji_name.encoding",)), (3, "2", ()), (4, "3", ())]


def test_columns_in_any_order_and_others_ignored(opened):
    content = "備考,ﾌﾘｶﾞﾅ,契約種別,,お客様番号\n\"two\nlines\",ｱ ｲ,個人,x,1\n,ｱ ｳ,個人,,2\n"
    file = opened(content.encode())
    assert file.ignored == ("備考",)
    assert numbers(file) == [(2, "1", ()), (4, "2", ())]


@pytest.mark.parametrize("tail", ["", "\r\n", "\r\n\r\n\r\n", "\r\n,,,,,,\r\n"])
def test_the_end_of_the_file_does_not_matter(opened, tail):
    assert len(numbers(opened((text(ROWS).rstrip() + tail).encode()))) == 3


@pytest.mark.parametrize(
    "line, problems, number",
    [
        ("0000000009,individual", ("row.columns",), "9"),
        ("0000000009,individual,,ア,,,,more", ("row.columns",), "9"),
        ("x", ("row.columns",), None),
        ('0000000009,individual,,"ア,,,', ("row.quotes",), None),
        ('"0000000009",individual,"",“ア”,"',  ("row.quotes",), None),
        ('0000000009,individual,,"ア"イ,,,', ("row.quotes",), None),
        ('0000000009,individual,,"' + "ア" * 200_000, ("row.quotes",), None),
        ("0000000009,individual,," + "ア" * 5_000 + ",,,", ("kana_name.long",), "9"),
        ("9" * 1_000_000, ("row.columns",), None),
        ("\0\0\0", ("row.columns",), None),
    ],
)  # fmt: skip
def test_a_broken_row_spoils_no_other(opened, line, problems, number):
    lines = text([contract(n) for n in range(1, 400)], end="\n").splitlines()
    lines.insert(5, line)
    rows = numbers(opened("\n".join(lines).encode()))
    assert len(rows) == 400
    assert [row for row in rows if row[2]] == [(6, number, problems)]


def test_a_quotation_mark_before_each_row_costs_each_row_once(opened):
    content = text([], end="\n") + '"1,individual,,ア,,,\n' * 500
    rows = numbers(opened(content.encode()))
    assert len(rows) == 500 and all(problems for _, _, problems in rows)


@pytest.mark.parametrize(
    "content, says",
    [
        (b"", "empty"),
        (b"\n\n\n", "empty"),
        (b'"', "empty"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "Excel workbook"),
        ("customer_number,type".encode("utf-16"), "UTF-16"),
        (b"customer_number,phone,kana_name\n", "no column type"),
        (b"type,phone,kana_name\n", "no column customer_number"),
        (b"customer_number,type,phone\n", "neither"),
        ("お客様番号,顧客番号,契約種別,氏名\n".encode(), "customer_number twice"),
        (text(ROWS)[len(",".join(HEADINGS)) + 2 :].encode(), "no column customer_number"),
        (b"\xff" * 5_000_000, "no column"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(opened, content, says):
    with pytest.raises(Unreadable, match=says):
        opened(content)


@settings(max_examples=200)
@given(st.binary(max_size=300), st.sampled_from(["auto", "utf-8", "cp932"]))
def test_any_bytes_are_read_to_the_end(tmp_path_factory, content, encoding):
    path = tmp_path_factory.mktemp("any") / "x.csv"
    path.write_bytes(b"customer_number,type,kana_name\n" + content)
    with open(path, "rb") as file:
        for line in ContractFile(file, encoding).rows():
            assert bool(line.row.contract) != bool(line.row.problems)


def test_a_file_without_a_place_cannot_be_read_twice():
    with pytest.raises(OSError):
        ContractFile(io.BytesIO(b"customer_number,type,kana_name\n"))
