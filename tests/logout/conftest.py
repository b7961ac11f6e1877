"""A house on each engine, whose clock is moved by the test, a member, and a receiver."""

from typing import Iterator

import pytest

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import keyring
from idp.services.passwords import Hasher
from tests.closing import member
from tests.closing.conftest import clock, deps, hasher  # noqa: F401  # fixtures
from tests.logout.receiver import Receiver
from tests.portal_events.test_delivery import answer
from tests.ports.listener import listening


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Says yes, unless told otherwise."""
    says = [answer("200 OK")]
    with listening(lambda caller: caller.sendall(says.pop(0) if len(says) > 1 else says[0])) as server:
        yield Receiver(server, says)


@pytest.fixture
def account(deps: Deps, hasher: Hasher) -> Account:
    """A member."""
    keyring.ensure(deps)
    return member.add(deps, hasher)
