"""Everything that counts once, or ends: how it is made before a backup, and used."""

import hashlib
from typing import Any, Callable

import pyotp

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.device import Caller
from idp.domain.grant import Grant
from idp.domain.journey import Proof
from idp.domain.letter import URGENT, Letter
from idp.services import factors, sessions, trust
from idp.tables import accounts, grants, leases, links, outbox, refresh_families, registrations, spent_assertions, undos

WHO = Caller("192.0.2.7", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1")
HOUR = 3_600
Made = Any


def _print(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write(deps: Deps, do: Callable[[Any], Any]) -> Any:
    with deps.database.write() as connection:
        return do(connection)


def make(deps: Deps, account: Account) -> dict[str, Made]:
    """One of each, not yet used; what is needed to use it, by name."""
    now, secret = deps.now(), factors.new_secret()
    link = links.Link(_print("link"), "reset", account.id, 0, account.epoch, "mail", now, now + HOUR)
    undo = undos.Undo(_print("undo"), account.id, "sealed", now, now + HOUR)
    facts = ("contract", "1", "individual", "taro", "taro", "taro@example.jp", "T", "ja", "hash", None, "letter", 1, now, now, now + HOUR)
    grant = Grant("grant", "portal", account.id, account.epoch, "sid", ("openid",), now, None, ("pwd",), (), ())
    letter = Letter("key", account.id, "mail", "a@example.jp", "mail.notice.pw", "ja", "sealed", URGENT, now, now + HOUR)
    made: dict[str, Made] = {"app": secret, "assertion": _print("assertion"), "family": _print("series")}
    with deps.database.write() as connection:
        factors.set_app(connection, deps, account.id, secret, 0)
        made["printed code"] = factors.new_codes(connection, deps, account.id)[0]
        made["browser"] = trust.remember(connection, deps, account, WHO)
        links.put(connection, link)
        undos.add(connection, undo)
        registrations.put(connection, registrations.Registration("registration", *facts))
        refresh_families.add(connection, made["family"], grant, now, HOUR, HOUR)
        grants.consent(connection, account.id, "portal", frozenset({"openid"}), now)
        leases.claim(connection, "work", "somebody", now, HOUR)
        outbox.queue(connection, letter, now)
    made["session"] = sessions.start(deps, account, Proof(account.id, account.epoch, now, ("pwd",)), None)[0]
    return made


def _link(deps: Deps, account: Account, _: Made) -> bool:
    found = _write(deps, lambda c: links.claim(c, _print("link"), "reset", deps.now()))
    return found is not None and found.epoch == account.epoch


def _browser(deps: Deps, account: Account, cookie: str) -> bool:
    def use(connection: Any) -> bool:
        return trust.use(connection, deps, trust.recognise(connection, deps, account, cookie), cookie) is not None

    return bool(_write(deps, use))


def _session(deps: Deps, account: Account, cookie: str) -> bool:
    found = sessions.find(deps, cookie)
    return found is not None and found.epoch == account.epoch


def _family(deps: Deps, account: Account, series: str) -> bool:
    used = _write(deps, lambda c: refresh_families.use(c, series, "portal", 0, 1, deps.now(), HOUR))
    return used is not None and used.grant.epoch == account.epoch


def _assertion(deps: Deps, _: Account, name: str) -> bool:
    return bool(_write(deps, lambda c: spent_assertions.claim(c, name, deps.now() + 300)))


def _withdraw(deps: Deps, account: Account, _: Made) -> bool:
    return bool(_write(deps, lambda c: grants.withdraw(c, account.id, "portal", deps.now() + HOUR)))


def _app(deps: Deps, account: Account, secret: str) -> bool:
    return factors.check_app(deps, account.id, pyotp.TOTP(secret).at(int(deps.clock()))).result == "ok"


def _letter(deps: Deps, _: Account, __: Made) -> bool:
    return bool(_write(deps, lambda c: outbox.claim(c, "lease", deps.now(), HOUR, 9, "mail")))


# returns whether it worked; a second time it must not
USES: dict[str, Callable[[Deps, Account, Made], bool]] = {
    "link": _link,
    "undo": lambda deps, account, _: _write(deps, lambda c: undos.claim(c, _print("undo"), deps.now())) is not None,
    "printed code": lambda deps, account, code: factors.check_printed(deps, account.id, code).result == "ok",
    "app": _app,
    "browser": _browser,
    "family": _family,
    "assertion": _assertion,
    "consent": _withdraw,
    "letter": _letter,
}
# not used up, but of before
ENDS: dict[str, Callable[[Deps, Account, Made], bool]] = {
    "session": _session,
    "registration": lambda deps, account, _: _write(deps, lambda c: registrations.find(c, "registration")) is not None,
    "lease": lambda deps, account, _: not _write(deps, lambda c: leases.claim(c, "work", "me", deps.now(), HOUR)),
}


def current(deps: Deps, account_id: str) -> Account:
    """The account as it is now."""
    with deps.database.read() as connection:
        found = accounts.by_id(connection, account_id, with_destinations=True)
    assert found
    return found
