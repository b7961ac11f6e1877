"""Contract records: a million of them brought in by a real `idp contractor import`, and one found among them."""

import datetime
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from statistics import median
from typing import Iterator, Sequence

from idp import config, parts
from tests import running, services
from tests.bench import house
from tests.bench.figure import Figure, Round, figure, in_turn
from tests.contractor.files import HEADINGS

NAMES = ("import", "matching")
MANY, QUICK, FEW = 1_000_000, 10_000, 1_000
ASKED = 400  # questions of one round
_KANA = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾜ"
_KANJI = "山田川村木林森石本中島野原高橋上下藤松井沢谷岡前後西東北南大小青白黒金清水花子美恵一郎太次健幸和明正義"
_FAMILIES, _GIVEN = 2_000, 3_000
_FIRST_DAY, _DAYS = datetime.date(1930, 1, 1), 27_000


def _word(letters: str, number: int, length: int) -> str:
    """One of many words of this length."""
    found = ""
    for _ in range(length):
        number, at = divmod(number * 7 + 3, len(letters))
        found += letters[at]
    return found


def kana(number: int, length: int) -> str:
    """One of many words of so many letters."""
    return _word(_KANA, number, length)


def contract(number: int) -> dict[str, str]:
    """The contract of this number. As in a real register some thirty of a million have the commonest name, forty a birthday,
    and every tenth shares its phone with the one before."""
    chance = Random(number)
    family, given = (int(most * chance.random() ** 1.5) for most in (_FAMILIES, _GIVEN))
    day = _FIRST_DAY + datetime.timedelta(chance.randrange(_DAYS))
    phone = number - (number % 10 == 9)
    return {
        "customer_number": f"{number:010d}",
        "type": "individual",
        "phone": f"090-{phone // 10_000 + 1_000:04d}-{phone % 10_000:04d}",
        "kana_name": f"{_word(_KANA, family, 3)} {_word(_KANA, given, 3)}",
        "kanji_name": f"{_word(_KANJI, family, 2)} {_word(_KANJI, given, 2)}",
        "birth_date": f"{day:%Y/%m/%d}",
        "isp_mail": f"m{number}@example.jp",
    }


def write_file(path: Path, count: int) -> Path:
    """A file of so many contracts, row by row."""
    with open(path, "w", encoding="utf-8-sig", newline="") as out:
        out.write(",".join(HEADINGS) + "\r\n")
        for number in range(1, count + 1):
            out.write(",".join(contract(number).values()) + "\r\n")
    return path


@dataclass(frozen=True)
class Imported:
    """What one import took: rows per second, CPU ms per row of the importing process, and its greatest RSS in MiB."""

    per_second: float
    cpu_ms: float
    peak: float


@dataclass
class Registers:
    """Installations whose registers hold so many contracts, each on a database of its own and filled when it is first
    asked for."""

    folder: Path
    urls: tuple[str, str]
    kept: ExitStack
    made: dict[int, running.Idp] = field(default_factory=dict)
    took: dict[int, list[Imported]] = field(default_factory=dict)

    def filled(self, count: int) -> running.Idp:
        """One with so many contracts; its file was given twice."""
        if count not in self.made:
            folder, (database, ephemeral) = self.folder / f"contracts-{count}", self.urls
            if database.startswith("postgresql"):
                database = self.kept.enter_context(services.empty_database(database, f"contracts_{count}"))
            idp = running.configure(folder, database, ephemeral, services.free_port())
            idp.run("migrate")
            write_file(folder / "contracts.csv", count)
            self.took[count] = [_import(idp, count) for _ in range(2)]
            self.made[count] = idp
        return self.made[count]


def peak(pid: int) -> float:
    """The greatest RSS of a process so far, in MiB; 0 if it has ended."""
    rows = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(rows.get("VmHWM", "0 kB").split()[0]) / 1024


def _import(idp: running.Idp, count: int) -> Imported:
    command = [sys.executable, "-m", "idp", "--config", str(idp.config), "contractor", "import", str(idp.folder / "contracts.csv")]
    most, began = 0.0, time.perf_counter()
    with house.on(house.SERVER_CORE), open(idp.folder / "import.log", "ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=house.TOP)
    try:
        # asked of the process itself: what wait4() says begins with the size of whoever started it
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            most = max(most, peak(process.pid))
            time.sleep(0.05)
        seconds, cpu = time.perf_counter() - began, house.cpu(process.pid)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, (idp.folder / "import.log").read_text()[-2000:]
    return Imported(count / seconds, cpu / count * 1000, most)


class Asked:
    """The contract records of an installation, asked in this process; what its own database process uses counts too."""

    def __init__(self, idp: running.Idp, count: int):
        self.deps = parts.open_deps(*config.load(str(idp.config)))
        self.count, self.random = count, Random(count)
        self._cpu = house.OwnCpu(self.deps.database)

    def _facts(self, known: bool) -> dict[str, str]:
        """What members are asked for at registration or recovery; unknown: everything but one fact is somebody's."""
        one = contract(self.random.randint(1, self.count))
        if self.random.random() < 0.5:
            number = one["customer_number"] if known else f"{self.count + self.random.randint(1, 10**6):010d}"
            return {"customer_number": number, "phone": one["phone"], "kana_name": one["kana_name"]}
        mail = one["isp_mail"] if known else f"nobody-{one['isp_mail']}"
        return {"kanji_name": one["kanji_name"], "birth_date": one["birth_date"], "isp_mail": mail}

    def round(self) -> Round:
        """CPU seconds and seconds per question; half of them are about nobody."""
        asked = [(self._facts(known), known) for known in (True, False) * (ASKED // 2)]
        began, cpu = time.perf_counter(), self._cpu()
        found = [self.deps.contractors.match(facts) for facts, _ in asked]
        spent = (self._cpu() - cpu) / ASKED, (time.perf_counter() - began) / ASKED
        assert [match is not None for match in found] == [known for _, known in asked]
        return spent


def _matching(registers: Registers, many: int, rounds: int) -> Figure:
    ours, theirs = Asked(registers.filled(many), many), Asked(registers.filled(FEW), FEW)
    pairs = in_turn(rounds, ours.round, theirs.round)
    for one in (ours, theirs):
        parts.close_deps(one.deps)
    found = figure("matching", 1.2, False, f"{FEW:,}", pairs)
    wall = median(a[1] / b[1] for a, b in zip(*pairs))
    return replace(found, raw={"contracts": many, "wall": wall, **found.raw})


def figures(folder: Path, urls: tuple[str, str], names: Sequence[str], quick: bool) -> Iterator[Figure]:
    """Both figures, over a million contracts, or fewer if it is to be quick."""
    many = QUICK if quick else MANY
    with ExitStack() as kept:
        registers = Registers(folder, urls, kept)
        if "import" in names:
            registers.filled(many)
            first, again = registers.took[many]
            raw = {"rows": float(many), "rows/s": first.per_second, "again rows/s": again.per_second}
            raw |= {"CPU ms/row": first.cpu_ms, "again CPU ms/row": again.cpu_ms}
            yield Figure("import", "MiB", 300.0, False, [max(first.peak, again.peak)], raw)
        if "matching" in names:
            yield _matching(registers, many, 5 if quick else 15)
