"""Asking for a forgotten login ID or a new password: what was typed is kept as a draft, and sent once as one request that
the courier answers unseen (flows.md U1 to U3, P1 to P3; requirement RC-01)."""

import contextlib
from dataclasses import asdict, dataclass, replace
from typing import Any, Mapping

from idp import vault
from idp.deps import Deps
from idp.domain.identifiers import fold_email, fold_login_id
from idp.domain.kept import read_as
from idp.domain.policy import Recovery
from idp.features.recovery.questions import facts
from idp.ports import Unavailable
from idp.services import contract_proof, drafts, funnels, limits, records, reset_codes
from idp.services.requests import ask

REQUEST, EVENT = "recovery", "recovery_requested"
DRAFT = "recovery"
# how long a request may wait for customer records that are away
WORK_SECONDS = 1_800


@dataclass(frozen=True)
class Draft:
    """What was typed, by field; `attempt` names the request once everything is there, and `asked` says that it was sent, `at`
    when (Unix seconds)."""

    form: Mapping[str, str]
    attempt: str = ""
    asked: bool = False
    at: int = 0


def find(deps: Deps, owner: str) -> Draft | None:
    """The draft of this journey, if there is one. Raises `Unavailable`."""
    found = drafts.get(deps, DRAFT, owner)
    return read_as(Draft, found) if found else None


def by_login_id(rule: Recovery, form: Mapping[str, str]) -> bool:
    """Whether the login ID stands in for the facts of the contract."""
    return form["kind"] == "pw" and rule.by_login_id and form["by"] != "facts"


def enter(deps: Deps, owner: str, form: Mapping[str, str]) -> list[tuple[str, str]]:
    """Keep what was typed in place of what was before, ready to be sent if nothing is wrong with it; returns what is:
    (field, key of the sentence). Raises `Unavailable`."""
    rule = deps.policy.recovery
    wrong = []
    if form["kind"] not in (("id", "pw") if rule.username else ("pw",)):
        wrong.append(("kind", "rec.err.kind"))
    if by_login_id(rule, form):
        if not (fold_login_id(form["login_id"]) or fold_email(form["login_id"])):
            wrong.append(("login_id", "rec.err.login_id"))
    elif not form["type"]:
        wrong.append(("type", "rec.err.type"))
    else:
        wrong += facts(rule, form["type"], form)[1]
    if not form["dest"]:
        wrong.append(("dest", "rec.err.dest"))
    kept = {name: value[:512] for name, value in form.items() if name != "j"}
    drafts.put(deps, DRAFT, owner, asdict(Draft(kept, "" if wrong else vault.random_id())))
    return wrong


def submit(deps: Deps, owner: str, draft: Draft, address: str, locale: str) -> None:
    """Send the request, once however often and from however many hands this is called. The same is written whatever is
    true: nothing is looked up here. Beyond the limit of the network address nothing is sent. Raises `Unavailable`."""
    claim = f"recovery:{draft.attempt}"
    if not deps.ephemeral.add(claim, b"1", drafts.LIFE):
        return
    try:
        if contract_proof.allowed(deps, address):
            asked = _asked(deps.policy.recovery, draft, address)
            with deps.database.write() as connection:
                ask(connection, deps, REQUEST, asked, locale, WORK_SECONDS)
        elif limits.first_refusal(deps, address):
            with deps.database.write() as connection:
                records.add(connection, deps, EVENT, "limited", address=address)
        drafts.put(deps, DRAFT, owner, asdict(replace(draft, asked=True, at=deps.now())))
    except Unavailable:  # the member presses the button again
        with contextlib.suppress(Unavailable):
            deps.ephemeral.drop(claim)
        raise


def _asked(rule: Recovery, draft: Draft, address: str) -> dict[str, Any]:
    form = draft.form
    quick = by_login_id(rule, form)
    who = {"login_id": form["login_id"]} if quick else {"type": form["type"], "facts": facts(rule, form["type"], form)[0]}
    common = {"kind": form["kind"], "dest": form["dest"], "attempt": draft.attempt, "address": address}
    return common | who


def wants_code(deps: Deps, draft: Draft) -> bool:
    """Whether a code could be on its way to whoever sent this draft."""
    form = draft.form
    return draft.asked and form["kind"] == "pw" and form["dest"] == "sms" and deps.policy.recovery.sms_reset != "link"


def enter_code(deps: Deps, owner: str, draft: Draft, typed: str) -> reset_codes.Result:
    """Try the code that was typed; a right one lets this journey set a new password. Raises `Unavailable`."""
    result, proven = reset_codes.check(deps, draft.attempt, typed)
    if proven:
        reset_codes.keep(deps, owner, proven)
        funnels.code_typed(deps, proven.account_id)
    return result
