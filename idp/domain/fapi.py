"""The FAPI 2.0 profiles as one switch: what the client metadata `profile` demands, each rule with its section.

SP is FAPI 2.0 Security Profile Final, MS is FAPI 2.0 Message Signing Final. What every client here is held to anyway stands
elsewhere: the code flow alone, confidential clients that keep their refresh token, `iss` in each answer, 303, codes good once.
"""

from typing import Any, Iterator, Mapping

from idp.domain.problem import Problem

SECURITY, SIGNING = "fapi2", "fapi2-message-signing"
PROFILES = (SECURITY, SIGNING)
ALGS = ("ES256", "PS256", "EdDSA")  # SP 5.4.1
CODE = 60  # seconds that a code is good for at most (SP 5.3.2.1 point 11)
PUSHED = 599  # seconds that a pushed request can be begun for at most (SP 5.3.2.2 point 12)

GRANTS = ("authorization_code", "refresh_token", "client_credentials")  # SP 5.3.2.2 point 1

# the one value that a key of the metadata can have, and where that is said
_ONLY: dict[str, tuple[Any, str]] = {
    "token_endpoint_auth_method": ("private_key_jwt", "SP 5.3.2.1 points 3 and 6"),
    "client_assertion_audience": ("issuer", "SP 5.3.2.1 point 8"),
    "dpop_bound_access_tokens": (True, "SP 5.3.2.1 points 4 and 5"),
    "require_pushed_authorization_requests": (True, "SP 5.3.2.2 point 3"),
    "require_pkce": (True, "SP 5.3.2.2 point 5"),
}
_ONLY_SIGNING: dict[str, tuple[Any, str]] = {"require_signed_request_object": (True, "MS 5.3.1")}
# what we sign with is ES256 unless the client says otherwise; what it signs with is any of ALGS unless it says one
_OURS = ("id_token_signed_response_alg", "authorization_signed_response_alg", "introspection_signed_response_alg")
_THEIRS = ("token_endpoint_auth_signing_alg", "request_object_signing_alg")


def _only(profile: str) -> dict[str, tuple[Any, str]]:
    return _ONLY | (_ONLY_SIGNING if profile == SIGNING else {})


def implied(profile: str) -> dict[str, Any]:
    """The metadata that the profile stands for, where a client says nothing itself."""
    return {name: value for name, (value, _) in _only(profile).items()} | dict.fromkeys(_OURS, ALGS[0])


def contradictions(profile: str, data: Mapping[str, Any]) -> Iterator[tuple[str, Problem]]:
    """(key, sentence) for whatever in checked metadata, with `implied` filled in, the profile does not allow."""
    for name, (value, section) in _only(profile).items():
        if data.get(name) != value:
            words = '"profile": "{profile}" needs {value} here (FAPI 2.0 {section}); leave the key out, it is set'
            yield name, Problem("profile_value", words, profile=profile, value=_json(value), section=section)
    if set(data.get("grant_types", ())) - set(GRANTS):
        words = '"profile": "{profile}" knows no grant beside a browser, so no device code (FAPI 2.0 SP 5.3.2.2 point 1)'
        yield "grant_types", Problem("profile_grants", words, profile=profile)
    for name in (*_OURS, *_THEIRS):
        if data.get(name, ALGS[0]) not in ALGS:
            yield name, Problem("profile_algs", '"profile": "{profile}" allows {algs} (FAPI 2.0 SP 5.4.1)', profile=profile, algs=", ".join(ALGS))


def redirect_problem(profile: str, uri: str) -> Problem | None:
    """Why answers may not go to this address (SP 5.3.2.2 point 8), or None."""
    words = '"profile": "{profile}" needs https (FAPI 2.0 SP 5.3.2.2 point 8)'
    return None if uri.startswith("https://") else Problem("profile_https", words, uri, profile=profile)


def _json(value: Any) -> str:
    return "true" if value is True else f'"{value}"'
