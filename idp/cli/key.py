"""`idp key …`: the keys that sign tokens, and the secret keys of the settings."""

import time
from datetime import UTC, datetime

import click

from idp import secret_keys, vault
from idp.cli.common import Refused, actor, opened
from idp.domain import keys as rules
from idp.services import keyring
from idp.tables import audit
from idp.tables import keys as table


@click.group()
def key() -> None:
    """Show and rotate the signing keys.

    \b
    Every key is published in the JWKS as "next" before it signs, and as
    "retiring" after, so that portals with a cached JWKS never fail.
    The schedule of the policy rotates by itself: see [keys] in the policy file.
    To see where it stands:  idp key list
    If one has leaked:       idp key rotate --now && idp key withdraw KID
    """


def _when(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


@key.command("list")
@click.pass_context
def list_keys(ctx: click.Context) -> None:
    """List the signing keys, a line each: kid, algorithm, state, when it starts to sign."""
    with opened(ctx) as deps:
        with deps.database.read() as connection:
            stored = table.rows(connection)
        states = rules.states(stored, deps.policy.keys, deps.now())
        for one in stored:
            click.echo(f"{one.kid}\t{one.alg}\t{states[one.kid]}\t{_when(one.active_from)}")


@key.command()
@click.option("--now", is_flag=True, help="Sign with the new keys at once: only when a key may have leaked.")
@click.pass_context
def rotate(ctx: click.Context, now: bool) -> None:
    """Publish a next key for every algorithm; it starts to sign after the time set in the policy.

    With --now the new keys sign within three seconds, when every worker knows them, and the command ends when they do.
    Portals that keep the JWKS for long may then refuse tokens until they fetch it again.
    """
    with opened(ctx) as deps:
        made = keyring.ensure(deps, rotate=True, lead=keyring.AT_ONCE if now else None)
        with deps.database.write() as connection:
            detail = {"kids": " ".join(one.kid for one in made)}
            audit.record(connection, at=deps.now(), event="keys_rotated", result="ok", actor="cli", detail=detail)
        for one in made:
            click.echo(f"{one.kid}\t{one.alg}\tsigns from {_when(one.active_from)}")
        if not made:
            why = "Somebody else has done it in this second." if now else "Every algorithm has a next key already."
            click.echo(f"{why} See: idp key list")
        if now:  # the next command may withdraw what signs until then
            time.sleep(keyring.AT_ONCE)


@key.command()
@click.argument("kid")
@click.pass_context
def withdraw(ctx: click.Context, kid: str) -> None:
    """Publish a key no more, because it may have leaked: what it has signed is refused from now on.

    \b
    One that signs now is replaced first:  idp key rotate --now
    Portals that keep the JWKS go on believing it until they fetch it again: tell them.
    """
    with opened(ctx) as deps:
        state = keyring.withdraw(deps, kid)
        if state is None:
            raise Refused("There is no such key. See: idp key list")
        if state == "current":
            raise Refused("This key signs now. First: idp key rotate --now")
        with deps.database.write() as connection:
            audit.record(connection, at=deps.now(), event="key_withdrawn", result="ok", actor=actor(), detail={"kid": kid, "state": state})
        click.echo(f"{kid} is published no more.")


@key.command()
@click.option("--id", "key_id", default=lambda: datetime.now(UTC).strftime("%Y-%m"), help="Name of the key; default: this month.")
def secret(key_id: str) -> None:
    """Print a new line for [secrets] keys in config.toml; put it first, keep the old ones behind it."""
    line = vault.new_secret(key_id)
    try:
        secret_keys.parse((line,))
    except ValueError as error:
        raise Refused(f"--id: {error}.") from None
    click.echo(line)
