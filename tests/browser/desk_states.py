"""Pages of the console about members and the desk, by name: how to get there."""

from typing import Callable

from idp.services import console_sessions, desk_identity
from idp.services.desk_identity import Caller
from idp.tables import accounts, desk_requests
from tests.browser.visitor import Visitor
from tests.running import Idp, new_name
from tests.settings.member import inside


_KNOWN: dict[str, dict[str, str]] = {}


def _people(idp: Idp) -> dict[str, str]:
    """Subjects of a supervisor, an agent, and a member of whom much is known; made once for an installation."""
    if idp.issuer not in _KNOWN:
        found = {role: idp.account(new_name(), "--role", role) for role in ("supervisor", "desk")}
        given = ("--email", "hanako@docomo.ne.jp", "--phone", "09012345678", "--email-login", "--second-factor", "sms", "--contractor-id", "1234567")
        found["member"] = idp.account("hanako-yamada-kouka-2026-abcde", *given)
        with inside(idp) as deps, deps.database.write() as connection:
            accounts.change(connection, found["member"], deps.now(), profile={"name": "山田 花子"})
        _KNOWN[idp.issuer] = found
    return _KNOWN[idp.issuer]


def _enter(visitor: Visitor, path: str, role: str = "supervisor") -> None:
    """The page, signed in to the console."""
    with inside(visitor.party.idp) as deps, deps.database.read() as connection:
        account = accounts.by_id(connection, _people(visitor.party.idp)[role])
        assert account
        cookie = console_sessions.start(deps, account, "sid-browser", deps.now(), "token")
    visitor.page.context.add_cookies([{"name": "idp-console", "value": cookie, "url": visitor.party.idp.issuer}])
    visitor.goto(path)


def _member(visitor: Visitor, more: str = "", level: int = 0) -> None:
    people = _people(visitor.party.idp)
    with inside(visitor.party.idp) as deps, deps.database.read() as connection:
        actor, account = (accounts.by_id(connection, people[one]) for one in ("supervisor", "member"))
        assert actor and account
        desk_identity.forget(deps, actor, account)
        if level:
            desk_identity._keep(deps, actor, account, Caller(level, deps.now(), "facts"))  # type: ignore[arg-type]
    _enter(visitor, f"/console/members/{people['member']}{more}")


def _search(visitor: Visitor, typed: str) -> None:
    _enter(visitor, "/console/members")
    visitor.page.fill("#q", typed)
    visitor.send()


def members(visitor: Visitor) -> None:
    """The box, and who was opened last."""
    _member(visitor)
    visitor.goto("/console/members")


def members_found(visitor: Visitor) -> None:
    """Somebody."""
    _people(visitor.party.idp)
    _search(visitor, "090-1234-5678")


def members_none(visitor: Visitor) -> None:
    """Nobody, with hints."""
    _search(visitor, "zzzzzzzzz")


def member(visitor: Visitor) -> None:
    """Everything about one."""
    _member(visitor)


def member_reveal(visitor: Visitor) -> None:
    """Why a field is to be shown."""
    _member(visitor, "/reveal?field=name")


def member_check(visitor: Visitor) -> None:
    """Who calls."""
    _member(visitor, "/check")


def member_check_wrong(visitor: Visitor) -> None:
    """Nothing was typed."""
    member_check(visitor)
    visitor.send()


def member_second(visitor: Visitor) -> None:
    """Both ways to the second level."""
    _member(visitor, "/second", 1)


def desk_level(visitor: Visitor) -> None:
    """The caller is not known enough."""
    _member(visitor, "/reset")


def desk_reset(visitor: Visitor) -> None:
    """Where a reset goes."""
    _member(visitor, "/reset", 1)


def desk_reset_wrong(visitor: Visitor) -> None:
    """Without a reason."""
    desk_reset(visitor)
    visitor.send()


def desk_letter(visitor: Visitor) -> None:
    """A letter."""
    _member(visitor, "/letter", 1)


def desk_suspend(visitor: Visitor) -> None:
    """Why somebody is suspended."""
    _member(visitor, "/suspend")


def desk_destination(visitor: Visitor) -> None:
    """A new destination."""
    _member(visitor, "/destination", 2)


def desk_contract(visitor: Visitor) -> None:
    """Another contract."""
    _member(visitor, "/contract")


def _request(visitor: Visitor) -> str:
    """Somebody else's request about the member."""
    people = _people(visitor.party.idp)
    with inside(visitor.party.idp) as deps, deps.database.write() as connection:
        known = desk_requests.of_account(connection, people["member"], deps.now())
        if not known:
            now = deps.now()
            sealed = deps.vault.seal(b'{"before": "1234567"}', "desk:request")
            desk_requests.add(connection, desk_requests.Request("request", people["member"], "desk_contract", sealed, 0, "入力のまちがい", "2026-1", people["desk"], now, now + 900))
    return "/console/requests/request"


def requests(visitor: Visitor) -> None:
    """What waits for a second person."""
    _request(visitor)
    _enter(visitor, "/console/requests")


def request(visitor: Visitor) -> None:
    """One of them."""
    _enter(visitor, _request(visitor))


def request_decide(visitor: Visitor) -> None:
    """Its decision."""
    _enter(visitor, _request(visitor) + "/decide")


CONSOLE: dict[str, Callable[[Visitor], None]] = {
    state.__name__: state
    for state in (
        members, members_found, members_none, member, member_reveal, member_check, member_check_wrong, member_second, desk_level,
        desk_reset, desk_reset_wrong, desk_letter, desk_suspend, desk_destination, desk_contract, requests, request, request_decide,
    )
}  # fmt: skip
WITH_ERRORS = frozenset({"member_check_wrong", "desk_reset_wrong"})
