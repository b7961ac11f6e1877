"""Structured logs on stderr: one line per event, nothing in it that could forge a line or show a secret."""

import logging
import re
import sys
import traceback
from typing import Any, TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from idp.services import request_ids

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def configure(json: bool, stream: TextIO | None = None) -> None:
    """Send every logger of the process, structlog's and the standard library's alike, to stderr (or `stream`).

    `json` writes one JSON object a line (production), otherwise `key=value` text. Each line has the name of the request
    under way, and what was bound with `structlog.contextvars.bind_contextvars(…)`.
    Use `log = structlog.get_logger()` and `log.info("event", name=value)`. Never give it bodies, codes or tokens.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _of_request,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # the ready-made formatters show local variables, and with them passwords
                structlog.processors.ExceptionRenderer(_DICTS if json else _text),
                # JSON escapes whatever is not printable ASCII by itself
                structlog.processors.JSONRenderer() if json else _line,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("authlib").setLevel(logging.INFO)  # at DEBUG it writes whole tokens
    logging.getLogger("alembic").setLevel(logging.WARNING)  # `idp migrate` says what it does itself
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _of_request(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    if name := request_ids.current():
        event.setdefault(request_ids.NAME, name)
    return event


_DICTS = ExceptionDictTransformer(show_locals=False, use_rich=False)


def _text(exc_info: Any) -> str:
    return "".join(traceback.format_exception(*exc_info)).rstrip()


def _clean(text: str) -> str:
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def _line(_logger: Any, _method: str, event: dict[str, Any]) -> str:
    """`time [level] logger: event key=value …`, a traceback indented below so that it cannot pass for a line."""
    traces = [line for name in ("stack", "exception") for line in event.pop(name, "").split("\n") if line]
    below = "".join("\n    " + _clean(line) for line in traces)
    head = f"{event.pop('timestamp', '')} [{event.pop('level', '')}] {event.pop('logger', '')}: {event.pop('event', '')}"
    return " ".join([_clean(head), *(f"{_clean(name)}={value!r}" for name, value in event.items())]) + below
