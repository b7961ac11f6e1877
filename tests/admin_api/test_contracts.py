"""Contracts by the API: a stream that is tried first, and applied; never what a second person has to look at."""

import json
import threading
import time
from pathlib import Path
from typing import Any, Iterator

import pytest

from idp.services import contract_work
from tests.admin_api.api import WHY, Api, Program, error
from tests.input.wire import Request

HEAD = "customer_number,type,kana_name,birth_date,phone\n"


class Clock:
    """The machine's, and what the test adds."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Register(Api):
    """An installation whose courier works when it is told to."""

    def __init__(self, folder: Path, *stores: str):
        self.clock = Clock()
        super().__init__(folder, *stores, clock=self.clock)

    def work(self) -> None:
        """What waits is done."""
        self.clock.ahead += 1
        assert contract_work.run_next(self.deps, threading.Event())
        self.clock.ahead += 1


@pytest.fixture
def register(tmp_path: Path, store_urls: tuple[str, str]) -> Iterator[Register]:
    """With an empty register."""
    found = Register(tmp_path, *store_urls)
    yield found
    found.close()


@pytest.fixture
def program(register: Register) -> Program:
    """One that brings contracts."""
    return register.program("admin:register:write")


def rows(count: int, again: int = 0) -> bytes:
    """A file of so many contracts, the first ones `again` behind them."""
    numbers = [*range(count), *range(again)]
    return (HEAD + "".join(f"{10_000_000 + n},individual,ヤマダ ハナコ,1980-01-02,09012345678\n" for n in numbers)).encode()


def brought(program: Program, data: bytes) -> str:
    """The address of a file's import."""
    answer = program.call("POST", "/contract-imports", data, kind="text/csv")
    assert answer.status == 202, answer.text
    return f"/contract-imports/{json.loads(answer.body)['id']}"


def applied(register: Register, program: Program, data: bytes) -> str:
    """The address of an import that was applied."""
    path = brought(program, data)
    register.work()
    program.post(f"{path}/apply", WHY, 202)
    register.work()
    assert program.get(path)["state"] == "done"
    return path


def test_a_file_is_tried_applied_and_taken_back(register: Register, program: Program) -> None:
    path = brought(program, rows(40))
    assert program.get(path)["state"] == "check"
    register.work()
    told = program.get(path)
    assert (told["state"], told["counts"]["new"], told["second_person"]) == ("checked", 40, False)
    program.post(f"{path}/apply", WHY, 202)
    register.work()
    assert program.get(path)["state"] == "done" and [one["id"] for one in program.get("/contract-imports")["imports"]] == [told["id"]]
    program.post(f"{path}/undo", WHY, 202)
    register.work()
    assert program.get(path)["state"] == "undone"
    for event in ("contracts_uploaded", "contracts_tried", "contracts_applied", "contracts_undone"):
        (row,) = register.rows(event)
        assert (row.client_id, row.actor) == (program.id, f"client:{program.id}")
    assert json.loads(register.rows("contracts_applied")[0].detail)["reason"] == WHY["reason"]


def test_a_feed_that_ends_many_contracts_waits_for_a_person(register: Register, program: Program) -> None:
    """The console asks for a second person; a program is none, nor are two of them."""
    applied(register, program, rows(40))
    for data in (rows(30), rows(40, again=2)):
        path = brought(program, data)
        register.work()
        assert program.get(path)["second_person"]
        for one in (program, register.program("admin:register:write")):
            answer = one.call("POST", f"{path}/apply", WHY)
            assert (answer.status, error(answer)) == (409, "second_person")
        assert program.get(path)["state"] == "checked"
        assert program.post(f"{path}/drop", WHY)["state"] == "dropped"


def test_columns_that_nobody_knows_are_named_in_the_console(program: Program) -> None:
    path = brought(program, b"a,b\n1,2\n")
    assert program.get(path)["state"] == "columns"
    answer = program.call("POST", f"{path}/apply", WHY)
    assert answer.status == 409


@pytest.mark.parametrize(
    ("data", "kind", "length", "chunked", "status", "code"),
    [
        (b"", "text/csv", "0", False, 400, "unreadable_file"),
        (b"\xff\xfe\x00\x01" * 50, "text/csv", None, False, 400, "unreadable_file"),
        (b"a", "text/csv", None, True, 411, "length_required"),
        (b"a", "text/csv", "-1", False, 411, "length_required"),
        (b"a", "text/csv", "268435457", False, 413, "too_large"),
        (b"a", "text/csv", "9" * 40, False, 413, "too_large"),
        (b"a", "application/json", None, False, 415, "unsupported_media_type"),
        (b"a", "multipart/form-data; boundary=b", None, False, 415, "unsupported_media_type"),
    ],
)  # fmt: skip
def test_what_is_no_file_is_refused_and_leaves_nothing(register: Register, program: Program, data: bytes, kind: str, length: str | None, chunked: bool, status: int, code: str) -> None:
    """Requirement AD-09."""
    headers = (("Authorization", f"Bearer {program.token}"),)
    sent = Request("POST", "/admin/v1/contract-imports", b"", data, kind, headers=headers, chunked=chunked)
    environ = {**sent.environ(), **({"CONTENT_LENGTH": length} if length else {})}
    answer = register.sent(environ)
    assert (answer.status, error(answer)) == (status, code)
    assert program.get("/contract-imports") == {"imports": []}


def test_a_file_that_breaks_off_leaves_nothing(register: Register, program: Program) -> None:
    headers = (("Authorization", f"Bearer {program.token}"),)
    sent = Request("POST", "/admin/v1/contract-imports", b"", rows(3), "text/csv", headers=headers)
    answer = register.sent({**sent.environ(), "CONTENT_LENGTH": "5000"})
    assert (answer.status, error(answer)) == (400, "invalid_request")
    assert program.get("/contract-imports") == {"imports": []}


def test_who_may_not_is_refused_before_a_byte_is_read(register: Register) -> None:
    """The role comes before the body."""
    stranger = register.program("admin:audit")
    sent = Request("POST", "/admin/v1/contract-imports", b"", b"", "text/csv", headers=(("Authorization", f"Bearer {stranger.token}"),))

    class Unread:
        def read(self, size: int = -1) -> Any:
            raise AssertionError("it was read")

    assert register.sent({**sent.environ(), "CONTENT_LENGTH": "10", "wsgi.input": Unread()}).status == 403
