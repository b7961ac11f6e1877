"""Contracts for applicants, a few at a time."""

from typing import Callable

import pytest

from tests.contracted import idp, portal
from tests.registration.applicant import Applicant, new_contracts
from tests.running import Idp

__all__ = ["idp", "portal"]
_STOCK: dict[str, list[dict[str, str]]] = {}


@pytest.fixture
def applicant(idp: Idp) -> Callable[[], Applicant]:
    """Makes somebody with a contract of their own. Contracts are imported forty at a time: a process for each takes long."""

    def make() -> Applicant:
        stock = _STOCK.setdefault(str(idp.folder), [])
        if not stock:
            stock += new_contracts(idp, 40)
        return Applicant(idp, stock.pop())

    return make
