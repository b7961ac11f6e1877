"""What TXT records say about mail of a domain: SPF (RFC 7208), DKIM (RFC 6376 section 3.6.1) and DMARC (RFC 7489 section 6.3),
as codes of what is well and what has to be mended."""

import re
from typing import Literal, Mapping, Sequence

Verdict = Literal["good", "none", "many", "open", "loose", "revoked", "short", "odd", "watching"]
GOOD: frozenset[str] = frozenset({"good"})
WEAK: frozenset[str] = frozenset({"loose", "watching", "short"})  # works, and could be better
RSA_2048 = 280  # bytes of a public key in DER; one of 2048 bits has 294, one of 1024 bits 162


def _starting(records: Sequence[str], version: str) -> list[str]:
    return [record for record in records if re.match(rf"{version}([;\s]|$)", record, re.IGNORECASE)]


def tags(record: str) -> Mapping[str, str]:
    """The tag=value pairs of a DKIM or DMARC record; the first of each name counts."""
    found: dict[str, str] = {}
    for part in record.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def spf(records: Sequence[str]) -> Verdict:
    """Of the TXT records of the domain itself. Two are an error for every receiver (section 4.5)."""
    mine = _starting(records, "v=spf1")
    if len(mine) != 1:
        return "many" if mine else "none"
    terms = mine[0].lower().split()[1:]
    if "+all" in terms or "all" in terms:
        return "open"
    if terms and terms[-1] in ("-all", "~all"):
        return "good"
    return "good" if any(term.startswith("redirect=") for term in terms) else "loose"


def dkim(records: Sequence[str]) -> Verdict:
    """Of the TXT records at SELECTOR._domainkey of the domain."""
    if len(records) != 1:
        return "many" if records else "none"
    found = tags(records[0])
    if found.get("v", "DKIM1") != "DKIM1" or "p" not in found:
        return "odd"
    if not found["p"]:
        return "revoked"  # section 3.6.1: an empty value means that the key was withdrawn
    key = re.sub(r"\s", "", found["p"])
    if not re.fullmatch("[A-Za-z0-9+/]+={0,2}", key) or len(key) % 4:
        return "odd"
    size = len(key.rstrip("=")) * 3 // 4
    if found.get("k", "rsa").lower() == "ed25519":
        return "good" if size == 32 else "odd"  # RFC 8463 section 4
    return "good" if size >= RSA_2048 else "short"  # RFC 8301 section 3.2


def dmarc(records: Sequence[str]) -> Verdict:
    """Of the TXT records at _dmarc of the domain. Of two none counts (section 6.6.3)."""
    mine = _starting(records, "v=DMARC1")
    if len(mine) != 1:
        return "many" if mine else "none"
    policy = tags(mine[0]).get("p", "").lower()
    if policy not in ("none", "quarantine", "reject"):
        return "odd"
    return "watching" if policy == "none" else "good"
