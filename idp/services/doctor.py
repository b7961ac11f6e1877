"""What was wrong with a client's last requests, for its people alone: a small ring in the ephemeral store that no flood can fill
and that holds no secret, code or token. Outside, every such request has its one constant answer (trap T-15)."""

import json
import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Mapping, Sequence

from idp.deps import Deps
from idp.domain.client import Client
from idp.ports import Unavailable
from idp.vault import fingerprint

KEEP = 10  # findings of one client
LIFE = 7 * 86_400
SAME = 3_600  # seconds in which the same finding is noted once
MINUTE, OF_CLIENT, IN_ALL = 60, 20, 200
MOST = 300  # characters of a fact
_UNSEEN = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True)
class Finding:
    """`at`: Unix seconds; `where`: authorize, par, token, or another endpoint; `reason`: a code; `facts`: what was `sent`, what is
    `registered`, by how many `seconds`, an OAuth `error` and our `words` for it."""

    at: int
    where: str
    reason: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


def note(deps: Deps, client: Client, where: str, reason: str, among: Sequence[str] = (), **facts: str | int) -> None:
    """Keep a finding, at most a few a minute, and the same one once an hour. `among`: what could have been sent instead of
    `sent`, of which the one most alike is kept as `registered`. Never raises: an answer does not depend on it."""
    kept: dict[str, str | int] = {name: _plain(value) if isinstance(value, str) else value for name, value in facts.items()}
    name = fingerprint(client.id)[:32]
    try:
        known = fingerprint(json.dumps([where, reason, {key: kept[key] for key in sorted(kept) if key != "seconds"}]))[:32]
        same = f"doctor:{name}:same:{known}"
        if deps.ephemeral.get(same):  # what a portal does wrong over and over uses none of the few up
            return
        if deps.ephemeral.hit(f"doctor:{name}:rate", MINUTE) > OF_CLIENT or deps.ephemeral.hit("doctor:rate", MINUTE) > IN_ALL:
            return
        # after the rate: anybody can make findings that differ, and each would leave a mark (SE-07)
        if not deps.ephemeral.add(same, b"1", SAME):
            return
        if among and isinstance(sent := kept.get("sent"), str):
            kept["registered"] = _plain(closest(sent, among))
        value = json.dumps([deps.now(), where, reason, kept]).encode()
        slot = deps.ephemeral.hit(f"doctor:{name}:count", LIFE) % KEEP
        deps.ephemeral.put(f"doctor:{name}:{slot}", value, LIFE, (f"doctor:{name}:last", value, LIFE))
    except Unavailable:
        return


def findings(deps: Deps, client_id: str) -> list[Finding]:
    """What was found of this client, the newest first. Raises `Unavailable`."""
    name = fingerprint(client_id)[:32]
    found = [deps.ephemeral.get(f"doctor:{name}:{slot}") for slot in range(KEEP)]
    return sorted((Finding(*json.loads(one)) for one in found if one), key=lambda one: -one.at)


def last(deps: Deps, client_id: str) -> Finding | None:
    """The newest of them. Raises `Unavailable`."""
    found = deps.ephemeral.get(f"doctor:{fingerprint(client_id)[:32]}:last")
    return Finding(*json.loads(found)) if found else None


def closest(sent: str, among: Sequence[str]) -> str:
    """Of these texts the one most like `sent`."""
    return max(among[:50], key=lambda one: SequenceMatcher(None, one[:MOST], sent[:MOST]).ratio(), default="")


def harmless(uri: str, known: Sequence[str]) -> str:
    """An address without what may be somebody's: no user name, and of a query the values only where they are registered so."""
    head, mark, query = uri[:2_000].partition("?")
    head = re.sub(r"//[^/@]*@", "//", head)
    if not mark:
        return head.partition("#")[0] + ("#" if "#" in head else "")
    if any(one.partition("?")[2] == query for one in known):
        return f"{head}?{query}"
    names = [part.partition("=")[0] for part in query.split("&")[:10]]
    return f"{head}?{'&'.join(f'{name}=...' for name in names)}"


def _plain(text: str) -> str:
    """At most `MOST` visible ASCII characters; others as what they are."""
    return _UNSEEN.sub(lambda one: f"\\u{ord(one[0]):04x}", text[:MOST])[:MOST]
