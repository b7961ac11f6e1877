"""Requests that lead to one answer at most, however many pages of them stand open: those that were laid down in advance (RFC
9126 section 7.3), and signed ones that have a name of their own, their `jti` (RFC 7519 section 4.1.7).

Ephemeral, as a request alone grants nothing: who replays one still has to sign in, and to redeem the code as the client.
"""

from idp.deps import Deps
from idp.features.oidc.request import AuthorizationError, AuthorizationRequest
from idp.vault import fingerprint

KEEP = 86_400  # seconds after which a page left open leads nowhere any more, so that no mark is needed
PUSHED, SIGNED = "pushed", "signed"
_SPENT = {
    PUSHED: ("invalid_request_uri", "the pushed request has led to an answer already"),
    SIGNED: ("invalid_request_object", "the request object was used before"),
}


def key(kind: str, name: str) -> str:
    """What such a request is known by."""
    return f"{kind}:{fingerprint(name)}"


def mark(deps: Deps, known: str) -> tuple[str, int]:
    """What a journey keeps of a request: its key, and until when it may lead to an answer (Unix seconds)."""
    return known, deps.now() + KEEP


def _spent(known: str) -> str:
    kind, _, name = known.partition(":")
    return f"{kind}-spent:{name}"


def is_spent(deps: Deps, known: str) -> bool:
    """Whether the request has led to an answer."""
    return deps.ephemeral.get(_spent(known)) is not None


def spend(deps: Deps, known: str, seconds: int) -> bool:
    """Spend it for so long; true for the first of many who try."""
    return deps.ephemeral.add(_spent(known), b"1", seconds)


def answered(deps: Deps, request: AuthorizationRequest) -> None:
    """Note that the request leads to an answer now. Raises `AuthorizationError` if one came before, or too much time has gone."""
    if request.once is None:
        return
    known, until = request.once
    left = until - deps.now()
    first = left > 0 and spend(deps, known, left)
    deps.ephemeral.drop(known)
    if not first:
        raise AuthorizationError(request.target, *_SPENT[known.partition(":")[0]])


def refused(deps: Deps, request: AuthorizationRequest) -> None:
    """Note the same for an error, which is given whatever came before."""
    try:
        answered(deps, request)
    except AuthorizationError:
        pass
