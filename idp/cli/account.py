"""`idp account …`: members and staff, one by one or by the file."""

import json
import sys
from datetime import UTC, datetime
from typing import Any, BinaryIO, Callable

import click

from idp import texts
from idp.cli import account_import, account_invite
from idp.cli.common import Refused, actor, hasher, opened
from idp.deps import Deps
from idp.domain.account import STAFF, Account
from idp.domain.identifiers import fold_email, fold_login_id, mask_email, mask_phone
from idp.domain.journey import NO_FACTORS
from idp.services import accounts as service
from idp.services import closing
from idp.services.passwords import MAX_BYTES
from idp.tables import accounts, failures, trusted_browsers
from idp.tables.database import Connection

MAX_PROFILE_BYTES = 65_536
CLOSED = "This account is closed for good."


@click.group()
def account() -> None:
    """Members and staff: add, import, look up, lock, close, reopen.

    ID|MAIL is a login ID, an address switched on for sign-in, or a subject. Every change leaves an audit row.

    \b
    Try it:
      echo 'Kawa7Sumire' | idp account add --login-id hanako01 --password-stdin
      idp account show hanako01
    """


account.add_command(account_invite.invite_admin)


def _print(values: dict[str, Any]) -> None:
    click.echo(json.dumps(values, ensure_ascii=False))


def _password() -> str:
    line = sys.stdin.buffer.readline(MAX_BYTES + 3)
    try:
        text = line.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise Refused("--password-stdin: the password is not UTF-8.") from None
    if not text:
        raise Refused("--password-stdin: no password on standard input; write it there as one line.")
    return text


def _profile(path: str) -> Any:
    try:
        with open(path, "rb") as file:
            raw = file.read(MAX_PROFILE_BYTES + 1)
        if len(raw) > MAX_PROFILE_BYTES:
            raise Refused(f"--profile: {path} is larger than 64 KiB.")
        return json.loads(raw)
    except (OSError, ValueError, RecursionError) as error:
        raise Refused(f"--profile: {path} is not a readable JSON file: {error}.") from None


@account.command()
@click.option("--login-id", required=True, metavar="ID", help="What the member signs in with.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")
@click.option("--letter", is_flag=True, help="It is printed on a letter, and must be replaced at the first sign-in.")
@click.option("--nickname", default="", metavar="NAME", help="How portals call the member; default: the login ID.")
@click.option("--email", metavar="ADDR", help="Address for codes and notices.")
@click.option("--phone", metavar="NUM", help="Mobile number for codes.")
@click.option("--verified/--unverified", default=True, show_default=True, help="Are address and number known to be theirs?")
@click.option("--email-login", is_flag=True, help="The address can be typed in place of the login ID.")
@click.option("--second-factor", "usual", type=click.Choice(["email", "sms"]), help="Ask for codes, which usually go there.")
@click.option("--mailbox", metavar="ADDR", help="Their mailbox at the operator itself.")
@click.option("--role", type=click.Choice(["member", *sorted(STAFF)]), default="member", show_default=True)
@click.option("--locale", type=click.Choice(texts.LOCALES), default=texts.LOCALES[0], show_default=True)
@click.option("--contractor-id", metavar="NUM", help="Customer number of the contract.")
@click.option("--contract-type", type=click.Choice(["individual", "corporate"]))
@click.option("--profile", metavar="FILE.json", help="More standard claims (OIDC Core 5.1) as one JSON object.")
@click.pass_context
def add(ctx: click.Context, password_stdin: bool, profile: str | None, **given: Any) -> None:
    """Add one account and print its subject and login ID as JSON.

    The password policy is not applied. Without a password the member sets one by password reset, or gets a letter:

      idp letter export FILE --login-id ID
    """
    if given["letter"] and not password_stdin:
        raise Refused("--letter says what --password-stdin is. To have a password made: idp letter export FILE --login-id ID")
    given["password"] = _password() if password_stdin else None
    given["profile"] = _profile(profile) if profile else {}
    with opened(ctx) as deps:
        try:
            new = service.new_account(deps, hasher(deps), service.NewAccount(**given))
            with deps.database.write() as connection:
                service.store(connection, deps, new, actor(), "cli")
        except service.Rejected as error:
            lines = account_import.say(error.problems, deps.policy)
            raise Refused("\n".join(f"--{name.replace('_', '-')}: {message}." for name, message in lines)) from None
        except accounts.Taken:
            raise Refused("The login ID, or the address for sign-in, belongs to another account.") from None
    _print({"sub": new.id, "login_id": new.login_id})


@account.command("import", help=account_import.HELP)
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Check every line and change nothing.")
@click.pass_context
def import_(ctx: click.Context, file: BinaryIO, dry_run: bool) -> None:
    with opened(ctx) as deps:
        counts = account_import.run(deps, hasher(deps), file, actor(), dry_run, lambda line: click.echo(line, err=True))
    _print(counts | ({"dry_run": True} if dry_run else {}))
    if counts["failed"]:
        sys.exit(1)


