"""A client's own lifetimes shorten the policy's, and never lengthen them."""

import pytest

from idp.domain import lifetimes
from idp.domain.client import Client
from idp.domain.policy import Seconds, Tokens

RULE = Tokens(access=Seconds(600), id=Seconds(500), refresh_idle=Seconds(4_000), refresh=Seconds(5_000))
KINDS = {
    "access_token_lifetime": (lifetimes.access, 600),
    "id_token_lifetime": (lifetimes.identity, 500),
    "refresh_token_idle_lifetime": (lifetimes.refresh_idle, 4_000),
    "refresh_token_lifetime": (lifetimes.refresh, 5_000),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_shorter_one_counts(name: str) -> None:
    """The policy may have become stricter since the client was registered."""
    of, policys = KINDS[name]
    assert of(Client("a"), RULE) == policys
    assert [of(Client("a", **{name: own}), RULE) for own in (60, policys, policys + 1)] == [60, policys, policys]
    others = {other: one for other, (one, _) in KINDS.items() if other != name}
    assert {other: one(Client("a", **{name: 60}), RULE) for other, one in others.items()} == {other: KINDS[other][1] for other in others}


def test_every_one_has_its_key_in_the_policy() -> None:
    assert {name: getattr(RULE, key) for name, key in lifetimes.KEYS.items()} == {name: most for name, (_, most) in KINDS.items()}
