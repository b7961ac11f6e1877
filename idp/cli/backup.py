"""`idp backup` and `idp restore`: the whole database in one file, and back."""

from datetime import UTC, datetime
from pathlib import Path

import click

from idp import migrations
from idp.cli.common import Refused, actor, opened
from idp.deps import Deps
from idp.services import records, restoring
from idp.services.restoring import Restored
from idp.tables import copies, restored
from idp.tables.copy_error import CopyError
from idp.tables.database import Connection
from idp.tables.restored import Given


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def backup(ctx: click.Context, file: Path) -> None:
    """Copy the database, as it is at one moment, to a new FILE while members go on signing in.

    \b
    SQLite: its own online backup. PostgreSQL: pg_dump in custom format, which must be installed here.
    Not in it:  the keys of [secrets], without which it opens nothing: keep a copy elsewhere;
                settings and policy; what is in the ephemeral store.
    It holds members' names and addresses: keep it as safe as the database.
    To try it out, restore it into an empty database:  idp --config other.toml restore FILE
    """
    with opened(ctx, migrate=False) as deps:
        with deps.database.write() as connection:
            if not migrations.current(connection):
                raise Refused("The database is empty. Run: idp migrate")
            records.add(connection, deps, "backup_made", actor=actor())
        try:
            copies.make(deps.database, file)
        except CopyError as error:
            raise Refused(f"No backup was made: {error}.") from None
        except OSError as error:
            raise Refused(f"No backup was made: {file}: {error.strerror}.") from None
    click.echo(f"{file}: {file.stat().st_size:,} bytes, checked. The keys of [secrets] are not in it.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--over", is_flag=True, help="Replace a database that holds accounts; it is copied to a file first.")
@click.pass_context
def restore(ctx: click.Context, file: Path, over: bool) -> None:
    """Put a backup in the place of the database, and end everything that is older than this moment.

    \b
    What was used after the backup must not be good again, so nobody stays signed in, and
    no refresh token, remembered browser, link, printed recovery code or consent of before
    counts. Members sign in with the password that they had at the time of the backup.
    Portals that use private_key_jwt are refused for the first five minutes.
    The secret keys of that time must stand in [secrets]. Stop the service, or let it run:
    it sees the old database or the new one, never half of it.
    """
    with opened(ctx, migrate=False) as deps:
        try:
            step = copies.step(deps.database, file)
            _same_version(step)
            given = _put_aside(deps, file, over)
            found = _restore(deps, file, given, step)
        except CopyError as error:
            raise Refused(f"Nothing was restored: {error}.") from None
        told = restoring.tell_portals(deps)
    click.echo(f"Restored {found.members} account(s), as they were until {_when(found.newest)}. Everybody has to sign in again.")
    if given:
        click.echo(f"{found.reserved} login ID(s) given out since then are kept from being given out again.")
    else:
        click.echo("Login IDs given out since then are not known here, and may be given out again.")
    click.echo(f"{told} message(s) tell portals of sessions that have ended.")
    click.echo("Next: idp check; then what the runbook in the README says under Restore.")


def _same_version(step: str) -> None:
    if not step:
        raise CopyError("the backup holds no tables of this service")
    if step > migrations.head():
        raise CopyError(f"the backup is at step {step}, and this version knows {migrations.head()}: install the version that made it")


def _put_aside(deps: Deps, file: Path, over: bool) -> list[Given]:
    """Login IDs of the database that is to be replaced, after it was copied to a file."""

    with deps.database.read() as connection:
        at = migrations.current(connection)
        if at is None:
            return []
        if at != migrations.head():
            raise CopyError(f"the database to be replaced is at step {at}; run: idp migrate, or name an empty one")
        members, portals = restoring.held(connection)
        if not members and not portals:
            return []
        if not over:
            raise CopyError(f"the database holds {members} account(s) and {portals} portal(s); to replace it use --over")
        given = restored.given_out(connection)
    # to the millisecond: two at once must not meet in one name
    aside = file.resolve().with_name(f"replaced-{datetime.fromtimestamp(deps.clock(), UTC):%Y%m%dT%H%M%S.%f}"[:-3] + "Z.backup")
    copies.make(deps.database, aside)
    click.echo(f"What is replaced was copied to {aside}.")
    return given


def _restore(deps: Deps, file: Path, given: list[Given], step: str) -> Restored:
    found: list[restoring.Restored] = []

    def finish(connection: Connection) -> None:
        migrations.apply(connection)
        found.append(restoring.finish(connection, deps, given, actor(), step))

    try:
        restoring.restore(deps.database, file, finish)
    except restoring.WrongKeys as error:
        raise CopyError(f"the keys in [secrets] are not those of the backup ({error})") from None
    return found[0]
