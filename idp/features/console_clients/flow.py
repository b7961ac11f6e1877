"""What the pages of clients show: each client in sentences, its last refused requests with the exact difference, a look at its
addresses."""

import json
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal, Mapping, Sequence

from idp.deps import Deps
from idp.domain.client import Client, origin
from idp.ports import Fetched, Fetcher, NotFetched, Unavailable
from idp.services import client_register, console_client, doctor
from idp.services.doctor import Finding
from idp.tables import clients as table
from idp.vault import fingerprint

MOST = 12  # addresses that one look asks for
LOOKS = 10  # a minute
# findings whose two texts are shown below each other
COMPARED = ("redirect", "redirect_token", "assertion_aud", "assertion_iss", "method", "scope")
REASONS = (
    *COMPARED, "redirect_none", "state", "doubled", "oauth", "pkce_mismatch", "pkce_malformed", "pkce_missing", "pkce_none", "pkce_plain",
    "code_unknown", "code_expired", "code_used_again", "code_another_client", "ended", "refresh", "basic", "two", "secret", "secret_old",
    "assertion", "assertion_expired", "assertion_exp", "assertion_nbf", "assertion_iat", "assertion_key",
)  # fmt: skip
WHERE = ("authorize", "par", "token", "auth")
Kind = Literal["secret", "key", "public", "own"]


@dataclass(frozen=True)
class Known:
    """A client and what is kept beside its metadata; times in Unix seconds. `key` stands for it in addresses of pages."""

    client: Client
    used_at: int
    disabled_at: int
    last: Finding | None = None

    @property
    def key(self) -> str:
        """A name without characters that an address could not hold."""
        return key_of(self.client.id)

    @property
    def kind(self) -> Kind:
        """How it proves itself, or that it is the console."""
        if console_client.is_console(self.client):
            return "own"
        return "public" if self.client.public else "secret" if self.client.has_secret else "key"


@dataclass(frozen=True)
class Piece:
    """A part of two texts that is the same in both, or stands in its place in the other; as long in both, with blanks."""

    same: bool
    registered: str
    sent: str


def key_of(client_id: str) -> str:
    """What stands for a client in addresses of pages."""
    return fingerprint(client_id)[:24]


def listed(deps: Deps) -> list[Known]:
    """Every client as it is this moment, with its last refused request."""
    with deps.database.read() as connection:
        rows = table.rows(connection)
    return [_known(row, doctor.last(deps, row["id"])) for row in rows]


def find(deps: Deps, key: str) -> Known | None:
    """The client, or None."""
    with deps.database.read() as connection:
        rows = table.rows(connection)
    return next((_known(row, None) for row in rows if key_of(row["id"]) == key), None)


def _known(row: Mapping[str, Any], last: Finding | None) -> Known:
    return Known(client_register.client_of(row), row["used_at"], row["disabled_at"], last)


def sentences(client: Client) -> list[tuple[str, dict[str, str]]]:
    """What the client is and may do: keys of texts, and their values."""
    said: list[tuple[str, dict[str, str]]] = [
        (f"con.cli.says.auth.{client.token_endpoint_auth_method}", {}),
        ("con.cli.says.first" if client.first_party else "con.cli.says.third", {}),
        ("con.cli.says.scope", {"scope": " ".join(client.scope)}),
        ("con.cli.says.signed", {"alg": client.id_token_signed_response_alg}),
    ]
    if client.profile:
        said.append(("con.cli.says.profile", {"profile": client.profile}))
    said.append(("con.cli.says.pkce" if client.require_pkce or client.public else "con.cli.says.no_pkce", {}))
    switches = {
        "par": client.require_pushed_authorization_requests, "dpop": client.dpop_bound_access_tokens,
        "refresh": client.check_grant_type("refresh_token"), "machine": client.check_grant_type("client_credentials"),
        "logout": client.backchannel_logout_uri, "events": client.event_delivery_uri, "tells": client.may_send_events,
        "itself": client.registration_hash, "pairwise": client.subject_type == "pairwise",
    }  # fmt: skip
    return said + [(f"con.cli.says.{name}", {}) for name, there in switches.items() if there]


