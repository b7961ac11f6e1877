"""The contract that an account is to belong to (flows.md 2.12: S9)."""

from typing import Any

from idp.deps import Deps
from idp.domain import folding
from idp.domain.account import Account
from idp.tables import accounts


def facts(deps: Deps, account: Account, typed: str, unlink: bool) -> tuple[dict[str, Any], str]:
    """What a request about it holds; and the key of what is wrong, empty if nothing is. Raises `Unavailable`."""
    before: dict[str, Any] = {"before": account.contractor_id}
    if unlink:
        return before, "" if account.contractor_id or account.contract_key else "con.contract.err.same"
    number = folding.customer_number(typed)
    match = deps.contractors.match({"customer_number": number}) if number else None
    if match is None:
        return {}, "con.contract.err.none"
    if match.contract_key == account.contract_key:
        return {}, "con.contract.err.same"
    with deps.database.read() as connection:
        held = accounts.by_contract(connection, match.contract_key, match.contractor_id)
    if held and held.id != account.id:
        return {}, "con.contract.err.taken"
    now = {"contractor_id": match.contractor_id, "contract_key": match.contract_key, "contract_type": match.contract_type}
    return {**before, **now, "number": number}, ""
