"""Proof of a contract by facts about it, guarded against guessing: one verdict for all facts together, and limits that
nobody can see (requirements RC-05, RG-01)."""

from itertools import chain
from typing import Iterator, Mapping

from idp import vault
from idp.deps import Deps
from idp.domain.contract import FACTS, IDENTIFYING, fact_keys, is_name_key
from idp.ports import ContractMatch, Unavailable
from idp.services.limits import network_of
from idp.tables import quotas

HOUR, DAY = 3_600, 86_400
_FRICTION = "contract-friction"


class _Over(Exception):
    """Takes the transaction back."""


def allowed(deps: Deps, address: str) -> bool:
    """Count one check of this address. Raises `Unavailable`."""
    rule = deps.policy.contract_checks
    count = deps.ephemeral.hit("contracts:" + network_of(address), HOUR)
    if count > rule.per_address_per_hour:
        return False
    return count <= rule.per_address_under_friction or deps.ephemeral.get(_FRICTION) is None


def check(deps: Deps, facts: Mapping[str, str]) -> ContractMatch | None:
    """The contract that all these facts belong to, `facts` by name as typed. None if one of them is wrong, and also beyond
    the limit of wrong tries at a contract: then the records are asked for nobody, which takes the same time. Counted
    before it is looked at, so that many at once stop at the limit. Raises `Unavailable`."""
    names = [deps.vault.keyed_hash("contract-check", place) for place in sorted(set(_places(facts)))]
    counted = [(f"contract:{name}", deps.policy.contract_checks.per_contract_per_day, DAY) for name in names]
    if counted and not _spend(deps, counted):
        deps.contractors.match(_nobody(facts))
        return None
    try:
        match = deps.contractors.match(facts)
    except Unavailable:  # nothing was looked at: whoever tries again later has lost no try
        _give_back(deps, counted)
        raise
    if match is None:
        _failed(deps)
    else:
        _give_back(deps, counted)
    return match


def _give_back(deps: Deps, counted: list[tuple[str, int, int]]) -> None:
    with deps.database.write() as connection:
        quotas.give_back(connection, [name for name, _, _ in counted])


def _spend(deps: Deps, counted: list[tuple[str, int, int]]) -> bool:
    try:
        with deps.database.write() as connection:
            if quotas.spend(connection, counted, deps.now()) is not None:
                raise _Over
    except _Over:  # rolled back: what was not looked at is not counted
        return False
    return True


def _failed(deps: Deps) -> None:
    if deps.ephemeral.hit("contracts-failed", HOUR) > deps.policy.contract_checks.failures_per_hour_before_friction:
        deps.ephemeral.put(_FRICTION, b"1", HOUR)


def _places(facts: Mapping[str, str]) -> Iterator[str]:
    """What tries are counted under: each fact that hardly two contracts share, and all others together in every spelling of
    the name. Whoever leaves either alone and varies the rest stays within one count."""
    keys = {kind: fact_keys(kind, typed) for kind, typed in facts.items() if kind in FACTS}
    yield from chain.from_iterable(found[:1] for kind, found in keys.items() if kind in IDENTIFYING)
    others = {kind: found for kind, found in keys.items() if kind not in IDENTIFYING}
    if len(others) < 2:
        return
    fixed = "&".join(found[0] for kind, found in sorted(others.items()) if found and not is_name_key(found[0]))
    for key in chain.from_iterable(others.values()):
        if is_name_key(key):
            yield f"{key}&{fixed}"


def _nobody(facts: Mapping[str, str]) -> dict[str, str]:
    """Facts of the same kinds that belong to nobody."""
    number = vault.random_digits(31)
    strangers = {"customer_number": "9" + number, "phone": "0901" + number[:7], "isp_mail": f"{vault.random_id()}@invalid.example"}
    return {kind: strangers.get(kind, typed) for kind, typed in facts.items()}
