"""A house on each engine, whose clock is moved by the test."""

from tests.closing.conftest import clock, deps
from tests.ports.test_fetch import tls

__all__ = ["clock", "deps", "tls"]  # fixtures
