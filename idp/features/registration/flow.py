"""Proving a contract and choosing what to sign in with: nothing of it is stored but a sealed draft (flows.md R1, R2)."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Mapping

from idp import vault
from idp.deps import Deps
from idp.domain import password
from idp.domain.identifiers import email_verdicts, fold_email, fold_login_id, login_id_parameters, login_id_verdicts, new_login_id
from idp.domain.journey import Journey
from idp.domain.kept import read_as
from idp.domain.nickname import fold_nickname, nickname_verdicts
from idp.features.registration import facts
from idp.ports import ContractMatch
from idp.services import accounts as account_rules
from idp.services import contract_proof, drafts, funnels, new_passwords, notices, records, registering, throttles
from idp.services.passwords import Hasher
from idp.tables import accounts

DRAFT, BEGUN = "registration", "registration_begun"
DAY = 86_400
FORM = ("login_id", "email", "nickname")  # fields of the second form that are shown again
HELP_FROM = 3  # mismatches after which the page says whom to ask

Wrong = tuple[str, str, dict[str, Any]]  # id on the page, key of the sentence, its values
Verified = Literal["ok", "exists", "pending", "wrong"]


@dataclass(frozen=True)
class Draft:
    """How far a visitor has come. `facts`: the first form as typed; `misses`: how often its facts did not match, `closed`:
    the Unix time until which no more are looked at; `contract`: what was proven, good until `until`; `exists`: it has an
    account; `form`: the second form as typed, without the password; `asked`: the login ID answered last, and whether it was
    free; `details`: the second form as accepted, with the password's hash; `sent`: the registration that has a letter."""

    facts: Mapping[str, str] = field(default_factory=dict)
    misses: int = 0
    closed: int = 0
    contract: Mapping[str, str] = field(default_factory=dict)
    until: int = 0
    exists: bool = False
    form: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[str, bool] = ("", False)
    details: Mapping[str, str] = field(default_factory=dict)
    sent: str = ""


def find(deps: Deps, journey: Journey) -> Draft:
    """The journey's draft, a new one if there is none. Raises `Unavailable`."""
    data = drafts.get(deps, DRAFT, journey.id)
    return read_as(Draft, data) if data else Draft()


def keep(deps: Deps, journey: Journey, draft: Draft) -> None:
    """Store the draft. Raises `Unavailable`."""
    drafts.put(deps, DRAFT, journey.id, asdict(draft), max(deps.policy.registration.verified, deps.policy.sessions.page))


def proven(deps: Deps, draft: Draft) -> bool:
    """Whether there is a contract to go on with."""
    return bool(draft.contract) and deps.now() < draft.until


def verify(deps: Deps, journey: Journey, form: Mapping[str, str], address: str) -> tuple[Verified, list[Wrong]]:
    """One try to prove a contract, and what is to be said of it: of all facts together one verdict, the same whichever of
    them is wrong, whether there is such a contract, and whether its tries are used up. Raises `Unavailable`."""
    rule, now = deps.policy.registration, deps.now()
    draft = replace(find(deps, journey), facts=facts.typed(rule, form), exists=False)
    keep(deps, journey, draft)
    given = facts.given(rule, form)
    if wrong := facts.wrong(rule, given):
        return "wrong", [(name, key, {}) for name, key in wrong]
    funnels.started(deps, journey.id, journey.client_id, address)
    if now < draft.closed:
        return "wrong", [("facts", "reg.s1.err.limit", {"time": draft.closed})]
    if not contract_proof.allowed(deps, address):
        throttles.note(deps, "contract_checks", address, client_id=journey.client_id)
        return "wrong", [("facts", "reg.s1.err.limit", {"time": now + contract_proof.HOUR})]
    match = contract_proof.check(deps, given)
    return _missed(deps, journey, draft, address) if match is None else _matched(deps, journey, draft, match, address)


def _missed(deps: Deps, journey: Journey, draft: Draft, address: str) -> tuple[Verified, list[Wrong]]:
    with deps.database.write() as connection:
        records.add(connection, deps, BEGUN, "mismatch", client_id=journey.client_id, address=address)
    misses, most = draft.misses + 1, deps.policy.contract_checks.per_contract_per_day
    if misses >= most:
        closed = deps.now() + DAY  # for as long as the contract's own tries may be used up, which nobody is told
        keep(deps, journey, replace(draft, misses=0, closed=closed))
        return "wrong", [("facts", "reg.s1.err.limit", {"time": closed})]
    keep(deps, journey, replace(draft, misses=misses))
    found: list[Wrong] = [("facts", "reg.s1.err.mismatch", {"n": len(deps.policy.registration.proof)})]
    return "wrong", [*found, ("facts", "reg.s1.err.help", {})] if misses >= HELP_FROM else found


