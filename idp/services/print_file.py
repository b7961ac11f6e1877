"""The print file of letters: a CSV that only its owner can read, and that an export which was cut off can go on with."""

import csv
import fcntl
import io
import os
import stat
from collections import deque
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from typing import Container, Iterator, Sequence

_BOM = b"\xef\xbb\xbf"  # Excel takes a file without one for CP932
_MARKS = ("=", "+", "-", "@", "\t", "\r", "'")


class Refused(Exception):
    """The file cannot be used; one plain sentence says why and what to do."""


@dataclass(frozen=True)
class Row:
    """One letter. `valid_until` and `reading` are as they are printed; `desk_code` is read out to the support desk."""

    contractor_id: str
    login_id: str
    first_password: str
    reading: str
    valid_until: str
    address: str
    desk_code: str = ""  # none on what was sealed before there were any


_FOREIGN = "The unfinished file holds lines that are none of ours. Move it away and start again."


def safe(cell: str) -> str:
    """What a spreadsheet takes for text: an apostrophe before what could be a formula (requirement AD-09)."""
    return "'" + cell if cell.startswith(_MARKS) else cell


def marked(row: Row) -> bool:
    """Whether a cell of the row gets an apostrophe in the file that is no part of it."""
    return any(cell.startswith(_MARKS) for cell in astuple(row))


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow([safe(cell) for cell in cells])
    return out.getvalue().encode()


_FIRST = _BOM + _line([field.name for field in fields(Row)])


def whole(rows: Sequence[Row]) -> bytes:
    """A complete print file of these letters."""
    return _FIRST + b"".join(_line(astuple(row)) for row in rows)


def _row(line: bytes) -> Row:
    try:
        (cells,) = csv.reader([line.decode()])
        return Row(*(cell.removeprefix("'") for cell in cells))
    except (ValueError, TypeError, csv.Error):
        raise Refused(_FOREIGN) from None


def unfit(path: str) -> str | None:
    """Why nothing may be written there, in one sentence, or None."""
    places = (os.path.abspath(path), os.path.realpath(path))  # /dev/stdout is a link to wherever it leads
    if path == "-" or any(place.startswith(("/dev/", "/proc/")) for place in places):
        return "Passwords go into a file only, never on a screen or down a pipe. Name a file that does not exist yet."
    if os.path.lexists(path):
        return f"{path} exists already, and letters may have been printed from it. Name a file that does not exist yet."
    return None


class PrintFile:
    """Grows as FILE.part and becomes FILE when it is complete. `open_print_file` makes one.

    `rows`: how many letters it holds. Of a file that is gone on with: `last`, its last rows, each with where it begins;
    `there`, which of the login IDs asked for have a row.
    """

    def __init__(self, path: str, file: int, most: int, wanted: Container[str]):
        self.path, self.part = path, f"{path}.part"
        self._file, self._end = file, 0
        self.rows = 0
        self.last: deque[tuple[int, Row]] = deque(maxlen=most)
        self.there: set[str] = set()
        self._read(wanted)

    def _read(self, wanted: Container[str]) -> None:
        """Know the file; what was half written is cut off, and a file without its first line gets it."""
        at = 0
        with os.fdopen(os.dup(self._file), "rb") as lines:
            for line in lines:
                if at == 0 and line != _FIRST[: len(line)]:
                    raise Refused(_FOREIGN)
                if not line.endswith(b"\r\n"):
                    break
                if at:
                    row = _row(line)
                    self.last.append((at, row))
                    self.rows += 1
                    self.there |= {row.login_id} if row.login_id in wanted else set()
                at += len(line)
        self.cut(at, 0)
        if at == 0:
            self._write(_FIRST)

    @property
    def blank(self) -> bool:
        """Whether it holds no letter."""
        return self._end <= len(_FIRST)

    def add(self, rows: Sequence[Row]) -> int:
        """Write rows, and return once they are on the disk: where they begin."""
        began = self._end
        self._write(b"".join(_line(astuple(row)) for row in rows))
        self.rows += len(rows)
        return began

    def cut(self, at: int, rows: int) -> None:
        """Take everything behind this place off again, which is so many rows."""
        os.ftruncate(self._file, at)
        os.fsync(self._file)
        self._end = at
        self.rows -= rows

    def _write(self, raw: bytes) -> None:
        done = 0
        while done < len(raw):
            done += os.pwrite(self._file, raw[done:], self._end + done)
        os.fsync(self._file)
        self._end += len(raw)

    def finish(self) -> None:
        """Give the complete file its name."""
        if os.path.lexists(self.path):
            raise Refused(f"{self.path} has come to exist meanwhile. The letters are complete in {self.part}: give it another name.")
        os.rename(self.part, self.path)
        _sync_folder(self.path)


def _sync_folder(path: str) -> None:
    folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _open(part: str) -> int:
    """The unfinished file, new or our own and nobody else's to read."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        file = os.open(part, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        os.fchmod(file, 0o600)  # whatever the umask takes
        return file
    try:
        file = os.open(part, flags)
    except OSError as error:
        raise Refused(f"{part} stands in the way and cannot be gone on with: {error.strerror}.") from None
    found = os.fstat(file)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077 or found.st_nlink != 1:
        os.close(file)
        raise Refused(f"{part} stands in the way: it is no file that you alone can read. Move it away.")
    return file


@contextmanager
def open_print_file(path: str, most: int, wanted: Container[str] = ()) -> Iterator[PrintFile]:
    """A new file, or the unfinished one that an export left behind; nobody else writes to it meanwhile. An unfinished file
    without letters is gone afterwards. `most` and `wanted`: see `PrintFile`. Raises `Refused` and OSError."""
    if sentence := unfit(path):
        raise Refused(sentence)
    part = f"{path}.part"
    file = _open(part)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"Another export is writing {part}. Wait for it, or name another file.") from None
        if os.path.lexists(path) or not os.path.samestat(os.fstat(file), os.lstat(part)):
            raise Refused(f"Another export has just finished {path}. Name another file.")
        _sync_folder(path)
        found = PrintFile(path, file, most, wanted)
        try:
            yield found
        finally:
            if found.blank:
                os.unlink(part)
    finally:
        os.close(file)
