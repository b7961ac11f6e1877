"""The FAPI 2.0 profiles as metadata: what `profile` stands for, and what cannot stand beside it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from idp.domain import fapi, lifetimes
from idp.domain.client import DEVICE_CODE, Client
from idp.domain.policy import Seconds, Tokens
from idp.services import client_registration
from idp.services.client_registration import Rejected
from tests.oidc import signing
from tests.oidc.installation import REFRESHING, Installation
from tests.running import CALLBACK

WRONG: dict[str, tuple[Any, ...]] = {
    "token_endpoint_auth_method": ("client_secret_basic", "client_secret_post", "none"),
    "client_assertion_audience": ("token_endpoint",),
    "dpop_bound_access_tokens": (False,),
    "require_pushed_authorization_requests": (False,),
    "require_pkce": (False,),
    "id_token_signed_response_alg": ("RS256",),
    "authorization_signed_response_alg": ("RS256",),
    "introspection_signed_response_alg": ("RS256",),
    "token_endpoint_auth_signing_alg": ("RS256",),
    "request_object_signing_alg": ("RS256",),
    "grant_types": ([*REFRESHING, DEVICE_CODE],),
}
CASES = [(profile, key, value) for profile in fapi.PROFILES for key, values in WRONG.items() for value in values]


def metadata(profile: Any, **changes: Any) -> str:
    """Metadata of a portal of this profile that says nothing twice."""
    return json.dumps({"profile": profile, "client_id": "profiled", "redirect_uris": [CALLBACK], "jwks": signing.jwks("portal-PS256"), **changes})


def problems(house: Installation, *given: Any, **changes: Any) -> list[str]:
    """Why it is refused."""
    with pytest.raises(Rejected) as caught:
        client_registration.register(house.deps, metadata(*given, **changes))
    return caught.value.problems


@pytest.mark.parametrize("profile", fapi.PROFILES)
def test_one_key_stands_for_all(house: Installation, profile: str) -> None:
    """What is registered says it all, and can be registered again as it is printed."""
    found = client_registration.register(house.deps, metadata(profile))
    assert "client_secret" not in found and found["token_endpoint_auth_method"] == "private_key_jwt"
    assert found["require_pushed_authorization_requests"] is found["dpop_bound_access_tokens"] is found["require_pkce"] is True
    assert {found[f"{name}_signed_response_alg"] for name in ("id_token", "authorization", "introspection")} == {"ES256"}
    assert found.get("require_signed_request_object", False) is (profile == fapi.SIGNING)
    again = client_registration.register(house.deps, json.dumps(found))
    assert {**again, "client_id_issued_at": 0} == {**found, "client_id_issued_at": 0}


@pytest.mark.parametrize("profile, key, value", CASES)
def test_what_contradicts_it_is_refused_by_name(house: Installation, profile: str, key: str, value: Any) -> None:
    """One sentence that names the key and the section; nothing else is complained about but what follows from it."""
    found = problems(house, profile, **{key: value})
    mine = [one for one in found if one.startswith(f"{key}: ")]
    assert len(mine) == 1 and f'"profile": "{profile}"' in mine[0] and "SP 5." in mine[0]


def test_signing_of_requests_belongs_to_the_second_profile(house: Installation) -> None:
    """Message Signing section 5.3.1; the first profile leaves it open."""
    [problem] = problems(house, fapi.SIGNING, require_signed_request_object=False)
    assert problem.startswith("require_signed_request_object: ") and "MS 5.3.1" in problem
    client_registration.register(house.deps, metadata(fapi.SECURITY, require_signed_request_object=True))


def test_a_key_has_to_be_one_that_the_profile_can_use(house: Installation) -> None:
    """Security Profile section 5.4.1: a set of RS256 keys only proves nobody."""
    assert problems(house, fapi.SECURITY, jwks=signing.jwks("portal-RS256"))[0].startswith("jwks: ")
    assert problems(house, fapi.SECURITY, jwks=None)[0].startswith("jwks: ")
    client_registration.register(house.deps, metadata(fapi.SECURITY, jwks=signing.jwks("portal-RS256", "portal-EdDSA")))


@pytest.mark.parametrize("profile", ["fapi1", "", 7, None, [], {}, ["fapi2"], "FAPI2"], ids=str)
def test_no_other_profile_is_known(house: Installation, profile: Any) -> None:
    """Rather no client than one that is held to less than it thinks."""
    assert problems(house, profile)[0].startswith("profile: ")


def test_answers_go_to_https_only(house: Installation) -> None:
    """Security Profile section 5.3.2.2 point 8; a provider on one's own machine is there to be tried."""
    here = ["http://localhost:3000/callback"]
    client_registration.register(house.deps, metadata(fapi.SECURITY, redirect_uris=here))
    public = replace(house.deps, settings=replace(house.deps.settings, issuer="https://id.example.jp"))
    with pytest.raises(Rejected) as caught:
        client_registration.register(public, metadata(fapi.SECURITY, redirect_uris=[CALLBACK, *here]))
    [problem] = caught.value.problems
    assert problem.startswith("redirect_uris: 'http://localhost:3000/callback'") and "https" in problem


def test_codes_and_pushed_requests_are_short_lived_whatever_the_policy_says() -> None:
    """Security Profile sections 5.3.2.1 point 11 and 5.3.2.2 point 12."""
    long, short = Tokens(code=Seconds(600), pushed_request=Seconds(600)), Tokens(code=Seconds(30), pushed_request=Seconds(20))
    for profile in fapi.PROFILES:
        client = Client("a", profile=profile)
        assert (lifetimes.code(client, long), lifetimes.pushed_request(client, long)) == (60, 599)
        assert (lifetimes.code(client, short), lifetimes.pushed_request(client, short)) == (30, 20)
    assert (lifetimes.code(Client("a"), long), lifetimes.pushed_request(Client("a"), long)) == (600, 600)
