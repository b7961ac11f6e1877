"""Fixtures for tests that import contracts: whoever imports a file ends the contracts of another."""

from typing import Iterator

import pytest

from tests.conftest import installed
from tests.running import Idp


@pytest.fixture(scope="session", params=["embedded", "production"])
def idp(request: pytest.FixtureRequest) -> Iterator[Idp]:
    """An installation whose contracts nobody else imports: another file would end them."""
    with installed(request.param, request) as found:
        yield found


@pytest.fixture(scope="session")
def portal(idp: Idp) -> dict:
    """The operator's own portal, at that installation."""
    return idp.client()
