"""Who a caller is, as far as they have proven it to the support desk: for one agent, one member, and a quarter of an hour
(flows.md 2.12, identity levels)."""

from dataclasses import asdict, dataclass, replace
from typing import Literal, Mapping

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.desk import LEVEL_SECONDS, Level, Relation
from idp.domain.kept import read_as
from idp.ports import ContractMatch
from idp.services import contract_proof, drafts, letter_codes, one_time_codes
from idp.services.one_time_codes import Checked, SentCode
from idp.tables import desk_callers, failures, quotas

KIND, PURPOSE = "desk-identity", "desk"
DAY, HOUR = 86_400, 3_600
CHECKS_PER_HOUR = 60  # of one agent
CALLERS = 5  # that the page shows

Result = Literal["match", "mismatch", "limit"]


@dataclass(frozen=True)
class Caller:
    """What was proven: `level`, since `at` (Unix seconds), how, and by whom; `number`: the customer number that matched; `sent`:
    the code that is on its way to a destination."""

    level: Level = 0
    at: int = 0
    how: str = ""
    relation: Relation = "self"
    number: str = ""
    sent: Mapping[str, object] | None = None
    attempt: str = ""


NOBODY = Caller()


def _owner(actor: Account, account: Account) -> str:
    return f"{actor.id}:{account.id}"


def find(deps: Deps, actor: Account, account: Account) -> Caller:
    """The caller whom this agent talks to about this member, if one was identified a short while ago. Raises `Unavailable`."""
    held = drafts.get(deps, KIND, _owner(actor, account))
    found = read_as(Caller, held) if held else NOBODY
    return found if 0 <= deps.now() - found.at < LEVEL_SECONDS else NOBODY


def _keep(deps: Deps, actor: Account, account: Account, caller: Caller) -> None:
    left = caller.at + LEVEL_SECONDS - deps.now()
    drafts.put(deps, KIND, _owner(actor, account), asdict(caller), max(1, left))


def forget(deps: Deps, actor: Account, account: Account) -> None:
    """The call is over. Raises `Unavailable`."""
    drafts.take(deps, KIND, _owner(actor, account))


def _matched(deps: Deps, actor: Account, account: Account, facts: Mapping[str, str]) -> Result:
    """Whether all these facts are of this member's contract. The records are asked once whatever is true of the account, and a
    right answer about another contract is as wrong as any; wrong ones count for the member and for the agent."""
    if deps.ephemeral.hit(f"desk-checks:{actor.id}", HOUR) > CHECKS_PER_HOUR:
        return "limit"
    name = "desk-check:" + deps.vault.keyed_hash("desk-check", account.id)
    with deps.database.write() as connection:
        over = quotas.spend(connection, [(name, deps.policy.contract_checks.per_contract_per_day, DAY)], deps.now())
    if over is not None:
        return "limit"
    match = contract_proof.check(deps, facts)
    if match is None or not _own(account, match):
        return "mismatch"
    with deps.database.write() as connection:
        quotas.give_back(connection, [name])
    return "match"


def _own(account: Account, match: ContractMatch) -> bool:
    if account.contract_key:
        return account.contract_key == match.contract_key
    # one whose contract has ended has none any more: the number may be somebody else's by now (requirement AC-04)
    return not account.closes_at and account.contractor_id is not None and account.contractor_id == match.contractor_id


def check(deps: Deps, actor: Account, account: Account, facts: Mapping[str, str], relation: Relation, name: str = "") -> Result:
    """Level 1: what the caller says of the contract, all facts together; whichever is wrong, nobody is told. Who calls for the
    member is recorded with the `name` that they give. Raises `Unavailable`."""
    result = _matched(deps, actor, account, facts)
    if result == "match":
        if name:
            key = vault.random_id()
            one = desk_callers.Caller(key, account.id, actor.id, deps.now(), relation, deps.vault.seal(name.encode(), _place(key)))
            with deps.database.write() as connection:
                desk_callers.add(connection, one)
        found = Caller(1, deps.now(), "facts", relation, facts["customer_number"])
        _keep(deps, actor, account, found)
    else:
        forget(deps, actor, account)
    return result


def called_back(deps: Deps, actor: Account, account: Account, dialled: str) -> Result:
    """Level 2: the agent has called back the number that was dialled, if it is the contract's. Raises `Unavailable`."""
    caller = find(deps, actor, account)
    if caller.level < 1:
        return "mismatch"
    result = _matched(deps, actor, account, {"customer_number": caller.number, "phone": dialled})
    if result == "match":
        _keep(deps, actor, account, replace(caller, level=2, how="callback", at=deps.now()))
    return result


def _place(key: str) -> str:
    return f"desk_callers:{key}"


def callers(deps: Deps, account: Account) -> list[tuple[desk_callers.Caller, str]]:
    """Who called for this member last, each with the name that they gave. Raises `Unavailable`."""
    with deps.database.read() as connection:
        found = desk_callers.newest(connection, account.id, CALLERS)
    return [(one, deps.vault.open(one.name, _place(one.id)).decode()) for one in found]


def read_out(deps: Deps, actor: Account, account: Account, typed: str) -> Result:
    """Level 2: the number on the member's letter, which the caller reads out; it is good once. Wrong ones count for the member
    and for the agent. Raises `Unavailable`."""
    caller = find(deps, actor, account)
    if caller.level < 1:
        return "mismatch"
    if deps.ephemeral.hit(f"desk-checks:{actor.id}", HOUR) > CHECKS_PER_HOUR:
        return "limit"
    name = "desk-letter:" + deps.vault.keyed_hash("desk-letter", account.id)
    with deps.database.write() as connection:
        if quotas.spend(connection, [(name, deps.policy.contract_checks.per_contract_per_day, DAY)], deps.now()) is not None:
            return "limit"
    if not letter_codes.matches(deps, account, typed):
        return "mismatch"
    with deps.database.write() as connection:
        if not letter_codes.claim(connection, deps, account):
            return "mismatch"
        quotas.give_back(connection, [name])
    _keep(deps, actor, account, replace(caller, level=2, how="letter", at=deps.now()))
    return "match"


def send(deps: Deps, actor: Account, account: Account, destination: str, address: str) -> bool:
    """Send a code to a destination that was proven before; false if there is none of this id. Raises `NotSent`, `Unavailable`."""
    caller = find(deps, actor, account)
    to = next((item for item in account.destinations if item.id == destination and item.verified_at), None)
    if to is None or caller.level < 1:
        return False
    attempt = vault.random_id()
    sent = one_time_codes.send(deps, account, to, PURPOSE, attempt, "desk.code", address, fact="desk_code")
    _keep(deps, actor, account, replace(caller, sent=asdict(sent), attempt=attempt))
    return True


def type_back(deps: Deps, actor: Account, account: Account, typed: str) -> Checked:
    """Level 2: the code that the caller reads out. Wrong ones count with all of the account's. Raises `Unavailable`."""
    caller = find(deps, actor, account)
    if caller.level < 1 or not caller.attempt:
        return Checked("wrong")
    checked = one_time_codes.check(deps, account.id, PURPOSE, caller.attempt, typed)
    if checked.result == "ok":
        with deps.database.write() as connection:
            bucket = one_time_codes.bucket_of(account.id)
            failures.give_back(connection, bucket, failures.read(connection, bucket, deps.now()))
        _keep(deps, actor, account, replace(caller, level=2, how="code", at=deps.now(), sent=None, attempt=""))
    return checked


def sent_code(caller: Caller) -> SentCode | None:
    """The code that is on its way, or None."""
    return read_as(SentCode, caller.sent) if caller.sent else None
