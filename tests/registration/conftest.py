"""Contracts for applicants, a few at a time."""

from typing import Callable, Iterator

import pytest

from tests.conftest import installed
from tests.registration.applicant import Applicant, new_contracts
from tests.running import Idp

_STOCK: dict[str, list[dict[str, str]]] = {}


@pytest.fixture(scope="session", params=["embedded", "production"])
def idp(request: pytest.FixtureRequest) -> Iterator[Idp]:
    """An installation whose contracts nobody else imports: another file would end them."""
    with installed(request.param, request) as found:
        yield found


@pytest.fixture(scope="session")
def portal(idp: Idp) -> dict:
    """The operator's own portal, at that installation."""
    return idp.client()


@pytest.fixture
def applicant(idp: Idp) -> Callable[[], Applicant]:
    """Makes somebody with a contract of their own. Contracts are imported forty at a time: a process for each takes long."""

    def make() -> Applicant:
        stock = _STOCK.setdefault(str(idp.folder), [])
        if not stock:
            stock += new_contracts(idp, 40)
        return Applicant(idp, stock.pop())

    return make
