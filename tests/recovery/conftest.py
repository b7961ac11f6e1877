"""Contracts for every test of recovery, imported once into each installation."""

from pathlib import Path

import pytest

from tests.contracted import idp, portal
from tests.recovery.person import COMPANIES, CONTRACTS, Person, table
from tests.running import Idp

__all__ = ["idp", "portal"]


class People:
    """Hands out contracts, each to one test."""

    def __init__(self, idp: Idp):
        self._idp, self._companies, self._persons = idp, iter(CONTRACTS[:COMPANIES]), iter(CONTRACTS[COMPANIES:])

    def next(self) -> Person:
        """Somebody with a contract and without an account."""
        return Person(self._idp, next(self._persons))

    def company(self) -> Person:
        """The same for a company."""
        return Person(self._idp, next(self._companies))


@pytest.fixture(scope="session")
def people(idp: Idp, tmp_path_factory: pytest.TempPathFactory) -> People:
    """Contracts that no test has used yet."""
    file: Path = tmp_path_factory.mktemp("contracts") / "contracts.csv"
    file.write_text(table(), encoding="utf-8")
    idp.within("contractor", "import", str(file))
    return People(idp)


@pytest.fixture
def person(people: People) -> Person:
    """Somebody with a contract and without an account."""
    return people.next()


@pytest.fixture
def company(people: People) -> Person:
    """The same for a company."""
    return people.company()
