"""DPoP proofs of clients that have nothing else to show (RFC 9449): what was given out for a key is of use with it only."""

from tests.oidc import offline, proofs
from tests.oidc.installation import Installation
from tests.oidc.proofs import OTHER, bound, proof, redeemed
from tests.oidc.televisions import answered, begun, proven_poll
from tests.oidc.test_token_endpoint import refusal
from tests.services import race


def test_refresh_tokens_of_public_clients_are_bound(each: Installation) -> None:
    """RFC 9449 section 5 (requirement DP-02): another key gets nothing and spends nothing."""
    portal = each.portals["bound-public"]
    first = bound(portal, each.browser(each.member()), scope=offline.SCOPE)["refresh_token"]
    before = offline.row(each, first)
    refusal(proofs.refreshed(portal, first, key=OTHER), "invalid_grant")
    refusal(offline.refresh(portal, first), "invalid_dpop_proof")
    assert offline.row(each, first) == before
    again = portal.granted(proofs.refreshed(portal, first))
    assert again["token_type"] == "DPoP" and again["refresh_token"] != first
    refusal(proofs.refreshed(portal, again["refresh_token"], key=OTHER), "invalid_grant")


def test_a_proof_of_a_public_client_is_good_once_for_all_that_was_given_out(each: Installation) -> None:
    """RFC 9449 section 11.1: neither another code nor the refresh token goes with it, and both are as good as before."""
    portal, browser, text = each.portals["bound-public"], each.browser(each.member()), proof(each.provider.endpoint("token"))
    code, other = portal.code(browser, scope=offline.SCOPE), portal.code(browser)
    refusal(redeemed(portal, "made-up", text), "invalid_grant")
    first = portal.granted(redeemed(portal, code, text))["refresh_token"]
    refusal(redeemed(portal, other, text), "invalid_dpop_proof")
    refusal(proofs.refreshed(portal, first, text), "invalid_dpop_proof")
    assert redeemed(portal, other).status_code == 200 and proofs.refreshed(portal, first).status_code == 200


def test_a_proof_of_a_television_is_good_once_and_the_answer_outlives_one_that_was_used(each: Installation) -> None:
    """RFC 8628 section 3.4, RFC 9449 section 11.1: nothing is remembered while nobody has answered, and then all of it."""
    portal, browser, text = each.portals["tv"], each.browser(each.member()), proof(each.provider.endpoint("token"))
    first, second = begun(portal), begun(portal)
    refusal(proven_poll(portal, first["device_code"], text=text), "authorization_pending")
    answered(browser, first["user_code"])
    answered(browser, second["user_code"])
    tokens = portal.granted(proven_poll(portal, first["device_code"], text=text))
    refusal(proofs.refreshed(portal, tokens["refresh_token"], text), "invalid_dpop_proof")
    refusal(proven_poll(portal, second["device_code"], text=text), "invalid_dpop_proof")
    assert proven_poll(portal, second["device_code"]).status_code == 200


def test_of_eight_televisions_with_one_proof_one_is_connected(each: Installation) -> None:
    """RFC 9449 section 11.1: at the same time, too."""
    portal, browser, text = each.portals["tv"], each.browser(each.member()), proof(each.provider.endpoint("token"))
    waiting = [begun(portal) for _ in range(8)]
    for one in waiting:
        answered(browser, one["user_code"])
    codes = iter([one["device_code"] for one in waiting])
    answers = race(8, lambda: proven_poll(portal, next(codes), text=text))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
