"""`idp migrate`: the tables brought up to date, and before that what it would do: steps, rows, locks, and what may run meanwhile."""

import click

from idp import migrations
from idp.cli.common import opened
from idp.migrations import plan as plans
from idp.services import console_client, keyring

WAITS = {"nobody": "nobody waits", "writers": "reading goes on, writing waits", "everybody": "everybody waits for a moment"}
HELD = {"writers": "read and not written", "everybody": "neither read nor written"}
LONG = 100_000  # rows from which on it takes more than a moment


@click.command()
@click.option("--plan", is_flag=True, help="Say what would be done, with rows and locks, and change nothing.")
@click.pass_context
def migrate(ctx: click.Context, plan: bool) -> None:
    """Bring the database schema up to date, and make signing keys if there are none.

    Safe to run at any time and on several nodes at once: one waits for the other, and a failure changes nothing.
    Each step is made so that the version before goes on beside it: first migrate, then replace node after node.
    """
    if plan:
        _say_plan(ctx)
        return
    with opened(ctx, migrate=False) as deps:
        applied = migrations.upgrade(deps.database)
        made = keyring.ensure(deps)
        console_client.ensure(deps)
    click.echo(f"{len(applied)} step(s) applied" + (f": {', '.join(applied)}" if applied else "; the schema was up to date"))
    for key in made:
        click.echo(f"made signing key {key.kid} ({key.alg})")


def _counted(rows: int) -> str:
    return f"{rows:,}" if rows < plans.MANY else f"{plans.MANY:,} or more"


def _say_plan(ctx: click.Context) -> None:
    """Print it; changes nothing."""
    with opened(ctx, migrate=False) as deps:
        with deps.database.read() as connection:
            at, steps = migrations.current(connection), plans.pending(connection)
        sqlite = deps.database.dialect == "sqlite"
    if not steps:
        click.echo("0 step(s) to apply; the schema is up to date")
        return
    click.echo(f"{len(steps)} step(s) to apply, from {at or 'an empty database'} to {steps[-1].revision}, in one transaction:")
    for step in steps:
        click.echo(f"\n{step.revision}  {step.purpose}")
        for effect in step.effects:
            many = "" if effect.rows is None else f", {_counted(effect.rows)} row(s) to go through"
            waits = "" if effect.what == "new table" or sqlite else f"; {WAITS[effect.waits]}"
            click.echo(f"      {effect.table}: {effect.what}{many}{waits}")
        if step.beside:
            click.echo(f"      {step.beside}")
    rows = sum(effect.rows or 0 for step in steps for effect in step.effects)
    click.echo("")
    held = {} if at is None else {name: waits for name, waits in plans.together(steps).items() if waits != "nobody"}
    if sqlite and at is not None:
        click.echo("Meanwhile everything can be read and nothing written: sign-ins wait up to ten seconds, then get a 503.")
    for name, waits in sorted(held.items()) if not sqlite else ():
        click.echo(f"Until all of it is done {name} can be {HELD[waits]}.")
    if rows >= LONG:
        click.echo(f"{_counted(min(rows, plans.MANY))} rows take a while: choose a quiet hour, and rehearse on a restored backup.")
    click.echo("The version before goes on with the new tables: idp backup FILE, idp migrate, then replace node after node.")
