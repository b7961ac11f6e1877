"""One installation in the test's own process, and one that really runs, for each worker of the run."""

from typing import Iterator

import pytest

from tests import running, services
from tests.input.inside import Inside
from tests.running import Idp


@pytest.fixture(scope="session")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """Embedded stores, members, portals and a page of each kind."""
    yield Inside(tmp_path_factory.mktemp("inside"))


@pytest.fixture
def fresh(inside: Inside) -> Inside:
    """The same, with every member back at their page."""
    inside.rewind()
    return inside


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """`idp serve` on the embedded stores."""
    installed = running.configure(tmp_path_factory.mktemp("idp"), "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port())
    with running.serving(installed):
        yield installed
