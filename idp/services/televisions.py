"""Televisions that a member has allowed and that have not fetched their tokens yet: signing out all other devices ends them, too."""

from idp import vault
from idp.deps import Deps

GRACE = 120  # seconds in which a request that was answered at the last moment can still be collected


def _key(account_id: str) -> str:
    return "televisions-ended:" + account_id


def last_end(deps: Deps, account_id: str) -> str:
    """What stands for the last time that the account's waiting televisions were ended, or an empty string. Kept with an approval,
    it tells later whether they were ended since, without comparing clocks. Raises `Unavailable`."""
    return (deps.ephemeral.get(_key(account_id)) or b"").decode()


def end_waiting(deps: Deps, account_id: str) -> None:
    """End them (requirement RV-02): remembered as long as an approval of before can be collected. Raises `Unavailable`."""
    deps.ephemeral.put(_key(account_id), vault.random_token().encode(), deps.policy.tokens.device_code + GRACE)


def ended_since(deps: Deps, account_id: str, mark: str) -> bool:
    """Whether they were ended since `last_end` returned this. Raises `Unavailable`."""
    return last_end(deps, account_id) not in ("", mark)
