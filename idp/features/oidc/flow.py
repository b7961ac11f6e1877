"""From a checked authorization request to a code: which sign-in it needs, which consent, what it may claim."""

from dataclasses import replace
from typing import Any, Literal

from idp import texts
from idp.deps import Deps
from idp.domain import assurance, claims
from idp.domain.account import Account
from idp.domain.client import Client
from idp.domain.journey import Journey
from idp.features.oidc import codes, once
from idp.features.oidc.request import AuthorizationError, AuthorizationRequest, from_dict
from idp.services import journeys, records
from idp.tables import grants


def begin(
    deps: Deps, request: AuthorizationRequest, expected: str | None, browser: str, purpose: Literal["authorize", "device"] = "authorize"
) -> Journey:
    """The journey of this request, before anybody has signed in; `expected`: the only account that may.

    Raises `AuthorizationError` for an essential level that cannot be reached here (OIDC Core section 5.5.1.1).
    """
    essential = request.claims.essential_acr
    if essential and not set(essential) & set(assurance.ACR_SUPPORTED):
        raise AuthorizationError(request.target, "unmet_authentication_requirements", "this level is not offered")
    wished = essential or request.claims.voluntary_acr or request.acr_values
    again = assurance.ACR_PASSWORD_AGAIN in wished and assurance.ACR_PASSWORD not in wished
    # levels that nobody here knows are no wish that could be met or missed; a voluntary claim never holds anybody up
    levels = tuple(level for level in essential or request.acr_values if level in assurance.ACR_SUPPORTED)
    return journeys.new(
        deps,
        browser,
        purpose=purpose,
        client_id=request.target.client_id,
        request=request.to_dict(),
        locale=_locale(request.ui_locales),
        login_hint=request.login_hint,
        reauthenticate="login" in request.prompt or again,
        max_age=request.max_age,
        hint_subject=expected,
        levels=levels,
        operation=request.operation,
        choose="select_account" in request.prompt,
    )


def _locale(ui_locales: str) -> str | None:
    tags = [tag.split("-")[0].lower() for tag in ui_locales.split()]
    return next((tag for tag in tags if tag in texts.LOCALES), None)


def prepare(deps: Deps, client: Client, journey: Journey, account: Account) -> Journey:
    """Fill in which scopes still need the member's yes: none for the operator's own portals (decisions.md)."""
    request = from_dict(journey.request)
    if journey.consented or (client.first_party and "consent" not in request.prompt):
        return journey
    asked = frozenset(request.scope) | claims.covering((*request.claims.userinfo, *request.claims.id_token))
    if "consent" in request.prompt:
        return replace(journey, consent=tuple(sorted(asked)))
    with deps.database.read() as connection:
        granted = grants.consented_scope(connection, account.id, client.id)
    return replace(journey, consent=tuple(sorted(asked)) if asked - granted else ())


def issue_code(deps: Deps, client: Client, journey: Journey, account: Account) -> tuple[AuthorizationRequest, str]:
    """The request and a code for it, for its client. Needs a journey whose steps are all done."""
    request, proof = from_dict(journey.request), journey.proof
    assert proof is not None and proof.sid is not None
    once.answered(deps, request)
    given = facts(deps, journey, account, request)
    essential = request.claims.essential_acr
    if essential and given["acr"] not in essential:
        raise AuthorizationError(request.target, "unmet_authentication_requirements", "the level was not reached")
    code = codes.issue(
        deps,
        client,
        **given,
        redirect_uri=request.target.redirect_uri,
        sid=proof.sid,
        nonce=request.nonce,
        code_challenge=request.code_challenge,
        jkt=request.dpop_jkt,
    )
    return request, code


def facts(deps: Deps, journey: Journey, account: Account, request: AuthorizationRequest) -> dict[str, Any]:
    """What a grant of this sign-in says of it, by the names of `Grant`: all but whose it is, which session it belongs to, and
    what holds it to a key."""
    proof = journey.proof
    assert proof is not None
    reached = assurance.satisfied(proof.methods, proof.entered_here, deps.now() < account.held_until)
    wished = request.claims.essential_acr or request.claims.voluntary_acr or request.acr_values
    return {
        "subject": account.id,
        "epoch": account.epoch,
        "scope": request.scope,
        "auth_time": proof.auth_time,
        "acr": assurance.acr_for(reached, wished),
        "amr": assurance.amr(proof.methods),
        "userinfo_claims": request.claims.userinfo,
        "id_token_claims": request.claims.id_token,
        "resource": request.resource,
    }


def consent(deps: Deps, journey: Journey, subject: str) -> Journey:
    """Store the member's yes for this client and these scopes."""
    now = deps.now()
    with deps.database.write() as connection:
        known = grants.consented_scope(connection, subject, journey.client_id or "")
        grants.consent(connection, subject, journey.client_id or "", known | frozenset(journey.consent), now)
        records.add(
            connection, deps, "consent_given", account_id=subject, client_id=journey.client_id, detail={"scope": " ".join(journey.consent)}
        )
    return replace(journey, consented=True)
