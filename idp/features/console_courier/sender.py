"""Whether the domain that letters come from is set up so that carriers take them: SPF, DKIM and DMARC by DNS."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from idp.deps import Deps
from idp.domain import mail_domain
from idp.ports import TxtRecords, Unavailable

KINDS = ("spf", "dkim", "dmarc")
JUDGES = {"spf": mail_domain.spf, "dkim": mail_domain.dkim, "dmarc": mail_domain.dmarc}
SHOWN = 5  # records of one name


def names(deps: Deps) -> dict[str, str]:
    """The name that is asked for each kind; an empty one where the settings do not say it."""
    mail = deps.settings.mail
    domain = mail.sender.rpartition("@")[2]
    selector = mail.dkim_selector
    return {"spf": domain, "dkim": f"{selector}._domainkey.{domain}" if selector else "", "dmarc": f"_dmarc.{domain}"}


def look(deps: Deps, dns: TxtRecords) -> list[dict[str, Any]]:
    """Ask DNS, all names at once: of each its kind, name, verdict ("silent": no answer in time; "unset": the settings do not
    say what to ask for), and records."""

    def one(kind: str, name: str) -> dict[str, Any]:
        if not name:
            return {"kind": kind, "name": name, "verdict": "unset", "records": []}
        try:
            records = dns.txt(name)
        except Unavailable:
            return {"kind": kind, "name": name, "verdict": "silent", "records": []}
        marked = [record for record in records if record.lower().startswith("v=")] or list(records)
        return {"kind": kind, "name": name, "verdict": JUDGES[kind](records), "records": [record[:500] for record in marked[:SHOWN]]}

    with ThreadPoolExecutor(len(KINDS)) as pool:
        return list(pool.map(lambda item: one(*item), names(deps).items()))
