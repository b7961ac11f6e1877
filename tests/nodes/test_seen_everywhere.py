"""What changes at one node is seen at every other one within seconds."""

from typing import Any, Callable

from tests.nodes.house import Nodes
from tests.nodes.test_wandering import redeemed
from tests.running import answer_of, claims_of, new_name
from tests.stopwatch import stopwatch

WITHIN = 5.0  # seconds


def soon(what: Callable[[], Any]) -> None:
    """Wait until it is so, as long as is allowed."""
    with stopwatch() as taken:
        while True:
            late = taken.seconds() > WITHIN
            if what():
                return
            assert not late, "not seen in time"


def granted(nodes: Nodes, client: dict[str, Any], name: str) -> dict[str, Any]:
    """The tokens of a sign-in."""
    browser = nodes.browser()
    found: dict[str, Any] = redeemed(nodes, 0, client, answer_of(browser.sign_in(browser.authorize(client), name))["code"]).json()
    return found


def alive(nodes: Nodes, node: int, token: dict[str, Any]) -> bool:
    """Whether the access token works at this node."""
    return nodes.ask(node, "GET", "/userinfo", headers={"Authorization": f"Bearer {token['access_token']}"}).status_code == 200


def test_a_token_revoked_here_is_dead_there(nodes: Nodes) -> None:
    client, name = nodes.idp.client(), new_name()
    nodes.idp.account(name)
    token = granted(nodes, client, name)
    assert alive(nodes, 0, token) and alive(nodes, 1, token)
    auth = (client["client_id"], client["client_secret"])
    assert nodes.ask(0, "POST", "/revoke", data={"token": token["access_token"]}, auth=auth).status_code == 200
    soon(lambda: not alive(nodes, 1, token))


def test_who_is_signed_out_everywhere_is_so_at_every_node(nodes: Nodes) -> None:
    client, name = nodes.idp.client(), new_name()
    nodes.idp.account(name)
    token = granted(nodes, client, name)
    nodes.idp.within("account", "sign-out-everywhere", name)
    soon(lambda: not alive(nodes, 0, token) and not alive(nodes, 1, token))


def test_a_client_comes_changes_and_goes_at_every_node(nodes: Nodes) -> None:
    client = nodes.idp.client(grant_types=["client_credentials"], redirect_uris=[], scope="contracts:read")

    def served(node: int, secret: str) -> bool:
        form = {"grant_type": "client_credentials"}
        return nodes.ask(node, "POST", "/token", data=form, auth=(client["client_id"], secret)).status_code == 200

    soon(lambda: served(0, client["client_secret"]) and served(1, client["client_secret"]))
    rotated = nodes.idp.run("client", "rotate-secret", client["client_id"]).stdout
    soon(lambda: not served(0, client["client_secret"]) and not served(1, client["client_secret"]))
    assert client["client_secret"] not in rotated
    nodes.idp.within("client", "remove", client["client_id"])
    soon(lambda: nodes.ask(1, "POST", "/token", data={"grant_type": "client_credentials"}, auth=(client["client_id"], "x" * 32)).status_code == 401)


def test_a_new_key_is_published_and_signs_at_every_node(nodes: Nodes) -> None:
    def published(node: int) -> set[str]:
        return {key["kid"] for key in nodes.ask(node, "GET", "/jwks").json()["keys"]}

    before = published(0)
    client, name = nodes.idp.client(), new_name()
    nodes.idp.account(name)
    nodes.idp.run("key", "rotate")
    soon(lambda: published(0) > before and published(1) == published(0))
    token = granted(nodes, client, name)
    assert claims_of(token["id_token"])["sub"] and alive(nodes, 1, token)