def _find(connection: Connection, typed: str) -> Account:
    """Closed accounts too; raises `Refused`."""
    login_id, email = fold_login_id(typed), fold_email(typed)
    found = accounts.by_login_id(connection, login_id, True) if login_id else None
    if found is None and email:
        found = accounts.by_email_login(connection, email, True)
    if (found := found or accounts.by_id(connection, typed[:64], True)) is None:
        raise Refused(f"No account has the login ID, address for sign-in or subject {typed[:100]!a}.")
    return found


def _iso(seconds: int) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z") if seconds else None


def _state(found: Account) -> dict[str, Any]:
    return {"sub": found.id, "login_id": found.login_id, "status": found.status}


@account.command()
@click.argument("who", metavar="ID|MAIL")
@click.option("--full", is_flag=True, help="Addresses and numbers in full, and the profile.")
@click.pass_context
def show(ctx: click.Context, who: str, full: bool) -> None:
    """Print one account as JSON, addresses and numbers masked. No secret is ever shown."""
    hide: dict[str, Callable[[str], str]] = {"email": mask_email, "sms": mask_phone}
    with opened(ctx) as deps, deps.database.write() as connection:
        found = _find(connection, who)
        waits = failures.read(connection, f"password:{found.id}", deps.now())
        code_waits = failures.read(connection, f"code:{found.id}", deps.now())
        methods = (accounts.with_factors(connection, found.id) or (None, NO_FACTORS))[1].methods
        browsers = trusted_browsers.count(connection, found.id, found.epoch, deps.now())
        service.record(connection, deps, found, "account_shown", actor(), {"full": full})
    shown = _state(found) | {
        "role": found.role,
        "locale": found.locale,
        "nickname": found.nickname,
        "email_login": found.email_login if full or not found.email_login else mask_email(found.email_login),
        "password": found.password_state,
        "password_at": _iso(found.password_at),
        "waits_until": None if waits.allowed else _iso(waits.wait_until),
        "second_factor": {
            "on": found.second_factor,
            "methods": sorted(methods),
            "waits_until": None if code_waits.allowed else _iso(code_waits.wait_until),
            "remembered_browsers": browsers,
        },
        "mailbox": found.mailbox if full or not found.mailbox else mask_email(found.mailbox),
        **{name: getattr(found, name) for name in ("contractor_id", "contract_type")},
        **{name: _iso(getattr(found, name)) for name in ("created_at", "updated_at", "closes_at")},
        "erased_after": _iso(found.erase_at),
        "destinations": [
            {
                "kind": item.kind,
                "address": item.address if full else hide[item.kind](item.address),
                "verified_at": _iso(item.verified_at or 0),
                "usual": item.usual,
            }
            for item in found.destinations
        ],
    }
    click.echo(json.dumps(shown | ({"profile": found.profile} if full else {}), ensure_ascii=False, indent=2))


def _open(found: Account) -> Account:
    if found.status == "closed":
        raise Refused(CLOSED)
    if found.status == "closing":
        raise Refused(f"This account is closed and will be erased after {_iso(found.erase_at)}. To give it back: idp account reopen ID")
    return found


def _act(ctx: click.Context, who: str, act: Callable[[Connection, Deps, Account, str], None]) -> None:
    with opened(ctx) as deps, deps.database.write() as connection:
        found = _open(_find(connection, who))
        act(connection, deps, found, actor())
        changed = accounts.by_id(connection, found.id) or found
    _print(_state(changed))


@account.command()
@click.argument("who", metavar="ID|MAIL")
@click.pass_context
def lock(ctx: click.Context, who: str) -> None:
    """Let nobody sign in to an account, and end its sessions."""
    _act(ctx, who, service.lock)


@account.command()
@click.argument("who", metavar="ID|MAIL")
@click.pass_context
def unlock(ctx: click.Context, who: str) -> None:
    """Give a locked account back, and end its waits after wrong passwords."""
    _act(ctx, who, service.unlock)


@account.command()
@click.argument("who", metavar="ID|MAIL")
@click.pass_context
def close(ctx: click.Context, who: str) -> None:
    """Close an account; until it is erased it can be reopened. Its login ID is never given again."""
    with opened(ctx) as deps, deps.database.write() as connection:
        found = _open(_find(connection, who))
        until = closing.begin(connection, deps, found, "admin", actor())
    if until is None:  # somebody else was faster
        raise Refused(CLOSED)
    _print(_state(found) | {"status": "closing", "erased_after": _iso(until)})


@account.command()
@click.argument("who", metavar="ID|MAIL")
@click.pass_context
def reopen(ctx: click.Context, who: str) -> None:
    """Give a closed account back, as long as it has not been erased."""
    with opened(ctx) as deps, deps.database.write() as connection:
        found = _find(connection, who)
        if found.status in ("active", "suspended"):
            raise Refused("This account is not closed.")
        if not closing.reopen(connection, deps, found, actor()):
            raise Refused(CLOSED)
    _print(_state(found) | {"status": "active"})


@account.command("sign-out-everywhere")
@click.argument("who", metavar="ID|MAIL")
@click.pass_context
def sign_out_everywhere(ctx: click.Context, who: str) -> None:
    """End every session, token and remembered browser of an account."""
    _act(ctx, who, service.sign_out_everywhere)
