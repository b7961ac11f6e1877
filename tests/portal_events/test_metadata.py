"""What a client may say of events when it is registered."""

import dataclasses
import json
from typing import Any

import pytest
from sqlalchemy import select

from idp.deps import Deps
from idp.domain import security_event
from idp.services import client_registration
from idp.services.client_registration import Rejected
from idp.tables.schema import clients
from tests.closing.conftest import clock, deps  # noqa: F401  # fixtures
from tests.courier.house import NOW

pytestmark = pytest.mark.usefixtures("clock")
TOKEN, URI = "receiver-token-0123456789", "http://localhost:9/events"


def test_the_token_of_the_receiver_is_kept_sealed_and_never_said(deps: Deps) -> None:
    wish = {"client_id": "p1", "redirect_uris": ["https://portal.example/cb"], "event_delivery_uri": URI}
    registered = client_registration.register(deps, wish | {"event_delivery_token": TOKEN, "may_send_events": True})
    assert TOKEN not in json.dumps(registered)
    assert (registered["event_delivery_uri"], registered["may_send_events"]) == (URI, True)
    with deps.database.read() as connection:
        (row,) = connection.execute(select(clients)).mappings()
    assert TOKEN not in json.dumps(dict(row)) and row["event_token"]


PLAIN = {"redirect_uris": ["https://portal.example/cb"]}
BAD: list[tuple[dict[str, Any], str]] = [
    ({"event_delivery_uri": "http://portal.example/e"}, "https"),
    ({"event_delivery_uri": "ftp://portal.example/e"}, "https"),
    ({"event_delivery_uri": "https://portal.example/e#x"}, "fragment"),
    ({"event_delivery_uri": 7}, "absolute URL"),
    ({"event_delivery_uri": "https://p.example/", "event_delivery_token": "short"}, "16 to 512"),
    ({"event_delivery_uri": "https://p.example/", "event_delivery_token": "with space and more"}, "16 to 512"),
    ({"event_delivery_uri": "https://p.example/", "event_delivery_token": "0123456789abcdef\r\nX: y"}, "16 to 512"),
    ({"event_delivery_uri": "https://p.example/", "event_delivery_token": "x" * 513}, "16 to 512"),
    ({"event_delivery_token": TOKEN}, "event_delivery_uri"),
    ({"may_send_events": "yes"}, "true or false"),
    ({"may_send_events": True, "token_endpoint_auth_method": "none"}, "client with a secret"),
]


@pytest.mark.parametrize(("metadata", "said"), BAD)
def test_metadata_that_does_not_do_is_refused(deps: Deps, metadata: dict, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        client_registration.register(deps, PLAIN | metadata)


def test_where_browsers_speak_https_receivers_do_too(deps: Deps) -> None:
    house = dataclasses.replace(deps, settings=dataclasses.replace(deps.settings, issuer="https://id.example.jp"))
    with pytest.raises(Rejected, match="https"):
        client_registration.register(house, PLAIN | {"event_delivery_uri": "http://localhost:9/e"})
    client_registration.register(house, PLAIN | {"event_delivery_uri": "https://portal.example/e"})


def test_every_event_has_a_published_type() -> None:
    about = {"at": NOW, "by": "system"}
    for event, uri in security_event.TYPES.items():
        (found,) = security_event.claims("i", "c", "s", "j", event, about)["events"].items()
        assert found[0] == uri and ("event_timestamp" in found[1]) == ("/caep/" in uri)
