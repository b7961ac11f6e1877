"""Reads the operator's contract file row by row, whatever Excel or a billing system made of it."""

import codecs
import csv
import io
import itertools
import os
import re
from collections import deque
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO, Generator, Iterator, Literal, Sequence

from idp.domain.contract import REQUIRED, Row, column_of, read_row

Encoding = Literal["auto", "utf-8", "cp932"]
_BLOCK = 1_048_576
_LINE = 65_536  # characters; a longer line is no row
_RECORD_LINES = 100  # a row that goes on longer has a quotation mark that nobody closed
_BAD = re.compile("[\udc80-\udcff\x80-\x9f\uf8f0-\uf8f3]")  # the last two are what CP932 makes of bytes it has no use for


class Unreadable(Exception):
    """The file cannot be used as a whole; one plain sentence says why and what to do, and `code` which of them it is."""

    def __init__(self, code: str, sentence: str):
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Head:
    """The start of a file: how it is written, what its first line says, and a few rows behind it."""

    encoding: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Line:
    """One row of the file: the number of its first line, from 1, and what it says."""

    number: int
    row: Row


def _bad_bytes(file: BinaryIO, encoding: str) -> int:
    """How many bytes of the file are no text in this encoding."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
    bad = 0
    while block := file.read(_BLOCK):
        bad += len(_BAD.findall(decoder.decode(block)))
    return bad + len(_BAD.findall(decoder.decode(b"", True)))


def _encoding_of(file: BinaryIO, wish: Encoding) -> str:
    file.seek(0)
    start = file.read(4)
    if start.startswith(b"PK\x03\x04") or start == b"\xd0\xcf\x11\xe0":
        raise Unreadable("excel", "This is an Excel workbook. In Excel choose Save As, CSV UTF-8, and import that file.")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable("utf16", "This file is in UTF-16. Save it as CSV UTF-8, and import that file.")
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if wish != "auto":
        return wish
    return min(("utf-8", "cp932"), key=lambda encoding: _bad_bytes(file, encoding))


def _lines(text: io.TextIOBase) -> Iterator[str]:
    """Lines with their ends; of one that is too long only the start, so that memory stays bounded."""
    while line := text.readline(_LINE):
        piece = line
        while len(piece) == _LINE and not piece.endswith(("\n", "\r")):
            piece = text.readline(_LINE)
        yield line


def _records(lines: Iterator[str]) -> Iterator[tuple[int, list[str] | None]]:
    """Number of the first line, and the cells, or None if they cannot be told apart.

    A quotation mark that is not closed would swallow the rows behind it: only its own line is given up.
    """
    again: deque[str] = deque()
    taken: list[str] = []

    def feed() -> Iterator[str]:
        while (line := again.popleft() if again else next(lines, None)) is not None:
            taken.append(line)
            if len(taken) > _RECORD_LINES:
                raise csv.Error("too many lines")
            yield line

    number, width = 1, 0
    reader = csv.reader(feed(), strict=True)
    while True:
        taken.clear()
        cells: list[str] | None
        try:
            cells = next(reader, None)
            if cells is None:
                return
        except csv.Error:
            cells = None
        if cells is None or (len(taken) > 1 and width and len(cells) != width):
            again.extendleft(reversed(taken[1:]))
            del taken[1:]
            cells = None
            reader = csv.reader(feed(), strict=True)
        width = width or len(cells or ())
        first, number = number, number + len(taken)
        yield first, cells


def _read(file: BinaryIO, encoding: str) -> Generator[tuple[int, list[str] | None], None, None]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, errors="surrogateescape", newline="")
    try:
        yield from _records(_lines(text))
    finally:
        if not file.closed:
            text.detach()  # the file stays open for the next reading


def _headings(records: Iterator[tuple[int, list[str] | None]]) -> list[str]:
    heading = next(records, (1, None))[1]
    if not heading or not any(heading):
        raise Unreadable("empty", "The file is empty, or its first line is no CSV. The first line must name the columns.")
    return heading


def head(file: BinaryIO, encoding: Encoding = "auto", rows: int = 3) -> Head:
    """The start of an open CSV file, for somebody to say what its columns are. Raises `Unreadable`."""
    known = _encoding_of(file, encoding)
    with closing(_read(file, known)) as records:
        headings = _headings(records)
        some = [tuple(cells) for _, cells in itertools.islice(records, rows * 10) if cells and any(cells)]
    return Head(known, tuple(headings), tuple(some[:rows]))


def columns_problem(columns: Sequence[str | None]) -> tuple[str, str] | None:
    """What is wrong with these columns of a file: a code and a sentence, or None."""
    known = [column for column in columns if column]
    for column in REQUIRED:
        if column not in known:
            return f"no_{column}", f"The first line names no column {column}. See: idp contractor import --help"
    if not {"kana_name", "kanji_name"} & set(known):
        return "no_name", "The first line names neither a column kana_name nor kanji_name."
    if twice := [column for column in known if known.count(column) > 1]:
        return "twice", f"The first line names the column {twice[0]} twice."
    return None


class ContractFile:
    """An open CSV file of contracts that can be read more than once. Raises `Unreadable`.

    `encoding`: "auto" takes UTF-8, with or without BOM, or CP932 (Shift_JIS as Windows writes it), whichever fits the
    bytes. The first line names the columns, unless `columns` says for each what it is (None: not read).
    """

    def __init__(self, file: BinaryIO, encoding: Encoding = "auto", columns: Sequence[str | None] | None = None):
        self._file = file
        self._print = self._fingerprint()
        self.encoding = _encoding_of(file, encoding)
        self.size = self._print[0]
        with closing(_read(file, self.encoding)) as records:
            heading = _headings(records)
        named = [column_of(name) for name in heading] if columns is None else list(columns)
        self._columns = named + [None] * (len(heading) - len(named))
        self.ignored = tuple(name for name, column in zip(heading, self._columns) if not column and name.strip())
        if problem := columns_problem(self._columns):
            raise Unreadable(*problem)

    def _fingerprint(self) -> tuple[int, int]:
        found = os.fstat(self._file.fileno())
        return found.st_size, found.st_mtime_ns

    def rows(self) -> Iterator[Line]:
        """Every row but the first and empty ones."""
        records = _read(self._file, self.encoding)
        next(records, None)
        for number, cells in records:
            if cells is None:
                yield Line(number, Row(None, None, ("row.quotes",)))
            elif any(cells):
                yield Line(number, self._row(cells))

    def _row(self, cells: list[str]) -> Row:
        missing = len(self._columns) - len(cells)
        by_name = {column: cell for column, cell in zip(self._columns, cells) if column}
        if missing > 0 or any(cells[len(self._columns) :]):
            # which cell is which can only be guessed; the number, if it comes first, still says whose row it is
            number = read_row({"customer_number": by_name.get("customer_number", "")}).number
            return Row(number if self._columns[0] == "customer_number" else None, None, ("row.columns",))
        return read_row(by_name)

    def position(self) -> int:
        """Bytes read so far in this reading, about."""
        return self._file.tell()

    def changed(self) -> bool:
        """Whether somebody wrote to the file since it was opened."""
        return self._fingerprint() != self._print
