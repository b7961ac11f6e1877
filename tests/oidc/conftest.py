"""The installations that the protocol suite runs against, each started once and shared."""

from typing import Iterator

import pytest

from idp.domain import fapi
from tests import services
from tests.oidc.fapi import Party
from tests.oidc.installation import ADDRESS, PROFILE, Installation, installation
from tests.oidc.relying_party import Portal, Provider
from tests.running import Browser

SHORT = {"tokens": {"code": '"10s"', "access": '"10s"', "id": '"10s"'}}


EMBEDDED = ("sqlite:///idp.db", "sqlite:///ephemeral.db")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """On SQLite and files, with the standard policy."""
    with installation(tmp_path_factory.mktemp("oidc"), EMBEDDED) as found:
        yield found


@pytest.fixture(scope="session")
def production(postgres_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The same on PostgreSQL and Redis, in databases of its own: other suites use the same servers."""
    with services.empty_database(postgres_url, "oidc") as database:
        with installation(tmp_path_factory.mktemp("oidc"), (database, redis_url.replace("db=0", "db=7"))) as found:
            yield found


@pytest.fixture(params=["house", "production"])
def each(request: pytest.FixtureRequest) -> Installation:
    """On each pair of stores in turn."""
    found: Installation = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """With codes and tokens that live ten seconds."""
    with installation(tmp_path_factory.mktemp("oidc-short"), EMBEDDED, policy=SHORT) as found:
        yield found


@pytest.fixture(scope="module")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """With pushed requests that live five seconds, and codes of televisions that live ten and of which an address
    types three a minute."""
    brief = {"tokens": {"pushed_request": '"5s"', "device_code": '"10s"'}, "rates": {"device_codes_per_address_per_minute": "3"}}
    with installation(tmp_path_factory.mktemp("oidc-brief"), EMBEDDED, policy=brief) as found:
        yield found


@pytest.fixture(scope="session")
def provider(house: Installation) -> Provider:
    """The provider, as discovery tells it."""
    return house.provider


@pytest.fixture(scope="session")
def portal(house: Installation) -> Portal:
    """The operator's own portal: confidential, client_secret_basic, PKCE, RS256."""
    return house.portals["plain"]


@pytest.fixture(scope="session")
def hanako(house: Installation) -> str:
    """The login ID of a member with every claim."""
    return house.member(
        "hanako", email="hanako@example.jp", phone="090-1234-5678", verified=True,
        contractor_id="0012345678", contract_type="individual", profile={**PROFILE, "address": ADDRESS},
    )  # fmt: skip


@pytest.fixture(scope="session")
def signed_in(house: Installation, hanako: str) -> Browser:
    """A browser in which this member is signed in; for tests that leave the session as it is."""
    return house.browser(hanako)


@pytest.fixture
def browser(house: Installation) -> Browser:
    """A browser of nobody."""
    return house.browser()


@pytest.fixture(scope="session", params=fapi.PROFILES)
def party(request: pytest.FixtureRequest, house: Installation) -> Party:
    """A portal of each FAPI 2.0 profile in turn."""
    return Party(house, house.portals[request.param])


@pytest.fixture(scope="session")
def other(house: Installation, party: Party) -> Party:
    """Another one of the same profile."""
    return Party(house, house.portals[f"{party.portal.client['profile']}-other"])
