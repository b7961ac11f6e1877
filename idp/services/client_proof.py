"""Client metadata on how a client proves itself and its requests (RFC 7591 section 2, OIDC Core section 9, RFC 9126
section 6, RFC 9449 section 5.2), and the profile that says all of it at once (FAPI 2.0)."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate, validates_schema

from idp.domain import client as rules
from idp.domain import fapi
from idp.domain.problem import Problem
from idp.services import client_keys


def _jwks(value: Any) -> None:
    if problem := client_keys.problem(value):
        raise ValidationError(problem)


def https(value: Any) -> None:
    """Check an address by the rules for all of them. Raises `ValidationError`."""
    if problem := rules.url_problem(value):
        raise ValidationError(problem)


def strict_bool() -> fields.Field:
    """A field for true or false and nothing that is like it."""
    return fields.Raw(validate=validate.OneOf([True, False], error=Problem("bool", "write true or false")))


class ProofOfClient(Schema):
    """The part of the metadata that these rules are about."""

    profile = fields.String(validate=validate.OneOf(fapi.PROFILES))
    jwks = fields.Raw(validate=_jwks)
    jwks_uri = fields.Raw(validate=https)
    token_endpoint_auth_signing_alg = fields.String(validate=validate.OneOf(rules.PROOF_ALGS))
    client_assertion_audience = fields.String(validate=validate.OneOf(["issuer", "token_endpoint"]))

    require_pushed_authorization_requests = strict_bool()
    dpop_bound_access_tokens = strict_bool()
    require_dpop_nonce = strict_bool()
    request_object_signing_alg = fields.String(validate=validate.OneOf(rules.PROOF_ALGS))
    require_signed_request_object = strict_bool()
    authorization_signed_response_alg = fields.String(validate=validate.OneOf(rules.ID_TOKEN_ALGS))

    @pre_load
    def filled_in(self, data: Any, **_: Any) -> Any:
        """What a profile stands for, under what is said."""
        known = isinstance(data, dict) and data.get("profile") in fapi.PROFILES
        return {**fapi.implied(data["profile"]), **data} if known else data

    @validates_schema
    def holds_its_profile(self, data: dict[str, Any], **_: Any) -> None:
        """Nothing that the profile does not allow, and a key that can be used in it."""
        if (profile := data.get("profile")) is None:
            return
        wrong = {name: [words] for name, words in fapi.contradictions(profile, data)}
        jwks = data.get("jwks")
        if jwks and not any(set(fapi.ALGS) & set(client_keys.algs_of(key.dict_value)) for key in client_keys.usable(jwks)):
            wrong["jwks"] = [Problem("profile_key", '"profile": "{profile}" needs a key for {algs} (FAPI 2.0 SP 5.4.1)', profile=profile, algs=", ".join(fapi.ALGS))]
        if wrong:
            raise ValidationError(wrong)

    @validates_schema
    def keys_are_known(self, data: dict[str, Any], **_: Any) -> None:
        """One place for keys, and one there is if the client proves itself by them."""
        if data.get("jwks") is not None and data.get("jwks_uri") is not None:
            raise ValidationError(Problem("keys_twice", "give jwks or jwks_uri, not both (RFC 7591 section 2)"), "jwks")
        unknown = data.get("jwks", data.get("jwks_uri")) is None
        if data.get("require_signed_request_object") and unknown:
            raise ValidationError(Problem("keys_needed", "it needs the client's public keys, in jwks or at jwks_uri"), "require_signed_request_object")
        if data.get("token_endpoint_auth_method") == "private_key_jwt" and unknown:
            raise ValidationError(Problem("keys_needed_jwt", "private_key_jwt needs the client's public keys, here or at jwks_uri"), "jwks")
