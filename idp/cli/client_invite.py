"""`idp client invite`, `idp client uninvite`: who may register a portal over the network."""

import json

import click

from idp.cli.common import Refused, opened, seconds_of
from idp.services import dynamic_clients

DAY = 86_400


@click.command()
@click.option("--uses", default=1, show_default=True, metavar="N", help="How many portals it is good for.")
@click.option("--valid", default="24h", show_default=True, metavar="TIME", help="How long, such as 24h or 7d; at most 90d.")
@click.option("--scope", default=" ".join(dynamic_clients.USUAL_SCOPE), show_default=True, help="What the portals may ask for at most.")
@click.option("--grant", "grants", multiple=True, default=dynamic_clients.USUAL_GRANTS, show_default=True, help="A grant type that they may use; once for each.")
@click.pass_context
def invite(ctx: click.Context, uses: int, valid: str, scope: str, grants: tuple[str, ...]) -> None:
    """Print an initial access token, with which a portal registers itself (RFC 7591).

    The token is shown this once. What is registered with it is a third party's portal: members are asked for consent, and
    nothing that is yours to decide can be asked for.

    \b
      curl -H "Authorization: Bearer TOKEN" -H "Content-Type: application/json" \\
           -d '{"redirect_uris": ["https://shop.example.jp/callback"]}' ISSUER/clients
    """
    seconds = seconds_of(valid, "--valid")
    if not 0 < seconds <= 90 * DAY:
        raise Refused("--valid: write a time from 1s to 90d.")
    with opened(ctx) as deps:
        if not deps.settings.client_registration.enabled:
            raise Refused("Registration is off. Switch it on in config.toml: [client_registration] enabled = true")
        try:
            token = dynamic_clients.invite(deps, uses, seconds, scope.split(), grants)
        except ValueError as error:
            raise Refused(str(error)) from None
        told = {"initial_access_token": token, "registration_endpoint": deps.settings.issuer + "/clients", "expires_at": deps.now() + seconds}
        click.echo(json.dumps({**told, "uses": uses}, indent=2))


@click.command()
@click.pass_context
def uninvite(ctx: click.Context) -> None:
    """End every initial access token that is still good. Portals registered before stay as they are."""
    with opened(ctx) as deps:
        click.echo(f"ended {dynamic_clients.end_invitations(deps)}")
