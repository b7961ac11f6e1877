"""`idp account invite-admin`: the first administrator, by a link that is good once (requirement AD-07)."""

import json

import click

from idp import texts
from idp.cli import account_import
from idp.cli.common import Refused, actor, hasher, opened
from idp.services import accounts as service
from idp.services import invitations
from idp.tables import accounts


@click.command("invite-admin")
@click.option("--login-id", required=True, metavar="ID", help="What the administrator will sign in with.")
@click.option("--email", required=True, metavar="ADDR", help="Their address, for notices.")
@click.option("--locale", type=click.Choice(texts.LOCALES), default=texts.LOCALES[0], show_default=True)
@click.pass_context
def invite_admin(ctx: click.Context, **given: str) -> None:
    """Add an administrator and print a link that is good once, for 24 hours.

    Whoever opens it sets the password, signs in to the console, and sets up an authenticator app there; they invite all
    others. Hand the link over as you would a key. Run it again for somebody who has not used the link: the link before
    is void then.
    """
    with opened(ctx) as deps:
        try:
            account_, address = invitations.by_hand(deps, hasher(deps), actor(), **given)
        except service.Rejected as error:
            lines = account_import.say(error.problems, deps.policy)
            raise Refused("\n".join(f"--{name.replace('_', '-')}: {message}." for name, message in lines)) from None
        except accounts.Taken:
            raise Refused("The login ID belongs to somebody else, or to an administrator who has a password already.") from None
    click.echo(json.dumps({"sub": account_.id, "login_id": account_.login_id, "link": address}))
