"""A million contracts through the console, as a supervisor brings them: sent, mapped, tried, and applied by somebody else, at a
running installation; with broken and doubled rows in it."""

import re
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

import requests

from tests import running, services
from tests.bench import house
from tests.bench.contracts import contract, peak
from tests.bench.figure import Figure
from tests.console.people import Colleague
from tests.contractor.files import HEADINGS

NAMES = ("console-import",)
MANY, QUICK = 1_000_000, 10_000
BROKEN, DOUBLED = 1_000, 5_000  # every so-manieth row has bytes that are no text, or comes twice, as it was and otherwise
_END = b"\r\n--zq--\r\n"
_HEAD = b'--zq\r\nContent-Disposition: form-data; name="file"; filename="contracts.csv"\r\nContent-Type: text/csv\r\n\r\n'
WATCH, ASK, LONGEST = 0.2, 0.5, 7_200.0  # seconds


def write_file(path: Path, count: int) -> int:
    """A file as a billing system from before Unicode writes it; returns how many rows it has."""
    rows = 0
    with open(path, "wb") as out:
        out.write(_HEAD + ",".join(HEADINGS).encode() + b"\r\n")
        for number in range(1, count + 1):
            one = contract(number)
            line = ",".join(one.values()).encode("cp932") + b"\r\n"
            if number % BROKEN == 0:
                line = line.replace(one["kanji_name"].encode("cp932"), b"\x81\xff" + one["kanji_name"].encode("cp932"))
            again = {1: line, 2: line.replace(b"@example.jp", b"@example.com")}.get(number % DOUBLED, b"")
            out.write(line + again)
            rows += 2 if again else 1
        out.write(_END)
    return rows


@dataclass
class _Memory:
    """The greatest RSS of every process below one, in MiB, by what it is; looked at until the end of the block."""

    root: int
    peaks: dict[str, float] = field(default_factory=dict)

    def __enter__(self) -> "_Memory":
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(WATCH):
            for pid in _below(self.root):
                try:
                    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                    found = peak(pid)
                except OSError:
                    continue
                name = "courier" if b"courier" in words else "web"
                self.peaks[name] = max(self.peaks.get(name, 0.0), found)


def _below(pid: int) -> list[int]:
    found = services.children(pid)
    return found + [one for child in found for one in _below(child)]


def _act(who: Colleague, where: str, **values: str) -> requests.Response:
    """Press a button of the import's page, whatever is chosen there."""
    page = who.go(where)
    for tag in re.findall(r"<select[^>]*name=\"(\w+)\".*?</select>", page.text, re.S):
        chosen = re.search(rf'<select[^>]*name="{tag}".*?<option value="(\w*)" selected', page.text, re.S)
        values.setdefault(tag, chosen[1] if chosen else "")
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert csrf, page.text[-2_000:]
    return who.browser.submit(running.Form(who.idp.issuer + where, "post", {"csrf": csrf[1]}), **values)


def _finished(who: Colleague, where: str, title: str) -> tuple[float, str]:
    """Seconds until the page says so, and the page."""
    began = time.perf_counter()
    while time.perf_counter() - began < LONGEST:
        page = who.go(where)
        if "Refresh" not in page.headers:
            assert title in page.text, page.text[-3_000:]
            return time.perf_counter() - began, page.text
        time.sleep(ASK)
    raise AssertionError("it never ended")


def _sent(who: Colleague, path: Path) -> str:
    page = who.go("/console/contracts/new")
    action = next(running.attributes(tag) for tag in page.text.split("<") if tag.startswith("form") and "proof" in tag)["action"]
    headers = {"Content-Type": "multipart/form-data; boundary=zq", "Origin": who.idp.issuer, "Sec-Fetch-Site": "same-origin"}
    with open(path, "rb") as body:
        answer = who.browser.post(who.idp.issuer + action, data=body, headers=headers, allow_redirects=False, timeout=600)
    assert answer.status_code == 303, answer.text[-2_000:]
    return answer.headers["Location"]


def figures(folder: Path, urls: tuple[str, str], quick: bool) -> Iterator[Figure]:
    """The one figure: the greatest RSS of any process of the installation; beside it how long each part took."""
    count = QUICK if quick else MANY
    with ExitStack() as kept:
        database, ephemeral = urls
        if database.startswith("postgresql"):
            database = kept.enter_context(services.empty_database(database, f"console_import_{count}"))
        idp = running.configure(folder / "console-import", database, ephemeral, services.free_port())
        rows = write_file(idp.folder / "body", count)
        idp.run("migrate")
        with house.on(house.SERVER_CORE):
            process = kept.enter_context(running.serving(idp))
        memory = kept.enter_context(_Memory(process.pid))
        anna, ben = Colleague(idp, "supervisor"), Colleague(idp, "supervisor")
        began = time.perf_counter()
        where = _sent(anna, idp.folder / "body")
        sent = time.perf_counter() - began
        _act(anna, where, action="check")
        tried, page = _finished(anna, where, "確認が終わりました")
        assert "ほかの責任者がこのページを開いて" in page, "doubled rows want a second person"
        _act(ben, where, action="apply", reason="月次")
        applied, page = _finished(ben, where, "反映しました")
        left_out = len(ben.go(where + "/rows.csv").text.splitlines()) - 1  # the other one has sat idle too long
    raw = {"rows": float(rows), "MB": (idp.folder / "body").stat().st_size / 1e6, "sent s": sent, "tried rows/s": rows / tried, "applied rows/s": rows / applied}
    raw |= {f"{name} RSS": most for name, most in memory.peaks.items()} | {"left out": float(left_out)}
    yield Figure("console-import", "MiB", 300.0, False, [max(memory.peaks.values())], raw)
