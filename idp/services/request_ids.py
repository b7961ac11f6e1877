"""Names each request, so that its log lines, its audit rows and what its sender saw can be laid side by side."""

import os
from contextvars import ContextVar

from idp import vault

NAME, HEADER = "request_id", "X-Request-Id"
LENGTH, AT_ONCE = 16, 256

_current: ContextVar[str | None] = ContextVar(NAME, default=None)
_names: list[str] = []  # made many at a time: one by one they would cost more than anything else about them
os.register_at_fork(after_in_child=_names.clear)  # or two workers would use the same ones


def begin() -> str:
    """A name for the request that this thread now answers: it stands in every log line until the next request's."""
    try:
        name = _names.pop()
    except IndexError:
        many = vault.random_id(LENGTH * AT_ONCE)
        name, *others = (many[at : at + LENGTH] for at in range(0, len(many), LENGTH))
        _names.extend(others)
    _current.set(name)
    return name


def current() -> str | None:
    """The name of the request under way; None in the courier and on the command line."""
    return _current.get()
