"""Who is signed in at this browser."""

from dataclasses import dataclass

from flask import Response

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import members, sessions
from idp.services.sessions import Session
from idp.web import came_from, cookies


@dataclass(frozen=True)
class Member:
    """A live session and its account."""

    cookie: str
    session: Session
    account: Account


def current(deps: Deps, with_destinations: bool = False) -> Member | None:
    """The member signed in here; none if the session is old, ended by the account's epoch, or suspended."""
    cookie = cookies.read(cookies.SESSION, deps.settings.secure)
    session = sessions.find(deps, cookie) if cookie else None
    if cookie is None or session is None:
        return None
    account = members.find(deps, session.subject, with_destinations)
    if account is None or account.status != "active" or account.epoch != session.epoch:
        return None
    sessions.touch(deps, session, account.staff)
    return Member(cookie, session, account)


def sign_out(deps: Deps, response: Response) -> None:
    """End this browser's session in the store and in the browser."""
    cookie = cookies.read(cookies.SESSION, deps.settings.secure)
    if cookie and (session := sessions.find(deps, cookie)):
        sessions.sign_out(deps, session.sid)
    came_from.forget(deps)
    cookies.clear(response, cookies.SESSION, deps.settings.secure)
