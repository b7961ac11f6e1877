"""Letters that bring back a forgotten login ID or password, to a destination that was proven before: the member has asked for
them, or the support desk at the member's wish (flows.md 2.6, 2.7 and 2.12)."""

from typing import Any, Callable, Iterable, Mapping

from sqlalchemy import Connection

from idp import vault
from idp.deps import Deps
from idp.domain import sms
from idp.domain.account import Account, Destination
from idp.domain.letter import Channel
from idp.services import letters, links, one_time_codes, reset_codes

DAY = 86_400
# the counts of these letters: what anybody can ask for must not use up the codes of a sign-in
SCOPE = "recovery-"
Write = Callable[[Connection], None]


def queue(connection: Connection, deps: Deps, account: Account, to: Destination, writes: Iterable[Write]) -> None:
    """Queue these letters in the caller's transaction with their counts. Raises `NotSent` beyond a limit, which must roll it
    back: so a link sent before stays good (requirement RC-15)."""
    writes = list(writes)
    for write in writes:
        write(connection)
    for _ in writes:  # after the account's links: who changes a password holds those while its notice waits for these counts
        one_time_codes.reserve(connection, deps, account.id, to.kind, to.address, SCOPE)


def _write(deps: Deps, account: Account, to: Destination, template: str, facts: Mapping[str, str | int], seconds: int) -> Write:
    channel: Channel = "sms" if to.kind == "sms" else "mail"
    about: dict[str, Any] = {"account_id": account.id, "channel": channel, "to": to.address, "template": template}
    about |= {"locale": account.locale, "facts": facts, "expires_at": deps.now() + seconds, "urgent": True}

    def write(connection: Connection) -> None:
        letters.write(connection, deps, **about)

    return write


def username(deps: Deps, account: Account, to: Destination) -> list[Write]:
    """The login ID; nothing if it is too long for an SMS."""
    facts = {"login_id": account.login_id}
    if to.kind != "sms":
        return [_write(deps, account, to, "mail.username", facts, DAY)]
    _, body = letters.say(deps.settings, account.locale, "sms", "sms.username", facts)
    return [] if sms.problems(body) else [_write(deps, account, to, "sms.username", facts, DAY)]


def reset_by_sms(deps: Deps, account: Account, to: Destination, attempt: str) -> list[Write]:
    """A code for this request, a link, or both, as the policy says."""
    rule = deps.policy.recovery
    writes = []
    if rule.sms_reset != "link":
        code = vault.random_digits()
        reset_codes.put(deps, attempt, code, account, deps.now() + rule.sms)
        writes.append(_write(deps, account, to, "sms.reset.code", {"code": code}, rule.sms))
    if rule.sms_reset != "code":
        writes.append(reset_link(deps, account, to))
    return writes


def reset_link(deps: Deps, account: Account, to: Destination) -> Write:
    """A link to a new password; the one before is void."""
    rule, settings, channel = deps.policy.recovery, deps.settings, account.channel_of(to)
    seconds = rule.sms if channel == "sms" else rule.mail

    def write(connection: Connection) -> None:
        token = links.issue(connection, deps, "reset", account.id, seconds, channel, account.epoch)
        if channel == "sms":
            facts: dict[str, str | int] = {"url": settings.sms_link + token, "minutes": str(seconds // 60)}
            _write(deps, account, to, "sms.reset.link", facts, seconds)(connection)
            return
        facts = {"url": f"{settings.issuer}/reset/{token}", "site": f"{settings.issuer}/", "time": deps.now() + seconds}
        _write(deps, account, to, "mail.reset.link", facts, seconds)(connection)

    return write
