"""A house on each engine, whose clock is moved by the test."""

from tests.closing.conftest import clock, deps  # noqa: F401  # fixtures
from tests.ports.test_fetch import tls  # noqa: F401  # fixture