def _matched(deps: Deps, journey: Journey, draft: Draft, match: ContractMatch, address: str) -> tuple[Verified, list[Wrong]]:
    with deps.database.read() as connection:
        account = accounts.by_contract(connection, match.contract_key, match.contractor_id)
        pending = registering.of_contract(connection, deps, match.contract_key)
    draft = replace(draft, misses=0, closed=0, contract={}, details={}, exists=account is not None)
    if account:
        keep(deps, journey, draft)
        # once a day: whoever knows the facts cannot fill the owner's mailbox
        first = deps.ephemeral.add("registered-again:" + account.id, b"1", DAY)
        with deps.database.write() as connection:
            records.add(connection, deps, BEGUN, "exists", account_id=account.id, client_id=journey.client_id, address=address)
            if first:
                notices.tell(connection, deps, account, "notice.registration", {"datetime": deps.now()}, kinds=("email",))
        return "exists", []
    contract = {"key": match.contract_key, "id": match.contractor_id, "type": match.contract_type}
    keep(deps, journey, replace(draft, contract=contract, until=deps.now() + deps.policy.registration.verified))
    return "pending" if pending else "ok", []


def pending_mail(deps: Deps, draft: Draft) -> str | None:
    """The address that the contract's registration under way was sent to."""
    with deps.database.read() as connection:
        found = registering.of_contract(connection, deps, draft.contract["key"])
    return found.email if found else None


def check_login_id(deps: Deps, draft: Draft, typed: str) -> tuple[Draft, list[Wrong]]:
    """Whether the login ID can be had; the draft remembers the answer. Each other one that is asked about is counted, by
    contract, whether a button or a whole form asked. Raises `Unavailable`."""
    rule = deps.policy.login_id
    if verdicts := login_id_verdicts(typed, rule):
        return draft, [("login_id", f"verdict.{code}", login_id_parameters(rule)) for code in verdicts]
    name = "id-checks:" + deps.vault.keyed_hash("id-checks", draft.contract["key"])
    if typed != draft.asked[0] and deps.ephemeral.hit(name, DAY) > deps.policy.registration.id_checks:
        throttles.note(deps, "login_id_checks")
        return draft, [("login_id", "reg.s2.id.err.limit", {"time": deps.now() + DAY})]
    with deps.database.read() as connection:
        taken = registering.login_id_taken(connection, deps, typed, draft.contract["key"])
    return replace(draft, asked=(typed, not taken)), [("login_id", "reg.s2.id.taken", {"id": typed})] if taken else []


def check(deps: Deps, journey: Journey, draft: Draft, form: Mapping[str, str]) -> list[Wrong]:
    """Answer whether the login ID can be had, and keep the form without its password. Raises `Unavailable`."""
    draft = replace(draft, form=_form(form))
    draft, wrong = check_login_id(deps, draft, draft.form["login_id"])
    keep(deps, journey, draft)
    return wrong


def _form(form: Mapping[str, str]) -> dict[str, str]:
    return {**{name: form[name].strip() for name in FORM}, "login_id": new_login_id(form["login_id"])}


@dataclass(frozen=True)
class Entered:
    """What is wrong with the second form: sentences, and verdicts of the password; nothing if it was accepted."""

    wrong: tuple[Wrong, ...] = ()
    password: tuple[str, ...] = ()


def enter(deps: Deps, hasher: Hasher, journey: Journey, draft: Draft, form: Mapping[str, str]) -> Entered:
    """Take the second form. Of the password only the hash is kept, and only if everything is right. Raises `Busy` and
    `Unavailable`."""
    draft = replace(draft, form=_form(form), details={})
    login_id, email, nickname = draft.form["login_id"], draft.form["email"], draft.form["nickname"]
    draft, wrong = check_login_id(deps, draft, login_id)
    wrong += [("email", f"verdict.{code}", {}) for code in email_verdicts(email)]
    wrong += [("nickname", f"verdict.{code}", {}) for code in nickname_verdicts(nickname, account_rules.reserved_words(deps))]
    person: dict[str, Any] = facts.words(facts.given(deps.policy.registration, draft.facts))
    person["emails"] = [*person["emails"], email]
    words = tuple(password.personal_words(login_id=login_id, nickname=nickname, **person))
    found = new_passwords.verdicts(deps, words, form["new_password"], form["new_password_again"])
    if not wrong and not found:
        details = {
            "id": vault.random_id(),
            "login_id": login_id,
            "login_id_key": fold_login_id(login_id) or "",
            "email": account_rules.shown(email, fold_email(email) or ""),
            "nickname": fold_nickname(nickname),
            "password_hash": hasher.hash(form["new_password"]),
        }
        draft = replace(draft, details=details)
    keep(deps, journey, draft)
    return Entered(tuple(wrong), found)
