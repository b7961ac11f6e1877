"""A signature that this process has made or checked is not checked again; everything else about a token is."""

from dataclasses import replace

import pytest

from idp.features.oidc import jose
from idp.services.keyring import Keyring, Ring
from tests.oidc.installation import Installation

ISSUER, ALGS = "http://issuer.example", ["ES256"]


@pytest.fixture
def ring(house: Installation) -> Ring:
    return Keyring(house.deps).ring()


@pytest.fixture
def token(house: Installation, ring: Ring) -> str:
    """One that was signed here, and that nobody has looked at."""
    return jose.sign(ring, "ES256", "at+jwt", {"iss": ISSUER}, house.deps.now())


def spoilt(token: str) -> str:
    """The same claims, signed by nobody."""
    head, claims, signature = token.split(".")
    return f"{head}.{claims}.{signature[::-1]}"


def test_what_is_known_is_not_checked(ring: Ring, token: str) -> None:
    before = set(jose._known)
    assert jose.verify(ring, token, "at+jwt", ALGS, ISSUER) == {"iss": ISSUER}
    assert len(jose._known - before) == 1, "checked once"
    jose.remember(spoilt(token))
    assert jose.verify(ring, spoilt(token), "at+jwt", ALGS, ISSUER) == {"iss": ISSUER}
    jose._known.clear()


def test_what_is_known_is_the_whole_token(ring: Ring, token: str) -> None:
    jose.remember(token)
    for other in (spoilt(token), token + "A", token.swapcase()):
        with pytest.raises(jose.BadToken):
            jose.verify(ring, other, "at+jwt", ALGS, ISSUER)


def test_a_token_that_is_refused_is_not_known_afterwards(ring: Ring, token: str) -> None:
    for _ in range(2):
        with pytest.raises(jose.BadToken, match="signature"):
            jose.verify(ring, spoilt(token), "at+jwt", ALGS, ISSUER)


def test_key_type_algorithm_and_issuer_are_looked_at_all_the_same(ring: Ring, token: str) -> None:
    """Requirement JW-09: with its key a token ends."""
    jose.remember(token)
    wrong = [
        (replace(ring, verification={}), "at+jwt", ALGS, ISSUER), (ring, "JWT", ALGS, ISSUER), (ring, "at+jwt", ["RS256"], ISSUER),
        (ring, "at+jwt", ALGS, "http://elsewhere.example"),
    ]  # fmt: skip
    for house, typ, algs, issuer in wrong:
        with pytest.raises(jose.BadToken):
            jose.verify(house, token, typ, algs, issuer)


def test_no_more_are_known_than_have_room(ring: Ring, token: str) -> None:
    for number in range(jose.MOST_KNOWN + 10):
        jose.remember(str(number))
    assert len(jose._known) <= jose.MOST_KNOWN
    assert jose.verify(ring, token, "at+jwt", ALGS, ISSUER) == {"iss": ISSUER}