def addresses(client: Client) -> list[tuple[str, str]]:
    """Every address that the client has registered: the name of its metadata, and itself."""
    lists = [("redirect_uris", uri) for uri in client.redirect_uris]
    lists += [("post_logout_redirect_uris", uri) for uri in client.post_logout_redirect_uris]
    names = ("jwks_uri", "backchannel_logout_uri", "event_delivery_uri", "initiate_login_uri", "client_uri", "policy_uri", "tos_uri")
    return lists + [(name, uri) for name in names if (uri := getattr(client, name))]


def pieces(registered: str, sent: str) -> list[Piece]:
    """Two texts cut where they differ, so that they can stand below each other; a blank is shown as one that can be seen."""
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, registered, sent, autojunk=False).get_opcodes():
        one, other = registered[a:b].replace(" ", "\u2423"), sent[c:d].replace(" ", "\u2423")
        width = max(len(one), len(other))
        found.append(Piece(tag == "equal", one.ljust(width), other.ljust(width)))
    return found


def plain(name: str) -> str:
    """A name without what turns the direction of text or cannot be seen, for a heading (requirement AD-08)."""
    return "".join(one for one in name if unicodedata.category(one) not in ("Cc", "Cf")) or "-"


def metadata_text(client: Client) -> str:
    """The metadata as JSON for people."""
    return json.dumps(dict(client.metadata), ensure_ascii=False, indent=2, sort_keys=True)


def may_look(deps: Deps, subject: str) -> bool:
    """Whether somebody of the staff may let us ask addresses once more."""
    return deps.ephemeral.hit(f"client-look:{subject}", 60) <= LOOKS


def look(fetcher: Fetcher, client: Client) -> list[tuple[str, str, str, str]]:
    """Ask the client's addresses, all at once: the name of each one's metadata, the address, the code of what came of it, and a
    word more. Of addresses that members' browsers go to only the host is asked."""
    wanted: dict[str, str] = {}
    for name in ("jwks_uri", "backchannel_logout_uri", "event_delivery_uri"):
        if uri := getattr(client, name):
            wanted[uri] = name
    for name, uri in [("redirect_uris", uri) for uri in client.redirect_uris] + [("initiate_login_uri", client.initiate_login_uri or "")]:
        if uri:
            wanted.setdefault(origin(uri) + "/", name)
    rows = list(wanted.items())[:MOST]
    with ThreadPoolExecutor(max(1, len(rows))) as pool:
        return [(name, uri, *came) for (uri, name), came in zip(rows, pool.map(lambda row: _asked(fetcher, *row), rows))]


def _asked(fetcher: Fetcher, uri: str, name: str) -> tuple[str, str]:
    try:
        answer = fetcher.get(uri, "application/json" if name == "jwks_uri" else "*/*")
    except Unavailable as error:
        return "away", str(error)[:200]
    except NotFetched as error:
        return "refused", str(error)[:200]
    if name == "jwks_uri":
        return _keys(answer)
    return ("server" if answer.status >= 500 else "there"), str(answer.status)


def _keys(answer: Fetched) -> tuple[str, str]:
    try:
        keys = json.loads(answer.body)["keys"]
        count = len(keys) if isinstance(keys, list) else 0
    except (ValueError, KeyError, TypeError, RecursionError):
        count = 0
    if answer.status != 200:
        return "server", str(answer.status)
    return ("keys", str(count)) if count else ("no_keys", "")


def shown(findings: Sequence[Finding]) -> list[tuple[Finding, list[Piece]]]:
    """Findings, and for those that compare two texts where these differ."""
    return [
        (one, pieces(str(one.facts["registered"]), str(one.facts["sent"])) if one.reason in COMPARED[:4] and {"registered", "sent"} <= set(one.facts) else [])
        for one in findings
    ]  # fmt: skip
