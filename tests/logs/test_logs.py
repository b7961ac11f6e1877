"""Logs: one event, one line, whatever is in it; and no local variable of a failing function."""

import io
import json
import logging
from typing import Any, Iterator

import pytest
import structlog

from idp.services import logs

NASTY = "太郎\r\n2026-01-01T00:00:00Z [info] idp: forged\x1b[31m\x85\u2028\u202e\ud800"


@pytest.fixture(params=[True, False], ids=["json", "text"])
def said(request: pytest.FixtureRequest) -> Iterator[tuple[bool, io.StringIO]]:
    """Whether lines are JSON, and all that is logged."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    logs.configure(json=request.param, stream=stream)
    yield request.param, stream
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(said: tuple[bool, io.StringIO]) -> list[Any]:
    """The lines, read as JSON where they are JSON; no reader may see more of them than `\\n` does."""
    text = said[1].getvalue()
    assert text.splitlines() == text.rstrip("\n").split("\n")
    return [json.loads(line) for line in text.splitlines()] if said[0] else text.splitlines()


def test_a_value_cannot_forge_a_line(said: tuple[bool, io.StringIO]) -> None:
    log: Any = structlog.get_logger("idp.test")
    log.info(NASTY, name=NASTY, raw=NASTY.encode("utf-8", "replace"), deep={"a": [NASTY]})
    logging.getLogger("library").warning("said %s", NASTY)
    found = lines(said)
    assert len(found) == 2
    assert not any(ord(c) in range(0x20) or c in "\x85\u2028\u202e\ud800\x1b" for c in said[1].getvalue().replace("\n", ""))
    if said[0]:
        assert (found[0]["event"], found[0]["name"], found[0]["logger"], found[0]["level"]) == (NASTY, NASTY, "idp.test", "info")
        assert found[1]["event"] == f"said {NASTY}" and found[1]["level"] == "warning"


def test_the_request_stands_in_every_line(said: tuple[bool, io.StringIO]) -> None:
    structlog.contextvars.bind_contextvars(request_id="r-1")
    structlog.get_logger().info("ours")
    logging.getLogger("library").error("theirs")
    structlog.contextvars.clear_contextvars()
    structlog.get_logger().info("another")
    found = [str(line) for line in lines(said)]
    assert ["r-1" in line for line in found] == [True, True, False]


def test_exceptions_without_local_variables(said: tuple[bool, io.StringIO]) -> None:
    def fail() -> None:
        password = "geheim" + "nis"
        raise ValueError(f"no\nforged line\x1b {len(password)}")

    try:
        fail()
    except ValueError as error:
        structlog.get_logger().exception("ours")
        structlog.get_logger().error("ours too", exc_info=error)
        logging.getLogger("library").exception("theirs")
    text = said[1].getvalue()
    assert text.count("in fail" if not said[0] else '"name": "fail"') == 3 and "geheimnis" not in text and "\x1b" not in text
    if said[0]:
        assert len(lines(said)) == 3
    else:  # a traceback is indented below its line
        assert len([line for line in lines(said) if not line.startswith("    ")]) == 3


def test_what_is_not_said(said: tuple[bool, io.StringIO]) -> None:
    structlog.get_logger().debug("details")
    logging.getLogger("library").debug("details")
    logging.getLogger().setLevel(logging.DEBUG)
    logging.getLogger("authlib.oauth2").debug("whole tokens")
    assert said[1].getvalue() == ""
