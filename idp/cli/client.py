"""`idp client …`: the portals that may send people here."""

import json
from typing import Any

import click

from idp import parts
from idp.cli.client_invite import invite, uninvite
from idp.cli.common import Refused, opened, seconds_of
from idp.deps import Deps
from idp.domain.client import Client
from idp.services import client_registration
from idp.services.client_registration import Rejected, client_from
from idp.tables import audit, clients, stamps

LIMIT = client_registration.MAX_JSON


@click.group()
def client() -> None:
    """Register portals (OpenID Connect clients) and manage their secrets.

    \b
    A portal is described by RFC 7591 metadata in JSON, for example:
      {"client_name": "My Portal",
       "redirect_uris": ["https://portal.example.jp/callback"]}
    Register it:  idp client add portal.json
    """


def _print(data: Any) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _note(deps: Deps, connection: Any, event: str, client_id: str) -> None:
    audit.record(connection, at=deps.now(), event=event, result="ok", client_id=client_id, actor="cli")


@client.command()
@click.argument("file", type=click.File("rb"))
@click.pass_context
def add(ctx: click.Context, file: Any) -> None:
    """Register a portal from FILE (or - for standard input); prints what was registered, with its secret.

    \b
    client_id and client_secret may be given, else they are made. The secret is
    shown this once. Beside RFC 7591 these keys are understood:
      first_party (true)             false: members are asked for consent
      require_pkce (true)            false: a confidential client may go without
      require_auth_time, default_max_age, default_acr_values, initiate_login_uri
      id_token_signed_response_alg   RS256 (default), ES256, PS256, EdDSA
      scope_claims_in_id_token       true: put the claims of the scopes there too
      token_endpoint_auth_method     client_secret_basic (default), client_secret_post,
                                     private_key_jwt, none
      jwks or jwks_uri               its public keys, for private_key_jwt; and
      token_endpoint_auth_signing_alg    ES256, PS256, RS256 or EdDSA alone
      client_assertion_audience      "issuer" (default); "token_endpoint": that, too
      profile                        fapi2, fapi2-message-signing: FAPI 2.0 as a whole,
                                     sets all that it needs, refuses what it forbids
      require_pushed_authorization_requests (false)
                                     true: every request by /par (RFC 9126)
      dpop_bound_access_tokens (false), require_dpop_nonce (false)
                                     true: tokens bound to a key only (RFC 9449);
                                     proofs with a nonce of ours
      request_object_signing_alg, require_signed_request_object (false)
                                     true: signed requests only (RFC 9101)
      authorization_signed_response_alg  for response_mode=jwt (JARM)
      grant_types                    authorization_code (default), refresh_token,
                                     client_credentials (scopes of your own then),
                                     urn:ietf:params:oauth:grant-type:device_code
      resources, audiences           APIs it may have tokens for; APIs it is itself
      introspection_signed_response_alg
      access_token_lifetime, id_token_lifetime, refresh_token_idle_lifetime,
      refresh_token_lifetime         seconds, at most what the policy says
      post_logout_redirect_uris      where members may come back to after /end-session
      backchannel_logout_uri         where it is told of sessions that end, by logout tokens
      backchannel_logout_session_required (false)  true: each token names one session
      backchannel_logout_token_typ   "logout+jwt" (default); "JWT" for old software
      subject_type                   "public" (default); "pairwise": a name for each member
                                     that clients of other hosts cannot put together
      sector_identifier_uri          a JSON array there names the redirect URIs of several
                                     hosts or clients that share these names
      event_delivery_uri             where it is told of closed accounts and changed
                                     passwords, as signed events (RFC 8935)
      event_delivery_token           the bearer token that this address expects; it is
                                     kept sealed and never shown
      may_send_events (false)        true: believe what it tells of mailboxes and
                                     contracts, by POST to /portal/events
    """
    raw = file.read(LIMIT + 1)
    if len(raw) > LIMIT:
        raise Refused("The metadata is larger than 64 KiB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("The metadata is not UTF-8 text.") from None
    with opened(ctx) as deps:
        try:
            registered = client_registration.register(deps, text, parts.open_fetcher(deps.settings))
        except Rejected as error:
            raise Refused("\n".join(error.problems)) from None
        with deps.database.write() as connection:
            _note(deps, connection, "client_registered", registered["client_id"])
        _print(registered)


def _find(deps: Deps, client_id: str) -> Client:
    with deps.database.read() as connection:
        for row in clients.rows(connection):
            if row["id"] == client_id:
                return client_from(row["metadata"], row["id"])
    raise Refused(f"There is no client {client_id}. See: idp client list")


@client.command("list")
@click.pass_context
def list_clients(ctx: click.Context) -> None:
    """List the registered portals, a line each: client_id, name, redirect URIs."""
    with opened(ctx) as deps, deps.database.read() as connection:
        for row in clients.rows(connection):
            one = client_from(row["metadata"], row["id"])
            click.echo(f"{one.id}\t{one.name}\t{' '.join(one.redirect_uris)}")


@client.command()
@click.argument("client_id")
@click.pass_context
def show(ctx: click.Context, client_id: str) -> None:
    """Show one portal as JSON, without its secret."""
    with opened(ctx) as deps:
        _print({"client_id": client_id, **client_registration.describe(_find(deps, client_id))})


@client.command("rotate-secret")
@click.argument("client_id")
@click.option("--keep", metavar="TIME", default="0s", help="How long the old secret still counts, such as 24h or 7d.")
@click.pass_context
def rotate_secret(ctx: click.Context, client_id: str, keep: str) -> None:
    """Give a portal a new secret and print it; the old one stops working within a second or two, or when --keep is over. Of
    older ones none counts."""
    seconds = seconds_of(keep, "--keep")
    with opened(ctx) as deps:
        one = _find(deps, client_id)
        if not one.has_secret:
            kind = "is a public client" if one.public else "proves itself by a key"
            raise Refused(f"{client_id} {kind}: it has no secret.")
        secret = client_registration.rotate_secret(deps, client_id, seconds)
        with deps.database.write() as connection:
            _note(deps, connection, "client_secret_rotated", client_id)
        _print({"client_id": client_id, "client_secret": secret})


@client.command()
@click.argument("client_id")
@click.pass_context
def remove(ctx: click.Context, client_id: str) -> None:
    """Remove a portal; its sign-ins and tokens end within a second or two."""
    with opened(ctx) as deps:
        _find(deps, client_id)
        with deps.database.write() as connection:
            clients.remove(connection, client_id)
            stamps.raise_stamp(connection, "clients")
            _note(deps, connection, "client_removed", client_id)
        click.echo(f"removed {client_id}")


for command in (invite, uninvite):
    client.add_command(command)
