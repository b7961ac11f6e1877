"""What the tests of the courier share."""

import io
import logging
from typing import Iterator

import pytest
import structlog

from idp.services import logs


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged during the test, as in production."""
    root, said = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    logs.configure(json=True, stream=said)
    yield said
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
