"""Each reader of bytes under atheris, by coverage and for a moment; `make fuzz` goes on for as long as asked."""

import importlib.util
import platform
import sys

import pytest

from tests.fuzz import run
from tests.fuzz.targets import TARGETS

HERE = sys.version_info < (3, 14) and platform.machine() == "x86_64"  # where setup.cfg installs it


def test_it_is_installed_where_it_can_be() -> None:
    assert not HERE or importlib.util.find_spec("atheris") is not None


@pytest.mark.parametrize("kind", TARGETS if HERE else ())
def test_any_bytes_are_read_or_refused(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    code = run.by_coverage(kind, 2, seed=1)
    said = capfd.readouterr().out
    assert code == 0 and "number_of_executed_units" in said, said
