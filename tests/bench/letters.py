"""Mail through the courier: letters that wait in the outbox, a real `idp courier`, and a mail server in a process of its own."""

import contextlib
import multiprocessing
import sys
import time
from multiprocessing.connection import Connection
from typing import Iterator

from idp import config, parts
from idp.deps import Deps
from idp.services import letters
from idp.tables import outbox
from tests import services
from tests.bench import house
from tests.ports.smtp_server import Inbox, smtp_server


class _Clocked(Inbox):
    """Keeps when each mail came instead of the mail."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[float] = []

    async def handle_DATA(self, *rest: object) -> str:
        self.came.append(time.monotonic())
        return "250 OK"


def mailbox(line: Connection) -> None:
    """Says its port; then, for each number of mails that it is asked for, when the first and the last of them came."""
    inbox = _Clocked()
    with smtp_server(inbox) as port:
        line.send(port)
        while wanted := line.recv():
            while len(inbox.came) < wanted:
                time.sleep(0.005)
            line.send((inbox.came[0], inbox.came[wanted - 1]))
            inbox.came.clear()


@contextlib.contextmanager
def _receiving() -> Iterator[tuple[int, Connection]]:
    context = multiprocessing.get_context("spawn")
    line, far = context.Pipe()
    with house.on(house.LOAD_CORE):
        process = context.Process(target=mailbox, args=(far,), daemon=True)
        process.start()
    try:
        yield line.recv(), line
    finally:
        line.send(0)
        process.join(10)
        process.kill()


def _write(deps: Deps, count: int) -> None:
    now = deps.now()
    with deps.database.write() as connection:
        for number in range(count):
            letters.write(
                connection,
                deps,
                account_id=None,
                channel="mail",
                to=f"member{number}@mail.example",
                template="mail.notice.pw",
                locale="ja",
                facts={"datetime": now, "method": "first", "os": "ios", "browser": "safari"},
                expires_at=now + 3_600,
            )


def rounds(prepared: house.Prepared, count: int, times: int) -> list[tuple[float, float]]:
    """(CPU seconds of the courier, seconds) per letter, for each of `times` rounds of `count` letters; the first, which finds
    cold caches, does not count."""
    folder, found = prepared.idp.folder, []
    with _receiving() as (port, line):
        settings = folder / "letters.toml"
        settings.write_text(prepared.idp.config.read_text() + f'[mail]\nurl = "smtp://127.0.0.1:{port}?tls=none"\n')
        deps = parts.open_deps(*config.load(str(settings)))
        command = [sys.executable, "-m", "idp", "--config", str(settings), "courier"]
        with contextlib.ExitStack() as stack:
            with house.on(house.SERVER_CORE):
                works = lambda: letters.courier_alive(deps)  # noqa: E731
                process = stack.enter_context(services.process(command, folder / "courier.log", works, cwd=folder))
            for _ in range(times + 1):
                before = house.cpu(process.pid)
                _write(deps, count)
                line.send(count)
                first, last = line.recv()
                services.wait_until(lambda: _waiting(deps) == 0)
                found.append(((house.cpu(process.pid) - before) / count, (last - first) / (count - 1)))
        parts.close_deps(deps)
    return found[1:]


def _waiting(deps: Deps) -> int:
    with deps.database.read() as connection:
        return outbox.depth_and_age(connection, deps.now())[0]
